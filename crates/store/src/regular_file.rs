//! Reads files of a results folder, in which others may write.
//!
//! A link in place of a file could show a file of ours that they cannot read, or have it truncated. A pipe could stop
//! us for ever. So no link is followed at the end of a path, and only a regular file is read.

use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat, open as open_raw};

/// For files that are opened otherwise: what is refused here is refused there.
pub(crate) const FLAGS: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK);

/// Opens a file to read it.
///
/// # Errors
/// It is not there, cannot be opened, or is no regular file. The message names the path.
pub fn open(path: &Path) -> io::Result<std::fs::File> {
    let opened = open_raw(path, OFlags::RDONLY | OFlags::CLOEXEC | FLAGS, Mode::empty());
    let file = opened.map(std::fs::File::from).map_err(|error| explained(path, &error.into()))?;
    check(&file, path)?;
    Ok(file)
}

/// Is an open file a regular one?
///
/// # Errors
/// It is none. The message names the path.
pub(crate) fn check(file: &std::fs::File, path: &Path) -> io::Result<()> {
    let found = fstat(file).map_err(|error| explained(path, &error.into()))?;
    if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile {
        return Ok(());
    }
    Err(explained(path, &io::Error::other("it is not a regular file")))
}

/// Reads a whole file.
///
/// # Errors
/// As [`open`]; it cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = open(path)?;
    if let Ok(metadata) = file.metadata() {
        bytes.reserve_exact(usize::try_from(metadata.len()).unwrap_or(0));
    }
    file.read_to_end(&mut bytes).map_err(|error| explained(path, &error))?;
    Ok(bytes)
}

/// Reads a whole file as text.
///
/// # Errors
/// As [`read`]; it is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let bytes = read(path)?;
    String::from_utf8(bytes)
        .map_err(|error| explained(path, &io::Error::new(io::ErrorKind::InvalidData, error)))
}

fn explained(path: &Path, error: &io::Error) -> io::Error {
    let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    let why = if is_link { "it is a link, which is not followed here".into() } else { error.to_string() };
    io::Error::new(error.kind(), format!("cannot read {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_pipes_and_folders_are_no_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs_err::write(path("file"), "x").expect("written");
        assert_eq!(read_to_string(&path("file")).expect("read"), "x");
        std::os::unix::fs::symlink(path("file"), path("link")).expect("made");
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), Mode::RUSR | Mode::WUSR).expect("made");
        for (name, why) in
            [("link", "is a link"), ("pipe", "not a regular file"), (".", "not a regular file")]
        {
            let error = read(&path(name)).expect_err(name).to_string();
            assert!(error.contains(why) && error.contains(name), "{error}");
        }
        let missing = read(&path("missing")).expect_err("missing");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        assert!(missing.to_string().contains("missing"), "{missing}");
    }
}
