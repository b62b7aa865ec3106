//! A folder for tests.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A folder with a deliberately odd name: spaces, quotes and letters must never matter. It is removed with
/// this value.
#[derive(Debug)]
pub struct Folder {
    _temporary: tempfile::TempDir,
    root: PathBuf,
}

impl Default for Folder {
    fn default() -> Folder {
        Folder::new()
    }
}

impl Folder {
    /// Creates an empty folder.
    pub fn new() -> Folder {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let root = temporary.path().join("a'; echo \"foo\" $HOME é");
        fs_err::create_dir_all(&root).expect("a folder");
        Folder { _temporary: temporary, root }
    }

    /// Its path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Renames it. Returns its earlier path.
    pub fn rename(&mut self, name: &str) -> PathBuf {
        let to = self.root.with_file_name(name);
        fs_err::rename(&self.root, &to).expect("renamed");
        std::mem::replace(&mut self.root, to)
    }

    /// A path in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file, and creates the folders above it.
    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs_err::write(&path, text).expect("written");
        path
    }

    /// Writes an executable script.
    pub fn write_script(&self, name: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
        path
    }

    /// Reads a file.
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        read(&self.path(name))
    }
}

/// Reads a file as text.
#[track_caller]
pub fn read(path: &Path) -> String {
    String::from_utf8(bytes(path)).expect("text")
}

/// Reads a file.
#[track_caller]
pub fn bytes(path: &Path) -> Vec<u8> {
    fs_err::read(path).unwrap_or_else(|error| panic!("{error}"))
}

/// The sorted names of a folder's entries.
#[track_caller]
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
