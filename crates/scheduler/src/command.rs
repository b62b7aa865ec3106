//! Runs one command of a batch system: with a time limit, a clean environment, and an end when we end.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// What a command said.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Which program.
    pub(crate) program: String,
    /// Its standard output; bytes that are no text are replaced.
    pub(crate) stdout: String,
    /// Its standard error, likewise.
    pub(crate) stderr: String,
    /// Its exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
}

impl Answer {
    /// Did it exit with 0?
    pub(crate) fn is_fine(&self) -> bool {
        self.code == Some(0)
    }

    /// Its error message on one line, without its own name in front; from stdout if stderr is empty.
    pub(crate) fn complaint(&self) -> String {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> =
            text.lines().map(|line| bare(&self.program, line)).filter(|line| !line.is_empty()).collect();
        match (lines.is_empty(), self.code, self.signal) {
            (false, _, _) => lines.join("; "),
            (true, Some(code), _) => format!("no message, exit code {code}"),
            (true, None, signal) => format!("killed by signal {}", signal.unwrap_or_default()),
        }
    }
}

/// A line without the program's name (`program: error: `) and the like.
fn bare<'a>(program: &str, line: &'a str) -> &'a str {
    let mut line = line.trim();
    for start in [program, "error", "fatal"] {
        line = line.strip_prefix(start).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(line);
    }
    line
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// It cannot be started.
    NotStarted(io::Error),
    /// It was still running at the time limit and was killed.
    TimedOut,
    /// It said that it tries again and again, and was killed: its message.
    KeptTrying(String),
    /// Waiting for it failed; what it did is unknown.
    Lost(io::Error),
}

/// A command with its arguments and time limit.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The program's name.
    pub(crate) program: &'a str,
    /// Its arguments.
    pub(crate) arguments: &'a [OsString],
    /// After this time it is killed.
    pub(crate) timeout: Duration,
    /// If its error output has these words for so long, it is killed: it tries again by itself what we can say sooner.
    pub(crate) tries_again: Option<(&'a str, Duration)>,
    /// Variables to set, after the environment is cleaned.
    pub(crate) environment: &'a [(OsString, OsString)],
    /// Variables to keep that cleaning would remove.
    pub(crate) keep: &'a [&'a str],
    /// Must this variable be cleaned away?
    pub(crate) is_in_the_way: fn(&str) -> bool,
}

impl Call<'_> {
    /// Runs it to its end or its time limit.
    pub(crate) fn run(&self) -> Result<Answer, NoAnswer> {
        let began = Instant::now();
        let outcome =
            self.start().map_err(NoAnswer::NotStarted).and_then(|started| self.attend(started, began));
        let took = began.elapsed();
        match &outcome {
            Ok(answer) => tracing::debug!(
                program = self.program,
                arguments = self.arguments.len(),
                code = answer.code,
                bytes = answer.stdout.len(),
                ?took,
                stderr = answer.stderr.trim(),
                "called"
            ),
            Err(error) => tracing::debug!(program = self.program, ?error, ?took, "no answer"),
        }
        outcome
    }

    /// Who collects its output is there first: nothing has run when the system has no thread left.
    fn start(&self) -> io::Result<Started> {
        let (stdout, to_stdout) = Collector::start()?;
        let (stderr, to_stderr) = Collector::start()?;
        let mut command = Command::new(self.program);
        command.args(self.arguments).stdin(Stdio::null()).stdout(to_stdout).stderr(to_stderr);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if (self.is_in_the_way)(&text) && !self.keep.contains(&text.as_ref()) {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Its own process group: a site's wrapper and the real command are killed together, and Ctrl-C
        // reaches only us.
        command.process_group(0);
        end_with_us(&mut command);
        Ok(Started { child: command.spawn()?, stdout, stderr })
    }

    fn attend(&self, started: Started, began: Instant) -> Result<Answer, NoAnswer> {
        let Started { mut child, stdout, stderr } = started;
        let deadline = || match self.tries_again {
            Some((words, patience)) if stderr.so_far().contains(words) => began + patience.min(self.timeout),
            _ => began + self.timeout,
        };
        let status = match wait(&mut child, deadline) {
            Ok(Some(status)) => status,
            Ok(None) => {
                end(&mut child);
                let said = stderr.so_far();
                let again = self.tries_again.is_some_and(|(words, _)| said.contains(words));
                return Err(if again { NoAnswer::KeptTrying(said) } else { NoAnswer::TimedOut });
            }
            Err(error) => {
                end(&mut child);
                return Err(NoAnswer::Lost(error));
            }
        };
        // A process that the command left behind may keep its pipes open; the command's own output has
        // arrived by now.
        let patience = Instant::now() + Duration::from_secs(2);
        Ok(Answer {
            program: self.program.into(),
            stdout: stdout.text(patience),
            stderr: stderr.text(patience),
            code: status.code(),
            signal: status.signal(),
        })
    }
}

/// Waits until the deadline at most, which may come nearer. Short pauses first: most calls take five milliseconds.
fn wait(child: &mut Child, deadline: impl Fn() -> Instant) -> io::Result<Option<ExitStatus>> {
    let mut nap = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = deadline().saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(nap.min(left));
        nap = (nap * 3 / 2).min(Duration::from_millis(20));
    }
}

/// Kills the command and everything it started, and reaps it.
fn end(child: &mut Child) {
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// A command must not outlive us: nobody would record its submission.
#[cfg(target_os = "linux")]
fn end_with_us(command: &mut Command) {
    let us = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the line above.
        if rustix::process::getppid() == Some(us) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec the closure makes two system calls and neither allocates nor takes a lock.
    #[expect(unsafe_code, reason = "the only way to run something between fork and exec")]
    unsafe {
        command.pre_exec(prepare);
    }
}

/// Other systems have no such signal.
#[cfg(not(target_os = "linux"))]
fn end_with_us(_: &mut Command) {}

/// A command that runs, and who collects its output.
struct Started {
    child: Child,
    stdout: Collector,
    stderr: Collector,
}

/// Reads a pipe on its own thread, so that a long answer never blocks the command.
struct Collector {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: std::thread::JoinHandle<()>,
}

impl Collector {
    /// Starts to read; what is written into the pipe is collected.
    fn start() -> io::Result<(Collector, io::PipeWriter)> {
        let (mut pipe, writer) = io::pipe()?;
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let ours = Arc::clone(&bytes);
        let collect = move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match pipe.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(count) => {
                        ours.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .extend_from_slice(&buffer[..count]);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        };
        let thread = std::thread::Builder::new().name("output".into()).spawn(collect)?;
        Ok((Collector { bytes, thread }, writer))
    }

    fn text(self, patience: Instant) -> String {
        while !self.thread.is_finished() && Instant::now() < patience {
            std::thread::sleep(Duration::from_micros(200));
        }
        self.so_far()
    }

    fn so_far(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Words as arguments.
pub(crate) fn words<T: AsRef<OsStr>>(list: impl IntoIterator<Item = T>) -> Vec<OsString> {
    list.into_iter().map(|word| word.as_ref().to_os_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, timeout: Duration) -> Result<Answer, NoAnswer> {
        let arguments = words(["-c", script]);
        Call {
            program: "sh",
            arguments: &arguments,
            timeout,
            tries_again: Some(("sleeping and retrying", Duration::from_millis(50))),
            environment: &[],
            keep: &[],
            is_in_the_way: |_| false,
        }
        .run()
    }

    #[test]
    fn a_command_that_tries_again_and_again_is_ended() {
        let began = Instant::now();
        let kept = run("echo full, sleeping and retrying >&2; sleep 30", Duration::from_secs(20));
        assert!(matches!(kept, Err(NoAnswer::KeptTrying(said)) if said.contains("full")));
        assert!(began.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn both_outputs_and_the_code_come_back_however_long() {
        let answer = run("head -c 300000 /dev/zero; echo sorry >&2; exit 7", Duration::from_secs(20));
        let answer = answer.expect("an answer");
        assert_eq!((answer.stdout.len(), answer.stderr.as_str(), answer.code), (300_000, "sorry\n", Some(7)));
    }

    #[test]
    fn what_hangs_is_ended_with_all_it_started() {
        let began = Instant::now();
        let outcome = run("sleep 60 & sleep 60", Duration::from_millis(200));
        assert!(matches!(outcome, Err(NoAnswer::TimedOut)), "{outcome:?}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn who_stays_behind_with_the_pipes_holds_nobody_up_for_long() {
        let began = Instant::now();
        let answer = run("echo 7; sleep 30 &", Duration::from_secs(20)).expect("an answer");
        assert_eq!(answer.stdout, "7\n");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_program_that_is_not_there_is_told_apart() {
        let call = Call {
            program: "no-such-program-of-slurm",
            arguments: &[],
            timeout: Duration::from_secs(5),
            tries_again: None,
            environment: &[],
            keep: &[],
            is_in_the_way: |_| false,
        };
        assert!(matches!(call.run(), Err(NoAnswer::NotStarted(_))));
    }

    #[test]
    fn a_complaint_is_one_line_without_the_programs_name() {
        let answer = Answer {
            program: "sbatch".into(),
            stdout: String::new(),
            stderr: "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: no\n"
                .into(),
            code: Some(1),
            signal: None,
        };
        assert_eq!(answer.complaint(), "AssocMaxSubmitJobLimit; Batch job submission failed: no");
    }
}
