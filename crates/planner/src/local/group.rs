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

/// How long it may take after SIGTERM.
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
    if !ends_within(group, MOMENT) {
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
    if !ends_within(group, patience) {
        signal(group, Signal::KILL);
        ends_within(group, GRACE);
    }
}

fn ends_within(group: Pid, patience: Duration) -> bool {
    let since = Instant::now();
    while lives(group) {
        if since.elapsed() > patience {
            return false;
        }
        std::thread::sleep(NAP);
    }
    true
}

/// Does any process of the group live? One that has ended does not, even if nobody has reaped it yet.
fn lives(group: Pid) -> bool {
    rustix::process::test_kill_process_group(group).is_ok() && any_lives(group)
}

#[cfg(target_os = "linux")]
fn any_lives(group: Pid) -> bool {
    let Ok(entries) = fs_err::read_dir("/proc") else { return true };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut processes = numbers.filter_map(gainsweep_store::this_machine::process);
    processes.any(|process| process.group == group.as_raw_nonzero().get() && process.lives)
}

#[cfg(not(target_os = "linux"))]
fn any_lives(_: Pid) -> bool {
    true
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
        end(group);
        // Nobody has reaped the shell yet.
        assert!(!lives(group));
        child.wait().expect("it ended");
    }
}
