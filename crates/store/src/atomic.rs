//! A file appears under its name whole or not at all.
//!
//! The bytes are written to a temporary file in the same folder, synced to disk, and renamed. Then the folder
//! is synced, so that the name survives a power cut. A kill in between leaves a temporary file. No reader
//! looks at it, and the folder's writer removes it the next time with [`remove_leftovers`].

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// The beginning of the names of temporary files.
const TEMPORARY_PREFIX: &str = ".gainsweep-";
/// Bytes that are written at once: for a large table, each system call costs.
const BUFFER: usize = 1 << 18;
/// The end of the names of temporary files.
const TEMPORARY_SUFFIX: &str = ".tmp";

/// A file that could not be written. What was under its name before is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step} {}: {}", path.display(), explain(source))]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The step that failed, as a verb: `write`, `rename`, ...
    pub step: &'static str,
    /// The system's error.
    pub source: io::Error,
}

impl WriteError {
    /// An error at this path while doing `step`.
    pub fn new(path: &Path, step: &'static str, source: io::Error) -> WriteError {
        WriteError { path: path.to_path_buf(), step, source }
    }
}

/// The system's reason, and a fix if there is an obvious one.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the standard library may add kinds; each has its own text"
)]
fn explain(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull => "the disk is full; free some space and run this again".into(),
        Kind::QuotaExceeded => "your disk quota is used up; free some space and run this again".into(),
        Kind::FileTooLarge => {
            "the file would be larger than is allowed here (`ulimit -f` or the file system)".into()
        }
        Kind::ReadOnlyFilesystem => "the file system is read-only; choose another results folder".into(),
        Kind::PermissionDenied => {
            "permission denied; fix the folder's permissions or choose another results folder".into()
        }
        _ => error.to_string(),
    }
}

/// Writes a small file, whole or not at all.
///
/// # Errors
/// [`WriteError`] with path and cause; what was there before is unchanged.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    AtomicFile::of(path, bytes)?.commit()
}

/// Writes a small file whole under a name that must be free. If several processes try, also on different
/// machines, exactly one succeeds. Returns `false` if the name is taken.
///
/// # Errors
/// [`WriteError`] with path and cause; nothing is under the name, or what was there before.
pub fn create_new(path: &Path, bytes: &[u8]) -> Result<bool, WriteError> {
    AtomicFile::of(path, bytes)?.commit_new()
}

/// As [`create_new`], without waiting for the disk: a power cut may take the file away, or leave it empty.
///
/// # Errors
/// As [`create_new`].
pub fn create_new_unsynced(path: &Path, bytes: &[u8]) -> Result<bool, WriteError> {
    AtomicFile { synced: false, ..AtomicFile::of(path, bytes)? }.commit_new()
}

/// As [`write()`], without waiting for the disk: a power cut may leave the file empty.
///
/// # Errors
/// As [`write()`].
pub fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    AtomicFile { synced: false, ..AtomicFile::of(path, bytes)? }.commit()
}

/// Copies a file, its permissions included where the file system knows them, whole or not at all. `is_right` is asked about the copy before it gets its
/// name: the file may have changed meanwhile. `false` when it was not right.
///
/// # Errors
/// [`WriteError`]; no part of the copy is left then.
pub fn copy(
    from: &Path,
    to: &Path,
    is_right: impl FnOnce(&Path) -> io::Result<bool>,
) -> Result<bool, WriteError> {
    let fail = |step, error| WriteError::new(to, step, error);
    let mut file = AtomicFile::create(to)?;
    let copy = file.buffer.get_mut();
    let mut source = std::fs::File::open(from).map_err(|error| WriteError::new(from, "read", error))?;
    io::copy(&mut source, copy).map_err(|error| fail("write", error))?;
    let permissions = source.metadata().map_err(|error| WriteError::new(from, "read", error))?.permissions();
    match copy.as_file().set_permissions(permissions) {
        // Every file there has the same.
        Err(error) if has_no_links(&error) => {}
        other => other.map_err(|error| fail("set the permissions of", error))?,
    }
    if !is_right(copy.path()).map_err(|error| fail("read a copy for", error))? {
        return Ok(false);
    }
    file.commit().map(|()| true)
}

/// Gives a file a second name, which must be free. `false` where that cannot be, also because the file system has no
/// second names.
///
/// # Errors
/// [`WriteError`]: the folder cannot be synced.
pub fn link(from: &Path, to: &Path) -> Result<bool, WriteError> {
    if std::fs::hard_link(from, to).is_err() {
        return Ok(false);
    }
    let synced = to.parent().map_or(Ok(()), sync_folder);
    synced.map(|()| true).map_err(|error| WriteError::new(to, "sync the folder of", error))
}

/// What tells a file from another one that gets its name, and from itself when it was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    inode: u64,
    length: u64,
    /// When it was written, in nanoseconds since 1970.
    written: i64,
}

impl FileStamp {
    /// The stamp of a file with that metadata.
    pub fn of(metadata: &std::fs::Metadata) -> FileStamp {
        let written = metadata.mtime().wrapping_mul(1_000_000_000).wrapping_add(metadata.mtime_nsec());
        FileStamp { inode: metadata.ino(), length: metadata.len(), written }
    }

    /// The stamp of the file of that name, if it is there.
    pub fn at(path: &Path) -> Option<FileStamp> {
        fs_err::metadata(path).ok().map(|metadata| FileStamp::of(&metadata))
    }
}

/// A file that grows under a temporary name and gets its own with [`commit`](AtomicFile::commit). Dropped before that,
/// it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    folder: PathBuf,
    buffer: io::BufWriter<NamedTempFile>,
    /// Does the name wait for the disk?
    synced: bool,
}

impl AtomicFile {
    /// Opens a temporary file beside `path`.
    ///
    /// # Errors
    /// The folder does not exist or cannot be written.
    pub fn create(path: &Path) -> Result<AtomicFile, WriteError> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
        // The user's umask decides who can read results; the default of `tempfile` is private. And it adds the temporary
        // name to the errors of its own opening, which hides the system's.
        let open =
            |path: &Path| std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(path);
        let file = builder.make_in(&folder, open).map_err(|error| WriteError::new(path, "write", error))?;
        Ok(AtomicFile {
            path: path.to_path_buf(),
            folder,
            buffer: io::BufWriter::with_capacity(BUFFER, file),
            synced: true,
        })
    }

    /// A temporary file with this content.
    fn of(path: &Path, bytes: &[u8]) -> Result<AtomicFile, WriteError> {
        let mut file = AtomicFile::create(path)?;
        file.write_all(bytes).map_err(|error| WriteError::new(path, "write", error))?;
        Ok(file)
    }

    /// Syncs the bytes to disk and gives the file its name.
    ///
    /// # Errors
    /// [`WriteError`]; what was there before is unchanged.
    pub fn commit(self) -> Result<(), WriteError> {
        self.name(|file, path| Ok(file.persist(path).map(|_| true)?)).map(|_| ())
    }

    /// The same; what the file is like that got the name. Whoever looks at the name later may find another's.
    ///
    /// # Errors
    /// As [`AtomicFile::commit`].
    pub fn commit_stamped(mut self) -> Result<FileStamp, WriteError> {
        self.flush().map_err(|error| WriteError::new(&self.path, "write", error))?;
        let metadata = self.buffer.get_ref().as_file().metadata();
        let stamp = FileStamp::of(&metadata.map_err(|error| WriteError::new(&self.path, "look at", error))?);
        self.commit().map(|()| stamp)
    }

    /// The same, unless the name is taken: then `false`.
    fn commit_new(self) -> Result<bool, WriteError> {
        self.name(|file, path| match file.persist_noclobber(path) {
            Ok(_) => Ok(true),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(refused) if has_no_links(&refused.error) => copy_new(refused.file.path(), path),
            Err(refused) => Err(refused.error),
        })
    }

    fn name(
        self,
        persist: impl FnOnce(NamedTempFile, &Path) -> io::Result<bool>,
    ) -> Result<bool, WriteError> {
        let AtomicFile { path, folder, buffer, synced } = self;
        let fail = |step, error| WriteError::new(&path, step, error);
        let file = buffer.into_inner().map_err(|error| fail("write", error.into_error()))?;
        if synced {
            file.as_file().sync_all().map_err(|error| fail("sync", error))?;
        }
        let named = persist(file, &path).map_err(|error| fail("rename a temporary file to", error))?;
        if synced {
            sync_folder(&folder).map_err(|error| fail("sync the folder of", error))?;
        }
        Ok(named)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}

/// Can the file system neither rename without replacing nor make a second name for a file? Some that are mounted over a
/// network, or by users, cannot.
fn has_no_links(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(number, Some(Errno::PERM | Errno::NOSYS | Errno::OPNOTSUPP))
}

/// Makes a file under a name that must be free, without a rename: a reader may see the first bytes of it. `false` when
/// the name is taken.
fn copy_new(from: &Path, to: &Path) -> io::Result<bool> {
    let mut new = match std::fs::OpenOptions::new().write(true).create_new(true).open(to) {
        Ok(new) => new,
        Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    };
    let written = std::fs::File::open(from).and_then(|mut from| io::copy(&mut from, &mut new));
    if let Err(error) = written.and_then(|_| new.sync_all()) {
        let _ = std::fs::remove_file(to);
        return Err(error);
    }
    Ok(true)
}

/// Syncs a folder's list of names to disk. Some network file systems cannot; there the rename must suffice.
/// # Errors
/// The folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match fs_err::File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

/// Removes temporary files that a killed program left in a folder, if they are older than `age`.
///
/// An `age` of zero is only for the folder's single writer. Errors are ignored: leftovers do no harm.
pub fn remove_leftovers(folder: &Path, age: Duration) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let old = || {
            let touched = entry.metadata().and_then(|metadata| metadata.modified());
            touched.is_ok_and(|time| time.elapsed().is_ok_and(|since| since >= age))
        };
        if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) && old() {
            let _ = fs_err::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_the_whole_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a \"$(x)\" 'b");
        write(&path, b"a long first text").expect("written");
        write(&path, b"short").expect("written");
        assert_eq!(fs_err::read(&path).expect("read"), b"short");
        assert_eq!(fs_err::read_dir(folder.path()).expect("list").count(), 1);
    }

    #[test]
    fn of_many_that_create_a_file_one_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let made: Vec<bool> = std::thread::scope(|scope| {
            let path = &path;
            let tries: Vec<_> = (0..8)
                .map(|number| scope.spawn(move || create_new(path, format!("{number}").as_bytes())))
                .collect();
            tries.into_iter().map(|thread| thread.join().expect("ended").expect("written")).collect()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        let winner = made.iter().position(|made| *made).expect("one").to_string();
        assert_eq!(fs_err::read_to_string(&path).expect("read"), winner);
        assert_eq!(fs_err::read_dir(folder.path()).expect("list").count(), 1);
    }

    #[test]
    fn an_uncommitted_file_never_appears() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let mut file = AtomicFile::create(&path).expect("created");
        file.write_all(b"half").expect("written");
        drop(file);
        assert_eq!(fs_err::read_dir(folder.path()).expect("list").count(), 0);
    }

    #[test]
    fn a_copy_is_whole_or_not_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs_err::write(&from, "x").expect("written");
        assert!(!copy(&from, &to, |_| Ok(false)).expect("asked"));
        let failed = copy(&from, &to, |_| Err(io::ErrorKind::StorageFull.into()));
        assert!(failed.is_err_and(|error| error.to_string().contains("the disk is full")));
        assert_eq!(fs_err::read_dir(folder.path()).expect("list").count(), 1);
        assert!(copy(&from, &to, |_| Ok(true)).expect("copied"));
        assert_eq!(fs_err::read_to_string(&to).expect("read"), "x");
    }

    #[test]
    fn an_error_names_path_and_cause() {
        let error = write(Path::new("/nonexistent/x.csv"), b"").expect_err("no such folder");
        let text = error.to_string();
        assert!(text.starts_with("cannot write /nonexistent/x.csv: No such file"), "{text}");
        let full = WriteError::new(Path::new("/a"), "write", io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "cannot write /a: the disk is full; free some space and run this again");
    }

    #[test]
    fn leftovers_of_a_kill_are_removed_and_nothing_else_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let leftover = AtomicFile::create(&folder.path().join("x")).expect("created");
        std::mem::forget(leftover);
        fs_err::write(folder.path().join("keep.csv"), "a\n").expect("written");
        remove_leftovers(folder.path(), Duration::from_hours(1));
        assert_eq!(fs_err::read_dir(folder.path()).expect("list").count(), 2);
        remove_leftovers(folder.path(), Duration::ZERO);
        let left: Vec<_> = fs_err::read_dir(folder.path()).expect("list").flatten().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].file_name(), "keep.csv");
    }

    #[cfg(unix)]
    #[test]
    fn results_are_as_readable_as_the_umask_says() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let plain = folder.path().join("plain");
        fs_err::write(&plain, "").expect("written");
        let path = folder.path().join("ours");
        write(&path, b"").expect("written");
        let mode = |path: &Path| fs_err::metadata(path).expect("metadata").permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }
}
