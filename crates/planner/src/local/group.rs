//! A worker's process group: the worker, and what it started and left there.
//!
//! A group keeps its number while a process of it lives. Each signal follows at once a look that found one alive, so it
//! cannot hit a stranger.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How long what was asked to stop may take: it may write a checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long what an ended worker left behind may take to end by itself: `tee` has a last line to write.
const MOMENT: Duration = Duration::from_millis(300);

/// How long it may take after SIGTERM. What ignores that signal is not waited for any longer.
const GRACE: Duration = Duration::from_secs(2);

/// Time between two looks.
const NAP: Duration = Duration::from_millis(20);

/// Sends a signal to a whole group: a worker may be a shell script that started the program that computes.
pub(super) fn signal(group: Pid, signal: Signal) {
    // It may have ended meanwhile, which is fine.
    let _ = rustix::process::kill_process_group(group, signal);
}

/// Ends what a worker left behind when it ended by itself.
pub(super) fn end(group: Pid) {
    if stays(MOMENT, || lives(group)) {
        signal(group, Signal::TERM);
        kill_after(group, GRACE);
    }
}

/// Asks what lives to stop, and ends it.
pub(super) fn stop(group: Pid) {
    if lives(group) {
        signal(group, Signal::TERM);
        wait_and_kill(group);
    }
}

/// Waits for what was asked to stop, and kills what does not.
pub(super) fn wait_and_kill(group: Pid) {
    kill_after(group, PATIENCE);
}

fn kill_after(group: Pid, patience: Duration) {
    let lives = || lives(group);
    if stays(GRACE, lives) {
        stays(patience.saturating_sub(GRACE), || listens(group));
    }
    if lives() {
        signal(group, Signal::KILL);
        stays(GRACE, lives);
    }
}

/// Is it still so after a while? It looks now and then, and answers at once when it is not.
fn stays(patience: Duration, is_so: impl Fn() -> bool) -> bool {
    let since = Instant::now();
    while is_so() {
        if since.elapsed() >= patience {
            return true;
        }
        std::thread::sleep(NAP);
    }
    false
}

/// Does any process of the group live? One that has ended does not, even if nobody has reaped it yet.
fn lives(group: Pid) -> bool {
    any(group, |_| true)
}

/// Does any live that does not ignore SIGTERM?
fn listens(group: Pid) -> bool {
    any(group, |pid| !ignores_term(pid))
}

#[cfg(target_os = "linux")]
fn any(group: Pid, is_one: impl Fn(u32) -> bool) -> bool {
    use gainsweep_store::this_machine::process;
    if rustix::process::test_kill_process_group(group).is_err() {
        return false;
    }
    let Ok(entries) = fs_err::read_dir("/proc") else { return true };
    let mut numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let group = group.as_raw_nonzero().get();
    numbers
        .any(|pid| process(pid).is_some_and(|process| process.group == group && process.lives) && is_one(pid))
}

/// From the set of ignored signals, one bit each.
#[cfg(target_os = "linux")]
fn ignores_term(pid: u32) -> bool {
    let status = fs_err::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0);
    ignored & (1 << (Signal::TERM.as_raw() - 1)) != 0
}

#[cfg(not(target_os = "linux"))]
fn any(group: Pid, is_one: impl Fn(u32) -> bool) -> bool {
    rustix::process::test_kill_process_group(group).is_ok() && is_one(0)
}

#[cfg(not(target_os = "linux"))]
fn ignores_term(_: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_ignores_every_request_is_killed() {
        let script = "trap '' TERM; sleep 1000 & echo; wait";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let group = Pid::from_raw(child.id().cast_signed()).expect("a number");
        // Its first line: the signal is ignored from here on.
        let mut line = [0];
        std::io::Read::read_exact(&mut child.stdout.take().expect("a pipe"), &mut line).expect("a line");
        assert!(lives(group));
        if cfg!(target_os = "linux") {
            assert!(!listens(group));
        }
        end(group);
        if cfg!(target_os = "linux") {
            assert!(!lives(group), "nobody has reaped the shell yet, but it has ended");
        }
        child.wait().expect("it ended");
    }
}
