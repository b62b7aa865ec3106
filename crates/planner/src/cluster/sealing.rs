//! Copies of the programs and files that a submission runs, named by content. A rebuild or an edit never
//! reaches waiting jobs.

use std::io::Read;
use std::path::{Path, PathBuf};

use gainsweep_store::{SweepFolder, WriteError};

use crate::screen::failure::Failure;

/// Files that a worker's command names are sealed, too, up to this size in bytes.
const LARGEST: u64 = 256 << 20;

/// The worker's command, with its program and the files that it names replaced by sealed copies. Files in a
/// folder of `PATH` are not copied: they belong to the system or to a module.
///
/// # Errors
/// A file cannot be read or copied.
pub(crate) fn command(
    folder: &SweepFolder,
    words: &[String],
    own_program: bool,
) -> Result<Vec<String>, Failure> {
    let mut sealed = Vec::with_capacity(words.len());
    for (position, word) in words.iter().enumerate() {
        let path = Path::new(word);
        let ours = if position == 0 { own_program || !is_on_path(path) } else { is_small_file(path) };
        sealed.push(if ours { file(folder, path)?.to_string_lossy().into_owned() } else { word.clone() });
    }
    Ok(sealed)
}

/// The sealed copy of a file: `sealed/<hash of its content>/<its name>`.
///
/// # Errors
/// It cannot be read or copied.
pub(crate) fn file(folder: &SweepFolder, path: &Path) -> Result<PathBuf, Failure> {
    let hash = hash(path)?;
    let home = std::path::absolute(folder.sealed().join(&hash)).map_err(anyhow::Error::from)?;
    let copy = home.join(path.file_name().unwrap_or_default());
    if copy.exists() {
        return Ok(copy);
    }
    fs_err::create_dir_all(&home)?;
    let temporary = home.join(format!(".gainsweep-{}.tmp", std::process::id()));
    fs_err::copy(path, &temporary)?;
    let fail = |step, error| WriteError::new(&copy, step, error);
    fs_err::File::open(&temporary)?.sync_all().map_err(|error| fail("force to disk", error))?;
    // The file may have changed during the copy.
    if self::hash(&temporary)? != hash {
        let _ = fs_err::remove_file(&temporary);
        return Err(Failure::user(format!("{} changed while it was copied: try again", path.display())));
    }
    fs_err::rename(&temporary, &copy)?;
    Ok(copy)
}

/// Has the code changed since this submission? Compares the hash in the sealed path with the original file.
pub(crate) fn has_moved_on(sealed: &[String], from: &[String]) -> bool {
    sealed.iter().zip(from).any(|(sealed, from)| {
        let of = Path::new(sealed).parent().and_then(Path::file_name).and_then(|name| name.to_str());
        sealed != from && hash(Path::new(from)).ok().as_deref() != of
    })
}

/// A short hash of a file's content.
fn hash(path: &Path) -> Result<String, Failure> {
    let mut hasher = blake3::Hasher::new();
    let mut file = fs_err::File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex()[..16].to_string());
        }
        hasher.update(&buffer[..read]);
    }
}

fn is_on_path(program: &Path) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    program.parent().is_some_and(|parent| std::env::split_paths(&folders).any(|folder| folder == parent))
}

fn is_small_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_survives_an_edit_and_the_edit_is_seen() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = SweepFolder::new(place.path(), "s");
        let script = place.path().join("a 'train'.py");
        fs_err::write(&script, "one").expect("written");
        let words = ["/bin/sh".to_string(), script.to_string_lossy().into_owned(), "-v".into()];
        let sealed = command(&folder, &words, false).expect("sealed");
        assert_eq!((sealed[0].as_str(), sealed[2].as_str()), ("/bin/sh", "-v"));
        assert!(!has_moved_on(&sealed, &words));
        assert_eq!(command(&folder, &words, false).expect("sealed"), sealed);
        fs_err::write(&script, "two").expect("written");
        assert_eq!(fs_err::read_to_string(&sealed[1]).expect("read"), "one");
        assert!(has_moved_on(&sealed, &words));
        assert_ne!(command(&folder, &words, false).expect("sealed"), sealed);
    }
}
