//! This machine and its processes, for records of who wrote them.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Name of this machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Identifies this boot of the machine; empty if unknown.
pub fn boot() -> String {
    read_line("/proc/sys/kernel/random/boot_id")
}

/// What tells this installation from others of the same name; empty where the system does not say.
pub fn machine() -> String {
    read_line("/etc/machine-id")
}

/// What tells processes of this number from those in other containers of the machine; empty where the system does not
/// say.
pub fn pid_namespace() -> String {
    let link = fs_err::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

/// When the process of that number started, in clock ticks since the machine did; `None` where there is none, or the
/// system does not say.
pub fn process_start(pid: u32) -> Option<u64> {
    // The name of the program stands in parentheses and may hold anything. The start is the 20th field after it.
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(19)?.parse().ok()
}

/// Does a process with this number exist on this machine?
pub fn is_alive(pid: u32) -> bool {
    let Some(pid) = Pid::from_raw(pid.cast_signed()) else { return false };
    // A process that we may not signal is alive.
    test_kill_process(pid) != Err(Errno::SRCH)
}

fn read_line(path: &str) -> String {
    fs_err::read_to_string(path).unwrap_or_default().trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_one_start() {
        let own = process_start(std::process::id()).expect("a start");
        assert_eq!(process_start(std::process::id()), Some(own));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep runs");
        assert!(process_start(child.id()).expect("a start") >= own);
        child.kill().expect("killed");
        child.wait().expect("gone");
        assert_eq!(process_start(child.id()), None);
        assert!(!pid_namespace().is_empty());
    }
}
