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

/// What the system says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Not if it has ended and was not reaped yet.
    pub lives: bool,
    /// The number of its process group.
    pub group: i32,
    /// When it started, in clock ticks since the machine did.
    pub started: u64,
}

/// The process of that number; `None` where there is none, or the system does not say.
pub fn process(pid: u32) -> Option<Process> {
    // The name of the program stands in parentheses and may hold anything.
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace();
    let lives = !matches!(fields.next()?, "Z" | "X" | "x");
    // Then the parent, the group, and 16 fields later the start.
    let group = fields.nth(1)?.parse().ok()?;
    Some(Process { lives, group, started: fields.nth(16)?.parse().ok()? })
}

/// When the process of that number started, in clock ticks since the machine did; `None` where there is none, or the
/// system does not say.
pub fn process_start(pid: u32) -> Option<u64> {
    Some(process(pid)?.started)
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
        let seen = process(child.id()).expect("it is there");
        assert!(seen.started >= own && seen.lives);
        assert_eq!(process(std::process::id()).map(|own| own.group), Some(seen.group));
        child.kill().expect("killed");
        child.wait().expect("gone");
        assert_eq!(process_start(child.id()), None);
        assert!(!pid_namespace().is_empty());
    }
}
