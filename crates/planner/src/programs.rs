//! Files that can be run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

/// The program of that name: a path as given, a bare name on this `PATH`.
pub(crate) fn locate(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let given = Path::new(name);
    if given.components().count() > 1 || given.is_absolute() {
        // Absolute: records keep it, and others change folders.
        return is_program(given).then(|| std::path::absolute(given).unwrap_or_else(|_| given.into()));
    }
    std::env::split_paths(path).map(|folder| folder.join(given)).find(|program| is_program(program))
}

/// Why a path is no program, if it is there.
pub(crate) fn why_not(path: &Path) -> &'static str {
    match path.metadata() {
        Ok(found) if found.is_dir() => ": it is a folder",
        Ok(_) if is_noexec(path) => ": its file system is mounted noexec",
        Ok(_) => ": it is not executable (`chmod +x`)",
        Err(_) => "",
    }
}

/// Does the file system refuse to run programs?
pub(crate) fn is_noexec(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_executed_is_no_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w");
        fs_err::write(&path, "").expect("written");
        assert_eq!(locate(path.as_os_str(), OsStr::new("")), None);
    }
}
