//! Slurm, through its command-line tools.
//!
//! All of Slurm's terms are here: commands, options, output formats, states, reasons, names of the
//! environment, batch scripts. [`Slurm`] has one method for each question.

mod accounting;
mod ceilings;
mod environment;
mod limits;
mod program;
mod query;
mod queue;
mod reason;
pub mod script;
mod state;
mod submit;
mod tasks;

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use limits::Collected;
use program::{NAME, SACCT, SBATCH, SCANCEL, SCONTROL, SQUEUE, SRUN, WHERE_TO};
use query::is_a_hidden_failure;

use crate::command::{Answer, Call, NoAnswer, words};
use crate::{
    Accounting, BadJob, Destination, JobDescription, JobId, Limits, LogFolder, OwnTask, QueryError, QueueRow,
    Refusal, Scheduler, Share, SubmitError, SubmitOptions, TaskId, Tasks,
};

/// Longer lists of names or jobs are not passed as arguments: the system allows 128 KiB for one.
const MOST_ARGUMENT_BYTES: usize = 100_000;
/// Accounting is read from this many seconds earlier than asked, because two clocks may differ.
const CLOCK_DIFFERENCE: i64 = 300;

/// So long sbatch may try by itself while the queue is full. Then it is for the next wave.
const FULL_QUEUE_PATIENCE: Duration = Duration::from_secs(20);

/// Makes sbatch print only the job's number.
const ANSWER_SHORTLY: &str = "--parsable";

/// Runs Slurm's commands and reads their answers.
///
/// Each command has a time limit, because Slurm's commands may hang for minutes. It runs in an environment
/// without the variables that would change its answer, and is killed when this program dies.
#[derive(Debug)]
pub struct Slurm {
    /// The longest wait for an answer to a question: 60 s.
    pub query_timeout: Duration,
    /// The longest wait for sbatch: 150 s, because sbatch itself sleeps 120 s when the cluster's list of jobs
    /// is full.
    pub submit_timeout: Duration,
    environment: Vec<(OsString, OsString)>,
    calls: Mutex<Vec<String>>,
}

impl Default for Slurm {
    fn default() -> Slurm {
        Slurm::new()
    }
}

impl Slurm {
    /// The Slurm of this machine, found on `PATH`.
    pub fn new() -> Slurm {
        Slurm {
            query_timeout: Duration::from_mins(1),
            submit_timeout: Duration::from_secs(150),
            environment: Vec::new(),
            calls: Mutex::new(Vec::new()),
        }
    }

    /// The same with a variable set for its commands; `PATH` decides where they are found.
    #[must_use]
    pub fn with_environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Slurm {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Runs sbatch for a script, with options before it.
    ///
    /// This environment does not change the job's options, except where it is sent (`SBATCH_ACCOUNT`,
    /// `SBATCH_PARTITION` and others that sites set), and these only if the script does not set them. The job
    /// inherits this environment: no variable is set for it here.
    ///
    /// # Errors
    /// [`SubmitError`] tells whether something was submitted, or that this is unknown.
    pub fn sbatch(&self, script: &Path, arguments: &[OsString]) -> Result<JobId, SubmitError> {
        submit::judge(&self.run_sbatch(ANSWER_SHORTLY, script, arguments)?)
    }

    /// Asks whether and when the script could run, without submitting anything. Returns Slurm's message.
    ///
    /// # Errors
    /// [`SubmitError`]; never [`SubmitError::Uncertain`].
    pub fn test_only(&self, script: &Path, arguments: &[OsString]) -> Result<String, SubmitError> {
        let certain = |error| {
            let SubmitError::Uncertain { message } = error else { return error };
            SubmitError::Unreachable { scheduler: NAME, message }
        };
        let answer = self.run_sbatch("--test-only", script, arguments).map_err(certain)?;
        if answer.is_fine() {
            return Ok(answer.complaint());
        }
        let error = submit::failure(&answer);
        if let SubmitError::Uncertain { message } = &error
            && message.contains("allocation failure")
        {
            let (kind, message) = (Refusal::Resources, message.clone());
            return Err(SubmitError::Refused { scheduler: NAME, kind, message });
        }
        Err(certain(error))
    }

    fn run_sbatch(&self, mode: &str, script: &Path, arguments: &[OsString]) -> Result<Answer, SubmitError> {
        let mut all = words([mode]);
        all.extend_from_slice(arguments);
        // A relative path may begin like an option.
        all.push(std::path::absolute(script).unwrap_or_else(|_| script.into()).into());
        let text = fs_err::read_to_string(script).unwrap_or_default();
        let said = |option: &str| {
            let long = format!("--{option}");
            let in_script =
                text.lines().filter(|line| line.starts_with("#SBATCH")).any(|line| line.contains(&long));
            in_script || arguments.iter().any(|argument| argument.to_string_lossy().starts_with(&long))
        };
        let keep: Vec<&str> =
            WHERE_TO.iter().filter(|(_, option)| !said(option)).map(|(name, _)| *name).collect();
        let timeout = self.submit_timeout;
        // Do not set a locale or formats: sbatch passes its environment to the job.
        self.call(SBATCH, &all, timeout, &[], &keep).map_err(|reason| submit::of_no_answer(timeout, reason))
    }

    /// Asks, and fails on any answer but success.
    fn ask(&self, program: &str, arguments: &[OsString]) -> Result<Answer, QueryError> {
        checked(program, self.answer(program, arguments)?)
    }

    fn answer(&self, program: &str, arguments: &[OsString]) -> Result<Answer, QueryError> {
        let readable = [("LC_ALL", "C"), ("SLURM_TIME_FORMAT", "%s"), ("SLURM_BITSTR_LEN", "0")];
        self.call(program, arguments, self.query_timeout, &readable, &[])
            .map_err(|reason| query::of_no_answer(program, self.query_timeout, reason))
    }

    fn call(
        &self,
        program: &str,
        arguments: &[OsString],
        timeout: Duration,
        settings: &[(&str, &str)],
        keep: &[&str],
    ) -> Result<Answer, NoAnswer> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(program.to_string());
        let mut environment: Vec<(OsString, OsString)> =
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        environment.extend_from_slice(&self.environment);
        let is_in_the_way = program::is_in_the_way;
        // Only sbatch does so, for two minutes.
        let tries_again = Some(("sleeping and retrying", FULL_QUEUE_PATIENCE));
        Call { program, arguments, timeout, tries_again, environment: &environment, keep, is_in_the_way }
            .run()
    }
}

impl Scheduler for Slurm {
    fn name(&self) -> &'static str {
        NAME
    }

    fn script(&self, job: &JobDescription) -> Result<String, BadJob> {
        script::of_job(job).render().map_err(|error| BadJob(error.to_string()))
    }

    fn log_folder(&self, folder: &Path) -> Result<LogFolder, BadJob> {
        let text = folder.to_str().ok_or_else(|| BadJob(format!("{} is not UTF-8", folder.display())))?;
        script::log_path(text).map(LogFolder).map_err(|error| BadJob(error.to_string()))
    }

    fn command_line(&self, path: &Path, options: &SubmitOptions) -> String {
        let options = submit::long_options(options).into_iter();
        let options =
            options.map(|(name, value)| format!("--{name}={}", script::shell_quote(value.as_ref())));
        let words = [SBATCH.to_string(), ANSWER_SHORTLY.to_string()].into_iter().chain(options);
        words.chain([script::shell_quote(path.as_os_str())]).collect::<Vec<_>>().join(" ")
    }

    fn submit(&self, script: &Path, options: &SubmitOptions) -> Result<JobId, SubmitError> {
        let options = submit::long_options(options).into_iter();
        let arguments: Vec<OsString> =
            options.map(|(name, value)| format!("--{name}={value}").into()).collect();
        self.sbatch(script, &arguments)
    }

    fn would_accept(&self, script: &Path) -> Result<(), SubmitError> {
        self.test_only(script, &[]).map(drop)
    }

    fn cancel(&self, tasks: &[TaskId]) -> Result<(), QueryError> {
        let targets: Vec<String> = tasks.iter().map(TaskId::to_string).collect();
        let mut rest = targets.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|target| {
                bytes += target.len() + 1;
                bytes <= MOST_ARGUMENT_BYTES
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            self.ask(SCANCEL, &words(now))?;
            rest = later;
        }
        Ok(())
    }

    fn requeue(&self, task: TaskId) -> Result<(), QueryError> {
        self.ask(SCONTROL, &words(["requeue", &task.to_string()])).map(drop)
    }

    fn queue(&self, names: &[String]) -> Result<Vec<QueueRow>, QueryError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let format = format!("--Format={}", queue::format_argument());
        let mut arguments = words(["--noheader", "--states=all"]);
        arguments.push(by_names(names));
        arguments.push(format.into());
        let answer = self.ask(SQUEUE, &arguments)?;
        let mut rows = queue::parse(&answer.stdout)?;
        rows.retain(|row| names.contains(&row.name));
        Ok(rows)
    }

    fn accounting(&self, names: &[String], since: Timestamp) -> Result<Accounting, QueryError> {
        if names.is_empty() {
            return Ok(Accounting::Rows(Vec::new()));
        }
        let age = Timestamp::now().as_second().saturating_sub(since.as_second()).max(0) + CLOCK_DIFFERENCE;
        let mut arguments = words(["--noheader", "--duplicates", "--allocations", "--parsable2"]);
        arguments.push(format!("--delimiter={}", queue::SEPARATOR).into());
        arguments.push(format!("--starttime=now-{age}seconds").into());
        arguments.push(format!("--format={}", accounting::FIELDS).into());
        arguments.push(by_names(names));
        let answer = self.answer(SACCT, &arguments)?;
        if !answer.is_fine() && accounting::is_off(&answer) {
            return Ok(Accounting::Off);
        }
        let mut rows = accounting::parse(&checked(SACCT, answer)?.stdout)?;
        rows.retain(|row| names.contains(&row.name));
        Ok(Accounting::Rows(rows))
    }

    fn is_live(&self, TaskId { job, task }: TaskId) -> Result<bool, QueryError> {
        let mut arguments = words(["--noheader", "--states=all"]);
        arguments.push(format!("--jobs={job}").into());
        arguments.push(format!("--Format={}", queue::format_argument()).into());
        let answer = self.answer(SQUEUE, &arguments)?;
        if !answer.is_fine() && answer.complaint().to_lowercase().contains("invalid job id specified") {
            return Ok(false);
        }
        let rows = queue::parse(&checked(SQUEUE, answer)?.stdout)?;
        // A number may also belong to a single task: squeue then answers with the row of that task, in
        // another array.
        for row in rows.iter().filter(|row| row.job == job.0) {
            let it = match (task, &row.tasks) {
                (None, _) => Some(true),
                (Some(_), Tasks::None) => Some(false),
                (Some(task), tasks) => tasks.contains(task),
            };
            if row.state.is_live() && it == Some(true) {
                return Ok(true);
            }
            if row.state.is_live() && it.is_none() {
                return Err(query::unreadable(SQUEUE, &format!("{} {:?} {}", row.job, row.tasks, row.state)));
            }
        }
        Ok(false)
    }

    fn limits(&self, destination: &Destination) -> Result<Limits, QueryError> {
        self.ask_for_limits(destination)
    }

    fn queued_tasks(&self) -> Result<u64, QueryError> {
        let mut arguments = words(["--noheader"]);
        arguments.push(of_this_user());
        arguments.push(format!("--Format={}", queue::count_argument()).into());
        let answer = self.ask(SQUEUE, &arguments)?;
        if let Some(count) = queue::count(&answer.stdout)? {
            return Ok(count);
        }
        // A list was cut short: ask again with one line a task, which is never cut.
        arguments.push("--array".into());
        let answer = self.ask(SQUEUE, &arguments)?;
        queue::count(&answer.stdout)?.ok_or_else(|| query::unreadable(SQUEUE, "[...]"))
    }

    fn launcher(&self, Share { nodes, processes, cpus, shared }: Share) -> Vec<String> {
        let mut words = vec![SRUN.to_string(), format!("--ntasks={processes}")];
        words.extend(nodes.map(|nodes| format!("--nodes={nodes}")));
        words.push(format!("--cpus-per-task={cpus}"));
        // One rank that ends badly ends the others, and steps side by side take no more than their share.
        words.push("--kill-on-bad-exit=1".into());
        words.extend(shared.then(|| "--exact".to_string()));
        words
    }

    fn cluster(&self) -> Result<Option<String>, QueryError> {
        Ok(Collected::of_config(&self.ask(SCONTROL, &words(["show", "config"]))?.stdout).cluster)
    }

    fn own_task(&self) -> Option<OwnTask> {
        environment::own_task(|name| std::env::var(name).ok())
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Accepts a successful answer.
fn checked(program: &str, answer: Answer) -> Result<Answer, QueryError> {
    if is_a_hidden_failure(&answer) {
        return Err(QueryError::Unreachable { scheduler: NAME, message: answer.complaint() });
    }
    if answer.is_fine() { Ok(answer) } else { Err(query::of_failure(program, &answer)) }
}

/// Asks for these names, or for all jobs of this user if the names are too long for an argument.
fn by_names(names: &[String]) -> OsString {
    let list = names.join(",");
    if list.len() > MOST_ARGUMENT_BYTES { of_this_user() } else { format!("--name={list}").into() }
}

fn of_this_user() -> OsString {
    format!("--user={}", rustix::process::getuid().as_raw()).into()
}
