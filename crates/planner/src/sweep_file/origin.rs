//! Which sweep file the results of a folder are from. Two files never write into one folder.
//!
//! `provenance.json` records the file: relative to its own folder where both are below the project's root, so that a
//! project can be moved; else absolute.

use std::path::{Component, Path, PathBuf};

use gainsweep_language::check_name;
use gainsweep_store::SweepFolder;
use gainsweep_store::provenance::Provenance;

use super::find::SWEEPS;
use super::project::{Project, is_same_file, seen_from_here, without_detours};
use super::{Loaded, SweepArgs};
use crate::screen::failure::Failure;

/// The sweep file of this project, as the results in that folder record it.
///
/// # Errors
/// The current folder is gone.
pub(crate) fn recorded(project: &Project, folder: &SweepFolder) -> std::io::Result<String> {
    let home = home(folder)?;
    let file = match home.strip_prefix(&project.root) {
        Ok(below) => below.components().map(|_| "..").collect::<PathBuf>().join(project.file_below_root()),
        Err(_) => project.file.clone(),
    };
    Ok(file.to_string_lossy().into_owned())
}

/// The path that is recorded in that folder. Its `..` leads to where the folder is seen, also where it is a link.
fn resolved(home: PathBuf, recorded: &Path) -> PathBuf {
    recorded.components().fold(home, |mut path, part| {
        if part == Component::ParentDir {
            path.pop();
        } else {
            path.push(part);
        }
        path
    })
}

/// The absolute path of the folder.
fn home(folder: &SweepFolder) -> std::io::Result<PathBuf> {
    Ok(without_detours(&std::path::absolute(folder.root())?))
}

/// Refuses results that are from another sweep file which is still there. One that is gone was renamed or moved.
///
/// # Errors
/// The results are from another file.
pub(crate) fn refuse_another(loaded: &Loaded) -> Result<(), Failure> {
    let folder = loaded.folder();
    let Some(recorded) = Provenance::read(&folder.provenance()).and_then(|record| record.file) else {
        return Ok(());
    };
    let other = resolved(home(&folder)?, Path::new(&recorded));
    if !other.is_file() || is_same_file(&other, &loaded.project.file) {
        return Ok(());
    }
    let elsewhere = SweepArgs { name: Some(another_name(loaded)), ..loaded.args.clone() };
    Err(Failure::user_hint(
        format!("`{}` belongs to `{}`", folder.root().display(), seen_from_here(&other).display()),
        format!("`--name` chooses another folder: gainsweep run {}", elsewhere.typed(&loaded.chosen)),
    ))
}

/// A name that the sweep does not have: with the file's folder in it, or else with a number.
fn another_name(loaded: &Loaded) -> String {
    let folder = loaded.project.file.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let with_folder = folder.filter(|name| *name != SWEEPS).map(|name| format!("{name}-{}", loaded.name));
    with_folder.filter(|name| check_name(name).is_ok()).unwrap_or_else(|| format!("{}-2", loaded.name))
}
