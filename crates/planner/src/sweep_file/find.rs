//! Finds the sweep file that was typed: a path, or the name of a sweep.

use std::path::{Path, PathBuf};

use gainsweep_contract::schema::nearest;

use super::project::{is_marked, seen_from_here};
use crate::screen::failure::Failure;

/// The folder in which sweeps are found by name.
pub(crate) const SWEEPS: &str = "sweeps";

/// A path is used as it is. A name is looked up in `sweeps/`: here, then in the folders above, up to the root of a
/// project that has settings.
///
/// # Errors
/// There is no such file. The message says where it was searched.
pub(super) fn find(typed: &Path) -> Result<PathBuf, Failure> {
    if typed.is_file() {
        return Ok(typed.to_path_buf());
    }
    let bare = typed.components().count() == 1 && !typed.is_absolute();
    if !bare {
        return Err(if typed.is_dir() {
            Failure::user(format!("`{}` is a folder, not a sweep file", typed.display()))
        } else {
            Failure::user(format!("no file `{}`", typed.display()))
        });
    }
    let searched = searched()?;
    let with_extension = {
        let mut name = typed.as_os_str().to_owned();
        name.push(".toml");
        PathBuf::from(name)
    };
    let candidates = searched.iter().flat_map(|folder| {
        [&with_extension, typed].map(|name| seen_from_here(&folder.join(SWEEPS).join(name)))
    });
    if let Some(found) = candidates.into_iter().find(|path| path.is_file()) {
        return Ok(found);
    }
    Err(not_found(typed, &Path::new(SWEEPS).join(with_extension), &searched))
}

/// The folders whose `sweeps/` has the sweeps that are found by name: the current one first.
fn searched() -> Result<Vec<PathBuf>, Failure> {
    let here = std::env::current_dir()?;
    let mut folders = Vec::new();
    for folder in here.ancestors() {
        folders.push(folder.to_path_buf());
        if is_marked(folder) {
            break;
        }
    }
    Ok(folders)
}

fn not_found(typed: &Path, wanted: &Path, searched: &[PathBuf]) -> Failure {
    let typed = typed.to_string_lossy();
    let last = searched.last().filter(|_| searched.len() > 1);
    let above = last
        .map_or_else(String::new, |last| format!(", here or in a folder above up to `{}`", last.display()));
    let message =
        format!("there is no sweep `{typed}`: neither a file of that name nor `{}`{above}", wanted.display());
    let known: Vec<String> = searched.iter().flat_map(|folder| known_sweeps(&folder.join(SWEEPS))).collect();
    match nearest(&typed, known.iter().map(String::as_str)) {
        Some(near) => Failure::user_hint(message, format!("did you mean `{near}`?")),
        None => Failure::user_hint(message, "`gainsweep new NAME` writes a sweep file to start from"),
    }
}

fn known_sweeps(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(String::from))
        .collect();
    names.sort();
    names
}
