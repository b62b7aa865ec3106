//! The commands: which one is meant, what goes wrong with it, and what it says.

mod control;
mod database;
mod filter;
mod queue;
mod sacct;
mod sbatch;
mod scancel;
mod scontrol;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::Signal;

pub(crate) use control::{fail_node, resolve, wish};
pub(crate) use filter::Target;

use crate::fault::{Fault, take};
use crate::folder::Folder;
use crate::program::{FOLDER_VARIABLE, Program, RUNNER};
use crate::runner;
use crate::state::State;

/// What a command prints and how it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: u8,
}

impl Said {
    pub(crate) fn fine(stdout: impl Into<String>) -> Said {
        Said { stdout: stdout.into(), ..Said::default() }
    }

    pub(crate) fn failed(stderr: impl Into<String>) -> Said {
        let mut stderr: String = stderr.into();
        stderr.push('\n');
        Said { stderr, code: 1, ..Said::default() }
    }

    fn with_code(self, code: u8) -> Said {
        Said { code, ..self }
    }
}

/// One call of a command.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) program: Program,
    pub(crate) folder: &'a Folder,
    pub(crate) arguments: &'a [String],
    pub(crate) fault: Option<&'a Fault>,
    /// Bytes that there are for a list of tasks; 0: any number.
    pub(crate) list_length: usize,
    /// Times as seconds since 1970.
    pub(crate) epochs: bool,
}

/// Does what the name that this program was called by demands.
pub fn run() -> ExitCode {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let called = words.next().unwrap_or_default();
    let arguments: Vec<String> = words.collect();
    let Some(path) = std::env::var_os(FOLDER_VARIABLE) else {
        let text = format!("fatal: Could not establish a configuration source: {FOLDER_VARIABLE} is not set");
        return print(&Said::failed(text));
    };
    let folder = Folder::new(Path::new(&path));
    if called == RUNNER {
        return if runner::run(&folder).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let Some(program) = Program::of_call(Path::new(&called)) else {
        let names = Program::ALL.map(Program::name).join(", ");
        return print(&Said::failed(format!("call this by a link named after one of {names}")));
    };
    match call(program, &folder, &arguments) {
        Ok(said) => print(&said),
        Err(error) => {
            print(&Said::failed(format!("fatal: Could not establish a configuration source: {error}")))
        }
    }
}

fn print(said: &Said) -> ExitCode {
    // Whoever closed the pipe does not want to know.
    let _ = io::stdout().write_all(said.stdout.as_bytes());
    let _ = io::stderr().write_all(said.stderr.as_bytes());
    ExitCode::from(said.code)
}

fn call(program: Program, folder: &Folder, arguments: &[String]) -> io::Result<Said> {
    folder.note_call(program.name(), arguments)?;
    let mut fault = None;
    folder.change_if(|state| {
        fault = take(&mut state.faults, program);
        fault.is_some()
    })?;
    match &fault {
        Some(Fault::HangBefore { seconds }) => {
            std::thread::sleep(Duration::from_secs_f64(*seconds));
            return Ok(broken(program, "Socket timed out on send/recv operation"));
        }
        Some(Fault::TimedOutBefore) => return Ok(broken(program, "Socket timed out on send/recv operation")),
        Some(Fault::Empty) => return Ok(Said::default()),
        Some(Fault::ErrorAtExitZero(text)) => return Ok(Said::failed(text.as_str()).with_code(0)),
        Some(Fault::AuthenticationDown) => return Ok(broken(program, "Protocol authentication error")),
        Some(Fault::Away) => return Ok(away(program)),
        Some(Fault::Say { stdout, stderr, code }) => {
            return Ok(Said { stdout: stdout.clone(), stderr: stderr.clone(), code: *code });
        }
        _ => {}
    }
    let list_length =
        std::env::var("SLURM_BITSTR_LEN").ok().and_then(|length| length.parse().ok()).unwrap_or(64);
    let epochs = std::env::var("SLURM_TIME_FORMAT").is_ok_and(|format| format == "%s");
    let cut = matches!(fault, Some(Fault::TruncatedRanges));
    let list_length = if cut { 8 } else { list_length };
    let context = Context { program, folder, arguments, fault: fault.as_ref(), list_length, epochs };
    let mut said = context.work()?;
    match &fault {
        Some(Fault::HangAfter { seconds }) => std::thread::sleep(Duration::from_secs_f64(*seconds)),
        Some(Fault::TimedOutAfter) => return Ok(broken(program, "Socket timed out on send/recv operation")),
        Some(Fault::KilledAfter) => {
            let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
        }
        Some(Fault::ClusterName(name)) if said.code == 0 => {
            said.stdout = format!("{};{name}\n", said.stdout.trim_end());
        }
        Some(Fault::Chatter { before, after }) => said.stdout = format!("{before}{}{after}", said.stdout),
        _ => {}
    }
    Ok(said)
}

impl Context<'_> {
    fn work(&self) -> io::Result<Said> {
        match self.program {
            Program::Sbatch => sbatch::sbatch(self),
            Program::Squeue => Ok(queue::squeue(self, &self.state()?)),
            Program::Sacct => Ok(sacct::sacct(self, &self.state()?)),
            Program::Sacctmgr => Ok(database::sacctmgr(self, &self.state()?)),
            Program::Scancel => scancel::scancel(self),
            Program::Scontrol => scontrol::scontrol(self),
        }
    }

    fn state(&self) -> io::Result<State> {
        let mut state = self.folder.read()?;
        state.forget(crate::state::now());
        Ok(state)
    }

    /// A state's word, unless it is to be unreadable.
    pub(crate) fn word(&self, state: &str) -> String {
        match self.fault {
            Some(Fault::State(word)) => word.clone(),
            _ => state.to_string(),
        }
    }

    /// A moment as the commands write it.
    pub(crate) fn time(&self, seconds: Option<f64>, unknown: &str) -> String {
        match seconds.filter(|seconds| *seconds > 0.0) {
            None => unknown.to_string(),
            Some(seconds) if self.epochs => format!("{}", seconds as i64),
            Some(seconds) => jiff::Timestamp::from_second(seconds as i64).map_or_else(
                |_| unknown.to_string(),
                |time| time.to_string().trim_end_matches('Z').to_string(),
            ),
        }
    }
}

/// A call that got no further than this error of the connection.
fn broken(program: Program, error: &str) -> Said {
    Said::failed(match program {
        Program::Sbatch => format!("sbatch: error: Batch job submission failed: {error}"),
        Program::Squeue => format!("slurm_load_jobs error: {error}"),
        Program::Scancel => format!("scancel: error: Kill job error on job id 1: {error}"),
        Program::Scontrol => format!("slurm_load_ctl_conf error: {error}"),
        Program::Sacct | Program::Sacctmgr => format!("{}: error: {error}", program.name()),
    })
}

fn away(program: Program) -> Said {
    match program {
        Program::Sacct | Program::Sacctmgr => Said::failed(format!(
            "{}: error: Problem talking to the database: Connection refused",
            program.name()
        )),
        Program::Scancel => {
            broken(program, "Unable to contact slurm controller (connect failure)").with_code(8)
        }
        _ => broken(program, "Unable to contact slurm controller (connect failure)"),
    }
}
