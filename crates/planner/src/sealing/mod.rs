//! Copies of the programs and files that cells run, named by content. A rebuild or an edit never reaches waiting jobs.
//!
//! Here are our own programs, each a file. [`code`] copies the code of other programs.

pub(crate) mod code;

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gainsweep_store::{SweepFolder, atomic};

use crate::programs::is_noexec;
use crate::screen::failure::Failure;

/// Refuses to seal programs where none can run.
///
/// # Errors
/// The file system is mounted so.
pub(crate) fn check_that_programs_run(folder: &SweepFolder) -> Result<(), Failure> {
    if is_noexec(&folder.sealed()) {
        return Err(Failure::user_hint(
            format!("no program can run in {}: its file system is mounted noexec", folder.sealed().display()),
            "programs are copied there for each submission: choose another folder with --results",
        ));
    }
    Ok(())
}

/// Is the sweep's folder in a place that each machine has for itself? Jobs on other nodes would not find it.
pub(crate) fn is_of_one_machine(folder: &SweepFolder) -> bool {
    let root = std::path::absolute(folder.root()).unwrap_or_default();
    ["/tmp", "/var/tmp", "/dev/shm", "/run"].iter().any(|place| root.starts_with(place))
}

/// The sealed copy of a file: `sealed/<hash of its content>/<its name>`. A copy that another user made is not
/// trusted, as its owner can change it: `sealed/<hash>-<user>/` has one of our own.
///
/// # Errors
/// It cannot be read or copied.
pub(crate) fn file(folder: &SweepFolder, path: &Path) -> Result<PathBuf, Failure> {
    let content = hash(path)?;
    let user = rustix::process::geteuid().as_raw();
    let name = path.file_name().unwrap_or_default();
    let copy_in = |home: String| {
        let home = std::path::absolute(folder.sealed().join(home)).map_err(anyhow::Error::from)?;
        Ok::<_, Failure>(home.join(name))
    };
    let mut copy = copy_in(content.clone())?;
    if owner(&copy).is_some_and(|owner| owner != user) {
        copy = copy_in(format!("{content}-{user}"))?;
    }
    if is_sealed(&copy)? {
        return Ok(copy);
    }
    fs_err::create_dir_all(copy.parent().unwrap_or(&copy))?;
    // A program of many sweeps lies on the disk once.
    let others = folder.sealed_by_others().map(|sealed| sealed.join(&content).join(name));
    for other in others.filter(|other| owner(other) == Some(user)) {
        if is_sealed(&other)? && atomic::link(&other, &copy)? {
            return Ok(copy);
        }
    }
    let is_right = |copy: &Path| Ok(hash(copy)? == content);
    if !atomic::copy(path, &copy, is_right)? {
        return Err(Failure::user(format!("{} changed while it was copied: try again", path.display())));
    }
    Ok(copy)
}

/// Whose the file is, if it is there.
fn owner(path: &Path) -> Option<u32> {
    std::fs::symlink_metadata(path).ok().map(|found| found.uid())
}

/// Is it there, a file and no link, with the content that the name of its folder promises?
fn is_sealed(copy: &Path) -> Result<bool, Failure> {
    if !std::fs::symlink_metadata(copy).is_ok_and(|found| found.is_file()) {
        return Ok(false);
    }
    Ok(promised(copy) == Some(&hash(copy)?))
}

/// The hash in the path of a sealed copy.
fn promised(copy: &Path) -> Option<&str> {
    let home = copy.parent()?.file_name()?.to_str()?;
    Some(home.split_once('-').map_or(home, |(hash, _)| hash))
}

/// Refuses to run a sealed program that is not what was sealed.
///
/// # Errors
/// Which file was changed, or is gone.
pub(crate) fn verify(folder: &SweepFolder, words: &[String]) -> Result<(), Failure> {
    let sealed = std::path::absolute(folder.sealed()).map_err(anyhow::Error::from)?;
    for path in words.iter().map(Path::new).filter(|path| path.starts_with(&sealed)) {
        if !is_sealed(path)? {
            let path = path.display();
            return Err(anyhow!("{path} is not what was sealed: nothing was run; submit again").into());
        }
    }
    Ok(())
}

/// Has the code changed since this submission? Compares the hash in the sealed path with the original file.
pub(crate) fn has_moved_on(sealed: &[String], from: &[String]) -> bool {
    sealed.iter().zip(from).any(|(sealed, from)| {
        sealed != from && hash(Path::new(from)).ok().as_deref() != promised(Path::new(sealed))
    })
}

/// A short hash of a file's content.
fn hash(path: &Path) -> io::Result<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_survives_an_edit_and_the_edit_is_seen() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = SweepFolder::new(place.path(), "s");
        let program = place.path().join("a 'worker'");
        fs_err::write(&program, "one").expect("written");
        let sealed = file(&folder, &program).expect("sealed");
        let words = |path: &Path| vec![path.to_string_lossy().into_owned(), "-v".to_string()];
        assert!(!has_moved_on(&words(&sealed), &words(&program)));
        assert_eq!(file(&folder, &program).expect("sealed"), sealed);
        fs_err::write(&program, "two").expect("written");
        assert_eq!(fs_err::read_to_string(&sealed).expect("read"), "one");
        assert!(has_moved_on(&words(&sealed), &words(&program)));
        assert_ne!(file(&folder, &program).expect("sealed"), sealed);
    }

    #[test]
    fn two_sweeps_share_what_is_sealed() {
        let place = tempfile::tempdir().expect("a folder");
        let program = place.path().join("train");
        fs_err::write(&program, "one").expect("written");
        let results = place.path().join("results");
        let [one, other] =
            ["a", "b"].map(|sweep| file(&SweepFolder::new(&results, sweep), &program).expect("sealed"));
        assert_ne!(one, other);
        let file = |path: &Path| fs_err::metadata(path).expect("a file").ino();
        assert_eq!(file(&one), file(&other));
        // What is sealed elsewhere counts only if it is what its name says.
        fs_err::write(&one, "evil").expect("written");
        let third = super::file(&SweepFolder::new(&results, "c"), &program).expect("sealed");
        assert_eq!(fs_err::read_to_string(third).expect("read"), "one");
    }

    #[test]
    fn a_planted_program_is_replaced_and_never_run() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = SweepFolder::new(place.path(), "s");
        let script = place.path().join("train.sh");
        fs_err::write(&script, "one").expect("written");
        let sealed = file(&folder, &script).expect("sealed");
        let words = [sealed.to_string_lossy().into_owned()];
        verify(&folder, &words).expect("as it was sealed");
        fs_err::write(&sealed, "evil").expect("written");
        assert!(verify(&folder, &words).is_err());
        assert_eq!(file(&folder, &script).expect("sealed again"), sealed);
        verify(&folder, &words).expect("as it was sealed");
        fs_err::remove_file(&sealed).expect("removed");
        std::os::unix::fs::symlink(&script, &sealed).expect("made");
        assert!(verify(&folder, &words).is_err(), "a link may point elsewhere tomorrow");
    }
}
