//! Small file systems in files, where root may mount them: for power cuts and full disks.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::skip;

/// A mounted file system. It is unmounted with this value.
#[derive(Debug)]
pub struct Mounted {
    at: PathBuf,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a process that a failing test left behind must not keep it.
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

/// Makes an empty ext4 of so many MiB in a file, and mounts it. Skips where that is not allowed.
///
/// Nothing gets to its disk by itself within minutes: what is there was forced.
pub fn ext4(image: &Path, mebibytes: u64, at: &Path) -> Option<Mounted> {
    let file = fs_err::File::create(image).expect("an image");
    file.set_len(mebibytes << 20).expect("a size");
    let made = succeeds(Command::new("mkfs.ext4").args(["-q", "-F", "-E", "nodiscard"]).arg(image));
    let mounted = made.then(|| mount(image, at)).flatten();
    skip::has_by_chance(mounted.is_some(), "mkfs.ext4, or the right to mount a loop device");
    mounted
}

/// Mounts an image.
pub fn mount(image: &Path, at: &Path) -> Option<Mounted> {
    fs_err::create_dir_all(at).expect("a folder");
    let options = "loop,commit=300,noauto_da_alloc";
    let done = succeeds(Command::new("mount").args(["-t", "ext4", "-o", options]).arg(image).arg(at));
    done.then(|| Mounted { at: at.into() })
}

/// Mounts a file system in memory with so many KiB. Skips where that is not allowed.
pub fn memory(kibibytes: u64, at: &Path) -> Option<Mounted> {
    fs_err::create_dir_all(at).expect("a folder");
    let size = format!("size={kibibytes}k");
    let done = succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "gainsweep"]).arg(at));
    skip::has_by_chance(done, "the right to mount a file system").then(|| Mounted { at: at.into() })
}

impl Mounted {
    /// Where it is mounted.
    pub fn at(&self) -> &Path {
        &self.at
    }

    /// Changes the size of one in memory.
    pub fn resize(&self, kibibytes: u64) {
        assert!(self.try_resize(kibibytes), "{} cannot be resized", self.at.display());
    }

    /// The same; `false` if there is more in it.
    pub fn try_resize(&self, kibibytes: u64) -> bool {
        let options = format!("remount,size={kibibytes}k");
        succeeds(Command::new("mount").args(["-o", &options]).arg(&self.at))
    }

    /// How many KiB are in use.
    pub fn used(&self) -> u64 {
        let all = rustix::fs::statvfs(&self.at).expect("a file system");
        (all.f_blocks - all.f_bfree) * all.f_frsize / 1024
    }

    /// Copies its image as a power cut would leave it now. Nobody may write meanwhile: what its device has written is
    /// compared before and after, and the copy is made again if it differs. `false` if it never rested.
    pub fn cut_power(&self, image: &Path, copy: &Path) -> bool {
        for _ in 0..50 {
            let before = self.written();
            assert!(succeeds(Command::new("cp").arg("--sparse=always").arg(image).arg(copy)), "copied");
            if before == self.written() {
                return true;
            }
        }
        false
    }

    /// What the device has written so far, and has yet to write.
    fn written(&self) -> Vec<String> {
        let found = Command::new("findmnt").args(["-n", "-o", "SOURCE"]).arg(&self.at).output();
        let device = String::from_utf8(found.expect("findmnt").stdout).expect("text");
        let name = device.trim().rsplit('/').next().expect("a name");
        let stat = fs_err::read_to_string(format!("/sys/block/{name}/stat")).expect("statistics");
        let numbers: Vec<&str> = stat.split_whitespace().collect();
        // Writes completed, sectors written, requests in flight.
        [4, 6, 8].map(|at| numbers[at].to_string()).to_vec()
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
