//! The project of a sweep file: its root, and where its results are. The same file means the same results from any
//! folder.
//!
//! The root is the nearest folder above the file that has a `gainsweep.toml`. Without one it is the folder that holds
//! the nearest `sweeps` above the file, or else the file's own folder.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use gainsweep_language::{ProjectSettings, parse_project};
use gainsweep_store::regular_file;

use super::find::SWEEPS;
use crate::screen::failure::{BadSweep, Failure};

/// The file that marks the root of a project, and has its settings.
pub(super) const SETTINGS: &str = "gainsweep.toml";

/// The folder of results below the root, if nobody chooses another.
const RESULTS: &str = "results";

/// The folder of results that the command line or the environment chose, relative to the current folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResultsChoice {
    pub(crate) folder: Option<PathBuf>,
    /// Was it typed? Then the next commands must repeat it.
    pub(crate) is_typed: bool,
}

/// The project of a sweep file.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The root, absolute.
    pub(crate) root: PathBuf,
    /// The folder of the results of all its sweeps, as seen from the current folder.
    pub(crate) results: PathBuf,
    /// The sweep file, absolute.
    pub(crate) file: PathBuf,
}

impl Project {
    /// The project of this sweep file.
    ///
    /// # Errors
    /// Its settings cannot be read, or have mistakes.
    pub(crate) fn of(file: &Path, chosen: &ResultsChoice) -> Result<Project, Failure> {
        let file = without_detours(&std::path::absolute(file)?);
        let above = || file.ancestors().skip(1);
        let (root, settings) = if let Some(root) = above().find(|folder| is_marked(folder)) {
            (root, read_settings(&root.join(SETTINGS))?)
        } else {
            let sweeps = above().find(|folder| folder.file_name().is_some_and(|name| name == SWEEPS));
            // A file has a folder, and so has a folder called `sweeps`.
            let root = sweeps.unwrap_or(&file).parent().unwrap_or(Path::new("/"));
            (root, ProjectSettings::default())
        };
        let results = match &chosen.folder {
            Some(folder) => std::path::absolute(folder)?,
            None => root.join(settings.results.as_deref().unwrap_or(RESULTS)),
        };
        Ok(Project { root: root.into(), results: seen_from_here(&results), file })
    }

    /// The sweep file, relative to the root.
    pub(crate) fn file_below_root(&self) -> &Path {
        self.file.strip_prefix(&self.root).unwrap_or(&self.file)
    }
}

/// Does this folder hold the settings of a project?
pub(super) fn is_marked(folder: &Path) -> bool {
    folder.join(SETTINGS).is_file()
}

fn read_settings(path: &Path) -> Result<ProjectSettings, Failure> {
    let text = regular_file::read_to_string(path)?;
    parse_project(&text).map_err(|diagnostics| {
        Failure::Sweep(Box::new(BadSweep { path: seen_from_here(path), text, diagnostics }))
    })
}

/// A path to show: relative if it is below the current folder, else absolute.
pub(crate) fn seen_from_here(path: &Path) -> PathBuf {
    let (Ok(path), Ok(here)) = (std::path::absolute(path), std::env::current_dir()) else {
        return path.into();
    };
    let path = without_detours(&path);
    // Below `/` is everything.
    match path.strip_prefix(&here).ok().filter(|_| here.parent().is_some()) {
        Some(below) if below == Path::new("") => ".".into(),
        Some(below) => below.into(),
        None => path,
    }
}

/// A path without `.` and `..`. Links stay as they were typed, except before `..`: what is above `link/` is above the
/// folder that the link leads to.
pub(super) fn without_detours(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut straight, part| {
        match part {
            Component::ParentDir => {
                if straight.is_symlink()
                    && let Ok(real) = fs_err::canonicalize(&straight)
                {
                    straight = real;
                }
                straight.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => straight.push(part),
        }
        straight
    })
}

/// Do both paths lead to one file?
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs_err::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    one == other || identity(one).is_some_and(|one| identity(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project in a new folder, with these files.
    fn folder_with(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = place.path().join(name);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs_err::write(path, text).expect("written");
        }
        let root = place.path().to_path_buf();
        (place, root)
    }

    #[test]
    fn the_root_is_above_sweeps_or_beside_the_file() {
        let files = ["sweeps/a.toml", "sweeps/b/c/d.toml", "sweeps/x/sweeps/e.toml", "other/f.toml"];
        let (_place, root) = folder_with(&files.map(|name| (name, "")));
        let roots = files.map(|name| {
            let project = Project::of(&root.join(name), &ResultsChoice::default()).expect("a project");
            assert_eq!(project.results, project.root.join("results"));
            project.root
        });
        assert_eq!(roots, [root.clone(), root.clone(), root.join("sweeps/x"), root.join("other")]);
    }

    #[test]
    fn settings_mark_the_root_and_choose_the_results() {
        let (_place, root) = folder_with(&[
            ("gainsweep.toml", "results = \"out/r\""),
            ("sweeps/a.toml", ""),
            ("b/sweeps/c.toml", ""),
            ("d/gainsweep.toml", ""),
            ("d/e/f.toml", ""),
        ]);
        let of = |name: &str, chosen: &ResultsChoice| {
            let project = Project::of(&root.join(name), chosen).expect("a project");
            (project.root, project.results)
        };
        let none = ResultsChoice::default();
        assert_eq!(of("sweeps/a.toml", &none), (root.clone(), root.join("out/r")));
        assert_eq!(of("b/sweeps/c.toml", &none), (root.clone(), root.join("out/r")));
        assert_eq!(of("d/e/f.toml", &none), (root.join("d"), root.join("d/results")));
        let chosen = ResultsChoice { folder: Some("/r/../s".into()), is_typed: true };
        assert_eq!(of("sweeps/a.toml", &chosen), (root.clone(), "/s".into()));
    }

    #[test]
    fn a_way_through_a_link_leads_where_the_system_says() {
        let (_place, root) = folder_with(&[("a/sweeps/s.toml", ""), ("b/x", "")]);
        std::os::unix::fs::symlink(root.join("a/sweeps"), root.join("b/link")).expect("made");
        let of =
            |name: &str| Project::of(&root.join(name), &ResultsChoice::default()).expect("a project").root;
        assert_eq!(of("b/link/s.toml"), root.join("b/link"), "a link is a folder like others");
        assert_eq!(of("b/../a/./sweeps/s.toml"), root.join("a"));
        let real = fs_err::canonicalize(&root).expect("a path");
        assert_eq!(of("b/link/../sweeps/s.toml"), real.join("a"));
    }
}
