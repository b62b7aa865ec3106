//! A folder to work in, with an odd name on purpose: spaces and quotes must never matter.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;

pub(crate) struct Folder {
    _temporary: tempfile::TempDir,
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let root = temporary.path().join("a'; echo \"foo\" $HOME é");
        fs_err::create_dir_all(&root).expect("a folder");
        Folder { _temporary: temporary, root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs_err::write(&path, text).expect("written");
        path
    }

    /// The program, started in the folder, with nothing of ours in its environment.
    pub(crate) fn gainsweep(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gainsweep"));
        command.current_dir(&self.root).args(arguments);
        for name in ["GAINSWEEP_RESULTS", "GAINSWEEP_WORKER", "GAINSWEEP_LOG", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }
}
