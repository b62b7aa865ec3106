//! The program that runs a cell.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use gainsweep_contract::environment;
use gainsweep_language::{Cell, Filling, Sweep, Worker};
use gainsweep_scheduler::logs::SETUP_FAILED;
use gainsweep_store::submissions::Submission;
use gainsweep_store::{CellFolder, SweepFolder};

use crate::programs::{is_program, locate, why_not};
use crate::screen::failure::Failure;
use crate::screen::wording;
use crate::sealing::{self, code::SealedCode};

/// The built-in worker's file name.
const BUILT_IN: &str = "gainsweep-worker";

/// The program of a sweep's cells.
#[derive(Clone, Debug)]
pub(crate) struct WorkerProgram {
    kind: Kind,
    /// Processors of each cell.
    cpus: u32,
    /// Words before the command that start it elsewhere; none in most.
    launcher: Vec<OsString>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `gainsweep-worker`, at this path.
    BuiltIn(PathBuf),
    /// The program of `[worker]`.
    Own(Box<OwnProgram>),
}

/// A program that the sweep file names.
#[derive(Clone, Debug)]
struct OwnProgram {
    worker: Worker,
    /// The project's root.
    root: PathBuf,
    /// What it is made of, if the sweep file says so.
    code: Option<SealedCode>,
}

/// One attempt at a cell, for the program.
pub(super) struct OneCell<'a> {
    pub(super) cell: &'a Cell,
    /// Its folder, absolute.
    pub(super) folder: &'a CellFolder,
}

impl WorkerProgram {
    /// The worker of a sweep: the sweep's own, else `GAINSWEEP_WORKER`, else the one beside this program,
    /// else the one on `PATH`.
    ///
    /// # Errors
    /// There is no built-in worker. The message says where it was searched and what to do. Whether there is a program
    /// of the sweep's own, [`crate::sweep_file::own_program`] finds out.
    pub(crate) fn find(sweep: &Sweep, root: &Path) -> Result<WorkerProgram, Failure> {
        let kind = match &sweep.worker {
            Some(worker) => {
                Kind::Own(Box::new(OwnProgram { worker: worker.clone(), root: root.into(), code: None }))
            }
            None => Kind::BuiltIn(built_in()?),
        };
        Ok(WorkerProgram { kind, cpus: 1, launcher: Vec::new() })
    }

    /// The worker of a submission, as it was sealed.
    ///
    /// # Errors
    /// What was sealed was changed, or is gone.
    pub(crate) fn sealed(
        submission: &Submission,
        sweep: &Sweep,
        folder: &SweepFolder,
        cpus: u32,
    ) -> Result<WorkerProgram, Failure> {
        let kind = if let Some(worker) = &sweep.worker {
            let code = submission.code.as_deref().map(|name| SealedCode::of(folder, name)).transpose()?;
            code.as_ref().map_or(Ok(()), SealedCode::verify)?;
            let root = PathBuf::from(submission.root.as_deref().unwrap_or_default());
            Kind::Own(Box::new(OwnProgram { worker: worker.clone(), root, code }))
        } else {
            sealing::verify(folder, &submission.worker)?;
            Kind::BuiltIn(submission.worker.first().map(PathBuf::from).unwrap_or_default())
        };
        let launcher = submission.launcher.iter().map(OsString::from).collect();
        Ok(WorkerProgram { kind, cpus, launcher })
    }

    /// The same, with this many processors for each cell.
    pub(crate) fn with_cpus(self, cpus: u32) -> WorkerProgram {
        WorkerProgram { cpus, ..self }
    }

    /// Processors of each cell.
    pub(super) fn cpus(&self) -> u32 {
        self.cpus
    }

    /// Makes it run the sealed copy of its code, if the sweep file says what that is.
    pub(crate) fn run_sealed(&mut self, sealed: Option<SealedCode>) {
        if let Kind::Own(own) = &mut self.kind {
            own.code = sealed;
        }
    }

    /// Does the sweep name it? Then it may know only the contract, not our options.
    pub(crate) fn is_foreign(&self) -> bool {
        self.own().is_some()
    }

    /// What the sweep file says about it; `None` for the built-in worker.
    pub(crate) fn own(&self) -> Option<&Worker> {
        match &self.kind {
            Kind::BuiltIn(_) => None,
            Kind::Own(own) => Some(&own.worker),
        }
    }

    /// The project's root, for a program of the sweep's own.
    pub(crate) fn root(&self) -> Option<&Path> {
        match &self.kind {
            Kind::BuiltIn(_) => None,
            Kind::Own(own) => Some(&own.root),
        }
    }

    /// The sealed copy of its code.
    pub(crate) fn code(&self) -> Option<&SealedCode> {
        match &self.kind {
            Kind::BuiltIn(_) => None,
            Kind::Own(own) => own.code.as_ref(),
        }
    }

    /// The command for one cell.
    pub(super) fn command(&self, one: &OneCell) -> Command {
        let mut words: Vec<OsString> = self.launcher.clone();
        let (parameters, folder) = (one.folder.parameters(), one.folder.root());
        let by_contract = |words: &mut Vec<OsString>| {
            words.extend(["train".into(), "--params".into(), parameters.clone().into()]);
            words.extend(["--out".into(), folder.into()]);
        };
        let mut command = match &self.kind {
            Kind::BuiltIn(program) => {
                words.push(program.into());
                by_contract(&mut words);
                if self.cpus > 1 {
                    words.extend(["--threads".into(), self.cpus.to_string().into()]);
                }
                of_words(&words)
            }
            Kind::Own(own) => {
                words.extend(own.words(one, self.cpus));
                if own.worker.command.is_by_contract() {
                    by_contract(&mut words);
                }
                own.command(words, self.cpus)
            }
        };
        command.env(environment::CELL, one.cell.id.to_string());
        command.env(environment::OUT, folder);
        command.env(environment::CPUS, self.cpus.to_string());
        command
    }

    /// The command that times some training batches with the parameters of a file, and prints the result as
    /// JSON; `None` for another program, which does not know it.
    pub(crate) fn benchmark(&self, parameters: &Path, batches: u32) -> Option<Command> {
        let Kind::BuiltIn(program) = &self.kind else { return None };
        let mut command = Command::new(program);
        command.args(["bench", "--json", "--batches", &batches.to_string()]);
        command.arg("--params").arg(parameters);
        Some(command)
    }

    /// Program and first arguments, for records.
    pub(crate) fn words(&self) -> Vec<String> {
        match &self.kind {
            Kind::BuiltIn(program) => vec![program.to_string_lossy().into_owned()],
            Kind::Own(own) => own.worker.command.template(),
        }
    }
}

impl OwnProgram {
    /// Where it runs: in the sealed copy of its code, or where it lies.
    fn home(&self) -> &Path {
        self.code.as_ref().map_or(&self.root, |code| &code.home)
    }

    /// The words of its command for one cell.
    fn words(&self, one: &OneCell, cpus: u32) -> Vec<OsString> {
        let (parameters, json) = (one.folder.parameters(), one.folder.parameters_json());
        let filling = Filling {
            parameters: &one.cell.parameters,
            params: parameters.as_os_str(),
            params_json: json.as_os_str(),
            out: one.folder.root().as_os_str(),
            cell: &one.cell.id.to_string(),
            cpus,
        };
        let mut words = self.worker.command.words(&filling);
        if let Some(program) = words.first_mut() {
            *program = program_of(program, self.home(), &self.root);
        }
        words
    }

    /// The command of these words, in its place, with its environment, after its `setup`.
    fn command(&self, words: Vec<OsString>, cpus: u32) -> Command {
        let mut command = if self.worker.setup.is_empty() {
            of_words(&words)
        } else {
            let mut shell = Command::new(SHELL);
            let script = setup_script(&self.worker.setup, self.code.as_ref().map(|code| code.home.as_path()));
            shell.arg("-c").arg(script).arg("setup").args(words);
            shell
        };
        // Lines of setup begin at the root, as all paths of the sweep file do.
        command.current_dir(if self.worker.setup.is_empty() { self.home() } else { &self.root });
        for name in environment::THREAD_COUNTS {
            // Who set it knows better.
            if std::env::var_os(name).is_none() {
                command.env(name, cpus.to_string());
            }
        }
        command.envs(&self.worker.environment);
        command.env(environment::ROOT, &self.root);
        command
    }
}

/// The path of a command's program. A bare name stays one: it is looked up where the cell runs, after `setup`. A program
/// that is no part of the code, such as an environment's interpreter, is run where it lies.
pub(crate) fn program_of(word: &OsStr, home: &Path, root: &Path) -> OsString {
    if !word.as_encoded_bytes().contains(&b'/') {
        return word.into();
    }
    let sealed = home.join(word);
    if sealed.exists() { sealed.into() } else { root.join(word).into() }
}

/// The shell of `setup`: `module` and `source` are its words.
const SHELL: &str = "bash";

/// Runs each line, and then the program, in its home if that is another folder. A line that fails ends it, with that
/// line as its last words.
fn setup_script(lines: &[String], home: Option<&Path>) -> String {
    let mut script =
        format!("trap 'echo \"{SETUP_FAILED}exit code $?: $gainsweep_line\" >&2; exit 1' EXIT\n");
    for line in lines.iter().map(|line| wording::quoted(Path::new(line))) {
        script.extend(["gainsweep_line=", &line, "\neval ", &line, " || exit\n"]);
    }
    script.push_str("trap - EXIT\nunset gainsweep_line\n");
    if let Some(home) = home {
        script.extend(["cd -- ", &wording::quoted(home), " || exit 1\n"]);
    }
    script + "exec \"$@\"\n"
}

/// The command of these words; there is one at least.
fn of_words(words: &[OsString]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().map(OsString::as_os_str).unwrap_or_default());
    command.args(words);
    command
}

/// The built-in worker's program.
fn built_in() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(given) = std::env::var_os(environment::WORKER).filter(|given| !given.is_empty()) {
        return locate(&given, &path).ok_or_else(|| {
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
    beside.or_else(|| locate(OsStr::new(BUILT_IN), &path)).ok_or_else(|| {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn command_of(worker: &str) -> Command {
        let sweep =
            gainsweep_language::parse(&format!("[worker]\n{worker}\n[params]\nlr = 0.1\n")).expect("a sweep");
        let program = WorkerProgram::find(&sweep, Path::new("/project")).expect("a program").with_cpus(2);
        assert!(program.is_foreign());
        let folder = CellFolder::at(Path::new("/out"));
        program.command(&OneCell { cell: &sweep.cell(0), folder: &folder })
    }

    fn words(command: &Command) -> Vec<String> {
        let all = std::iter::once(command.get_program()).chain(command.get_args());
        all.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_command_of_the_contract() {
        let command = command_of("command = [\"sh\", \"a b.sh\"]");
        let expected = ["sh", "a b.sh", "train", "--params", "/out/params.toml", "--out", "/out"];
        assert_eq!(words(&command), expected);
        assert_eq!(command.get_current_dir(), Some(Path::new("/project")));
    }

    #[test]
    fn with_placeholders_nothing_is_appended() {
        let command = command_of("command = \"venv/bin/python train.py --lr {lr} --out={out}\"");
        assert_eq!(words(&command), ["/project/venv/bin/python", "train.py", "--lr", "0.1", "--out=/out"]);
        let variable =
            |name: &str| command.get_envs().find(|(key, _)| *key == name).and_then(|(_, value)| value);
        assert_eq!(variable("GAINSWEEP_CPUS"), Some(OsStr::new("2")));
        assert_eq!(variable("OMP_NUM_THREADS").is_some(), std::env::var_os("OMP_NUM_THREADS").is_none());
    }

    #[test]
    fn setup_runs_before_the_program_in_the_same_shell() {
        let say = |setup: &str| {
            let worker = format!("command = \"sh -c 'echo $X {{lr}}'\"\nsetup = {setup}");
            let mut command = command_of(&worker);
            let output = command.current_dir("/").output().expect("it starts");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        assert_eq!(say("[\"X='a b'\", \"export X\"]"), (Some(0), "a b 0.1".into(), String::new()));
        let (code, said, why) = say("[\"true\", \"false 'x'\", \"echo no\"]");
        assert_eq!(
            (code, said.as_str(), why.as_str()),
            (Some(1), "", "set-up failed with exit code 1: false 'x'")
        );
        let (code, _, why) = say("[\"if then\"]");
        assert_eq!(code, Some(1));
        assert!(why.ends_with("set-up failed with exit code 2: if then"), "{why}");
    }
}
