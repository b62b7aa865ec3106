//! The program that runs a cell.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use gainsweep_contract::environment;
use rustix::fs::StatVfsMountFlags;

use crate::screen::failure::Failure;

/// The built-in worker's file name.
const BUILT_IN: &str = "gainsweep-worker";

/// A program that is called with `train --params FILE --out DIR` appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkerProgram {
    /// Program and first arguments; never empty.
    command: Vec<OsString>,
    /// Does the sweep name it? Then it may know only the contract, not our options.
    pub(crate) foreign: bool,
    /// Processors that it may use.
    threads: u32,
    /// Words before the command that start it elsewhere; none in most.
    launcher: Vec<OsString>,
}

impl WorkerProgram {
    /// The worker of a sweep: the sweep's own, else `GAINSWEEP_WORKER`, else the one beside this program,
    /// else the one on `PATH`.
    ///
    /// # Errors
    /// There is none. The message says where it was searched and what to do.
    pub(crate) fn find(named: Option<&[String]>) -> Result<WorkerProgram, Failure> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if let Some([program, rest @ ..]) = named {
            let found = locate(OsStr::new(program), &path).ok_or_else(|| {
                Failure::user_hint(
                    format!("cannot run the sweep's worker `{program}` here{}", why_not(Path::new(program))),
                    "write its path or install it: `command` below `[worker]` in the sweep file (a relative path \
                     starts at the current folder)",
                )
            })?;
            let command = [found.into_os_string()].into_iter().chain(rest.iter().map(OsString::from));
            return Ok(WorkerProgram {
                command: command.collect(),
                foreign: true,
                threads: 1,
                launcher: Vec::new(),
            });
        }
        let built_in = |program: PathBuf| WorkerProgram {
            command: vec![program.into()],
            foreign: false,
            threads: 1,
            launcher: Vec::new(),
        };
        if let Some(given) = std::env::var_os(environment::WORKER).filter(|given| !given.is_empty()) {
            return locate(&given, &path).map(built_in).ok_or_else(|| {
                let why = why_not(Path::new(&given));
                Failure::user_hint(
                    format!("cannot run {}=`{}` here{why}", environment::WORKER, given.to_string_lossy()),
                    "set it to the path of a gainsweep-worker, or unset it",
                )
            });
        }
        let own = std::env::current_exe().ok();
        let beside = own.as_deref().and_then(Path::parent).map(|folder| folder.join(BUILT_IN));
        let beside = beside.filter(|program| is_program(program));
        beside.or_else(|| locate(OsStr::new(BUILT_IN), &path)).map(built_in).ok_or_else(|| {
            Failure::user_hint(
                format!("there is no {BUILT_IN}: neither beside gainsweep nor on PATH"),
                format!(
                    "build it (`cargo build --release -p {BUILT_IN}`), or set {} to its path, or name another \
                     program below `[worker]` in the sweep file",
                    environment::WORKER
                ),
            )
        })
    }

    /// The worker of a submission, as it was sealed.
    pub(crate) fn sealed(
        words: &[String],
        foreign: bool,
        threads: u32,
        launcher: &[String],
    ) -> WorkerProgram {
        let [command, launcher] = [words, launcher].map(|words| words.iter().map(OsString::from).collect());
        WorkerProgram { command, foreign, threads, launcher }
    }

    /// The command for one cell.
    pub(super) fn command(&self, parameters: &Path, folder: &Path) -> Command {
        let mut words = self.launcher.iter().chain(&self.command);
        // The command has a word at least.
        let mut command = Command::new(words.next().unwrap_or(&self.command[0]));
        command.args(words).arg("train");
        command.arg("--params").arg(parameters).arg("--out").arg(folder);
        // A foreign worker knows only the contract.
        if !self.foreign && self.threads > 1 {
            command.arg("--threads").arg(self.threads.to_string());
        }
        command
    }

    /// The command that times some training batches with the parameters of a file, and prints the result as
    /// JSON. Only the built-in worker knows it.
    pub(crate) fn benchmark(&self, parameters: &Path, batches: u32) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(["bench", "--json", "--batches", &batches.to_string()]);
        command.arg("--params").arg(parameters);
        command
    }

    /// Program and first arguments, for records.
    pub(crate) fn words(&self) -> Vec<String> {
        self.command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }
}

/// The program of that name: a path as given, a bare name on `PATH`.
fn locate(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let given = Path::new(name);
    if given.components().count() > 1 || given.is_absolute() {
        // Absolute: records keep it, and others change folders.
        return is_program(given).then(|| std::path::absolute(given).unwrap_or_else(|_| given.into()));
    }
    std::env::split_paths(path).map(|folder| folder.join(given)).find(|program| is_program(program))
}

/// Why a path is no program, if it is there.
fn why_not(path: &Path) -> &'static str {
    match path.metadata() {
        Ok(found) if found.is_dir() => ": it is a folder",
        Ok(_) if is_noexec(path) => ": its file system is mounted noexec",
        Ok(_) => ": it is not executable (`chmod +x`)",
        Err(_) => "",
    }
}

/// Does the file system refuse to run programs?
pub(crate) fn is_noexec(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_the_contract() {
        let named = ["sh".to_string(), "a b.sh".to_string()];
        let worker = WorkerProgram::find(Some(&named)).expect("there is a shell");
        assert!(worker.foreign);
        let command = worker.command(Path::new("/p/params.toml"), Path::new("/p"));
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        assert_eq!(arguments, ["a b.sh", "train", "--params", "/p/params.toml", "--out", "/p"]);
    }

    #[test]
    fn a_missing_program_is_the_users_mistake() {
        let error = WorkerProgram::find(Some(&["/nonexistent/train.py".into()])).expect_err("missing");
        assert_eq!(error.exit_code(), 2);
        assert!(matches!(error, Failure::User { hint: Some(_), .. }));
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_no_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w");
        fs_err::write(&path, "").expect("written");
        assert_eq!(locate(path.as_os_str(), OsStr::new("")), None);
    }
}
