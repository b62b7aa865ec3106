//! The code of another program: files and folders below the project's root, copied as they lie.
//!
//! A copy is `sealed/<hash>.code/`, with the list of its files in `sealed/<hash>.code.txt`: one line a file, with the
//! hash of its content, whether it can be executed, and its path. The hash in the name is that of the list. So an edit
//! of any file is another copy, and what was sealed can be checked before it runs.

use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use anyhow::anyhow;
use gainsweep_store::{SweepFolder, atomic, regular_file};

use super::{hash, owner};
use crate::screen::failure::Failure;

/// What is no part of a program, wherever it lies.
const LEFT_OUT: [&str; 3] = [".git", "__pycache__", ".ipynb_checkpoints"];

/// More is data, not code: in bytes.
const LARGEST: u64 = 256 << 20;

/// More files are an environment, not code.
const MOST_FILES: usize = 20_000;

/// Links to folders lead no deeper.
const DEEPEST: usize = 40;

/// The code as it lies now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    root: PathBuf,
    entries: Vec<Entry>,
    /// Its name: the same files with the same content have the same.
    pub(crate) hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// Below the root.
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    File {
        hash: String,
        executable: bool,
    },
    /// A link to another place in the code.
    Link {
        to: PathBuf,
    },
}

/// Why the code cannot be sealed: which entry of `code`, what, and how to go on.
#[derive(Debug)]
pub(crate) struct CodeMistake {
    pub(crate) entry: usize,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// A sealed copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedCode {
    /// Its name.
    pub(crate) hash: String,
    /// Where it is.
    pub(crate) home: PathBuf,
}

impl Code {
    /// Looks at these files and folders below the root, but for what is to be left out, such as results.
    ///
    /// # Errors
    /// One is not there, cannot be read, is neither a file nor a folder, or there is too much.
    pub(crate) fn read(root: &Path, code: &[String], left_out: &[PathBuf]) -> Result<Code, CodeMistake> {
        let mut reading = Reading { root, code, left_out, entries: Vec::new(), bytes: 0 };
        for (entry, path) in code.iter().enumerate() {
            let path: PathBuf =
                Path::new(path).components().filter(|part| *part != Component::CurDir).collect();
            reading.add(&path, 0).map_err(|(message, hint)| CodeMistake { entry, message, hint })?;
        }
        let mut entries = reading.entries;
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        entries.dedup_by(|one, other| one.path == other.path);
        let hash = blake3::hash(list(&entries).as_bytes()).to_hex()[..16].to_string();
        Ok(Code { root: root.into(), entries, hash })
    }

    /// Is that path below the root one of its files, or a folder with some?
    pub(crate) fn contains(&self, path: &Path) -> bool {
        self.entries.iter().any(|entry| entry.path.starts_with(path))
    }

    /// The sealed copy; makes it if it is not there. What other sweeps beside this one have sealed is shared.
    ///
    /// # Errors
    /// A file changed while it was copied, or cannot be copied.
    pub(crate) fn seal(&self, folder: &SweepFolder) -> Result<SealedCode, Failure> {
        let user = rustix::process::geteuid().as_raw();
        let home =
            |name: String| std::path::absolute(folder.sealed().join(name)).map_err(anyhow::Error::from);
        let mut sealed = SealedCode { hash: self.hash.clone(), home: home(format!("{}.code", self.hash))? };
        if owner(&sealed.home).is_some_and(|owner| owner != user) {
            // Its owner can change it.
            sealed.home = home(format!("{}-{user}.code", self.hash))?;
        }
        if sealed.is_as_it_was_sealed() {
            return Ok(sealed);
        }
        fs_err::create_dir_all(folder.sealed())?;
        let new = home(format!(".{}-{}.new", self.hash, std::process::id()))?;
        let copied = self.copy(folder, &new, user).and_then(|()| sealed.publish(&new, &list(&self.entries)));
        if copied.is_err() {
            let _ = fs_err::remove_dir_all(&new);
        }
        copied?;
        Ok(sealed)
    }

    fn copy(&self, folder: &SweepFolder, to: &Path, user: u32) -> Result<(), Failure> {
        let _ = fs_err::remove_dir_all(to);
        let others: Vec<PathBuf> = folder
            .sealed_by_others()
            .map(|sealed| sealed.join(format!("{}.code", self.hash)))
            .filter(|other| owner(other) == Some(user))
            .collect();
        for Entry { path, kind } in &self.entries {
            let (from, to) = (self.root.join(path), to.join(path));
            fs_err::create_dir_all(to.parent().unwrap_or(&to))?;
            let content = match kind {
                Kind::Link { to: target } => {
                    fs_err::os::unix::fs::symlink(target, &to)?;
                    continue;
                }
                Kind::File { hash, .. } => hash,
            };
            let is_right = |copy: &Path| Ok(hash(copy)? == *content);
            let shared = others.iter().map(|other| other.join(path)).find(|other| {
                std::fs::symlink_metadata(other).is_ok_and(|found| found.is_file())
                    && is_right(other).unwrap_or(false)
            });
            if let Some(shared) = shared
                && atomic::link(&shared, &to)?
            {
                continue;
            }
            if !atomic::copy(&from, &to, is_right)? {
                return Err(Failure::user(format!(
                    "{} changed while it was copied: try again",
                    from.display()
                )));
            }
        }
        Ok(())
    }
}

impl SealedCode {
    /// That of a submission.
    pub(crate) fn of(folder: &SweepFolder, name: &str) -> Result<SealedCode, Failure> {
        let home = std::path::absolute(folder.sealed().join(name)).map_err(anyhow::Error::from)?;
        let hash = name.split(['.', '-']).next().unwrap_or_default().to_string();
        Ok(SealedCode { hash, home })
    }

    /// The name of its folder.
    pub(crate) fn name(&self) -> String {
        self.home.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Refuses code that is not what was sealed.
    ///
    /// # Errors
    /// It was changed, or is gone.
    pub(crate) fn verify(&self) -> Result<(), Failure> {
        if self.is_as_it_was_sealed() {
            return Ok(());
        }
        let home = self.home.display();
        Err(anyhow!("the code in {home} is not what was sealed: nothing was run; submit again").into())
    }

    fn list(&self) -> PathBuf {
        self.home.with_extension("code.txt")
    }

    /// Is each file there with the content that the list promises, and is the list the one in the name?
    fn is_as_it_was_sealed(&self) -> bool {
        let Ok(list) = regular_file::read_to_string(&self.list()) else { return false };
        let named = blake3::hash(list.as_bytes()).to_hex()[..16] == *self.hash;
        named
            && list.lines().all(|line| {
                let mut parts = line.splitn(3, ' ');
                let (Some(content), Some(kind), Some(path)) = (parts.next(), parts.next(), parts.next())
                else {
                    return false;
                };
                let path = self.home.join(path);
                if kind == "link" {
                    return std::fs::read_link(&path).is_ok_and(|to| to.to_string_lossy() == content);
                }
                std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_file())
                    && hash(&path).is_ok_and(|found| found == content)
            })
    }

    /// Gives a complete copy its name.
    fn publish(&self, new: &Path, list: &str) -> Result<(), Failure> {
        atomic::write(&self.list(), list.as_bytes())?;
        if self.home.exists() && !self.is_as_it_was_sealed() {
            // It was damaged. Nobody can run it: it is checked before.
            fs_err::remove_dir_all(&self.home)?;
        }
        match std::fs::rename(new, &self.home) {
            // Another process was faster.
            Err(_) if self.is_as_it_was_sealed() => fs_err::remove_dir_all(new)?,
            Err(error) => return Err(anyhow!("cannot make {}: {error}", self.home.display()).into()),
            Ok(()) => atomic::sync_folder(self.home.parent().unwrap_or(&self.home))?,
        }
        Ok(())
    }
}

/// The list of a copy's files.
fn list(entries: &[Entry]) -> String {
    entries.iter().fold(String::new(), |mut text, Entry { path, kind }| {
        // Writing to a string cannot fail.
        let _ = match kind {
            Kind::File { hash, executable: false } => writeln!(text, "{hash} file {}", path.display()),
            Kind::File { hash, executable: true } => writeln!(text, "{hash} program {}", path.display()),
            Kind::Link { to } => writeln!(text, "{} link {}", to.display(), path.display()),
        };
        text
    })
}

/// A walk over the code.
struct Reading<'a> {
    root: &'a Path,
    code: &'a [String],
    left_out: &'a [PathBuf],
    entries: Vec<Entry>,
    bytes: u64,
}

impl Reading<'_> {
    fn add(&mut self, path: &Path, depth: usize) -> Result<(), (String, String)> {
        let full = self.root.join(path);
        if self.left_out.contains(&full) {
            return Ok(());
        }
        let shown = path.display();
        let unreadable = |error: io::Error| (format!("`{shown}` cannot be read: {error}"), String::new());
        let mut metadata = std::fs::symlink_metadata(&full).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                let root = self.root.display();
                (format!("there is no `{shown}` in {root}"), "paths start at the project's root".to_string())
            } else {
                unreadable(error)
            }
        })?;
        if path.to_str().is_none_or(|text| text.contains('\n')) {
            return Err((
                format!("the name `{shown}` cannot be listed"),
                "rename it: UTF-8, no line breaks".into(),
            ));
        }
        if metadata.is_symlink() {
            let to = std::fs::read_link(&full).map_err(unreadable)?;
            if self.is_inside(path, &to) {
                self.entries.push(Entry { path: path.into(), kind: Kind::Link { to } });
                return Ok(());
            }
            metadata = std::fs::metadata(&full).map_err(unreadable)?;
        }
        if metadata.is_dir() {
            return self.add_folder(path, depth);
        }
        if !metadata.is_file() {
            return Err((
                format!("`{shown}` is neither a file nor a folder"),
                "remove it from `code`".into(),
            ));
        }
        self.bytes += metadata.len();
        if self.bytes > LARGEST || self.entries.len() >= MOST_FILES {
            return Err((
                format!("`code` has more than {MOST_FILES} files or {} MiB", LARGEST >> 20),
                "name what the program is made of, not its data, its environment or its results".into(),
            ));
        }
        let executable = metadata.permissions().mode() & 0o111 != 0;
        let hash = hash(&full).map_err(unreadable)?;
        self.entries.push(Entry { path: path.into(), kind: Kind::File { hash, executable } });
        Ok(())
    }

    fn add_folder(&mut self, path: &Path, depth: usize) -> Result<(), (String, String)> {
        let full = self.root.join(path);
        if depth > DEEPEST {
            return Err((format!("`{}` is too deep", path.display()), "does a link lead back to it?".into()));
        }
        let list = std::fs::read_dir(&full).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let list =
            list.map_err(|error| (format!("`{}` cannot be read: {error}", path.display()), String::new()))?;
        let mut names: Vec<_> = list.into_iter().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names.iter().filter(|name| !LEFT_OUT.iter().any(|left_out| name == left_out)) {
            self.add(&path.join(name), depth + 1)?;
        }
        Ok(())
    }

    /// Does a link lead to another place of the code, so that it does so in the copy?
    fn is_inside(&self, link: &Path, to: &Path) -> bool {
        let Some(text) = to.to_str() else { return false };
        if to.is_absolute() || text.contains(['\n', ' ']) {
            return false;
        }
        let mut place = link.parent().unwrap_or(Path::new("")).to_path_buf();
        for part in to.components() {
            match part {
                Component::ParentDir if !place.pop() => return false,
                Component::Normal(name) => place.push(name),
                Component::ParentDir | Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        self.root.join(&place).exists()
            && self.code.iter().any(|entry| {
                let entry: PathBuf =
                    Path::new(entry).components().filter(|part| *part != Component::CurDir).collect();
                place.starts_with(entry)
            })
    }
}

#[cfg(test)]
mod tests;
