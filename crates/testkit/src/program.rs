//! Starts the programs of this workspace as a user would, and collects their output.

use std::borrow::BorrowMut;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gainsweep_contract::environment;
use rustix::process::{Pid, Signal};

use crate::folder::Folder;

/// The path of a program that cargo built beside the calling test.
///
/// # Panics
/// If it is missing.
pub fn built(name: &str) -> PathBuf {
    let path = beside_the_tests().join(name);
    assert!(
        path.is_file(),
        "{} is missing: build it in the profile of the tests, with `cargo build --workspace`",
        path.display()
    );
    path
}

/// The folder of cargo's programs.
pub fn beside_the_tests() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    test.parent().and_then(Path::parent).expect("a test lies two folders deep").to_path_buf()
}

/// A program with arguments, in an environment that does not depend on the caller.
pub fn command<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    for name in [
        environment::RESULTS,
        environment::WORKER,
        environment::NETWORKS,
        environment::CHECKPOINT_SECONDS,
        environment::TENSORBOARD,
        environment::LOG,
        environment::NO_COLOR,
        environment::KILL_AT_STEP,
    ] {
        command.env_remove(name);
    }
    command
}

/// The same, started by `bash` after `setup`, for example `ulimit -f 8`.
pub fn command_after<S: AsRef<OsStr>>(setup: &str, program: &Path, arguments: &[S]) -> Command {
    let mut shell = command("bash", &["-c".to_string(), format!("{setup}; exec \"$0\" \"$@\"")]);
    shell.arg(program).args(arguments);
    shell
}

impl Folder {
    /// `gainsweep` with arguments, for this folder.
    pub fn gainsweep<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = command(built("gainsweep"), arguments);
        command.current_dir(self.root()).env("XDG_CONFIG_HOME", self.path("config"));
        command
    }
}

/// The output of a program, and how it ended.
#[derive(Clone, Debug)]
pub struct Said {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    fn new(output: Output) -> Said {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let said =
            Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        // The exit code 101 is a panic whose message was lost.
        for sign in ["panicked", "RUST_BACKTRACE", "internal error"] {
            assert!(!said.stderr.contains(sign), "a panic reached the user: {said:?}");
        }
        assert_ne!(said.code, Some(101), "a panic: {said:?}");
        said
    }

    /// Checks the exit code, and that stderr contains all of `parts`.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "it asserts, and most tests want no more")]
    pub fn expect(self, code: i32, parts: &[&str]) -> Said {
        assert_eq!(self.code, Some(code), "{}{}", self.stderr, self.stdout);
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is not in: {}", self.stderr);
        }
        self
    }

    /// Parses stdout as one JSON value.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// Runs a program until it ends.
#[track_caller]
pub fn run(mut command: impl BorrowMut<Command>) -> Said {
    let command = command.borrow_mut();
    Said::new(command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")))
}

/// Starts a program that the test will interrupt.
#[track_caller]
pub fn start(mut command: impl BorrowMut<Command>) -> Child {
    let command = command.borrow_mut().stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Sends a signal; the process may have ended by itself.
pub fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Waits for a started program to end.
#[track_caller]
pub fn end(child: Child) -> Said {
    Said::new(child.wait_with_output().expect("it ends"))
}
