//! A batch system in memory: a second implementation of [`Scheduler`]. It shows that the trait needs nothing
//! that only Slurm has. It has no processes, files or waiting: a test sets the states of tasks.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gainsweep_scheduler::{
    Accounting, AccountingRow, BadJob, Destination, JobDescription, JobId, Limits, LogFolder, OwnTask,
    QueryError, QueueRow, Refusal, Scheduler, Share, SubmitError, SubmitOptions, TaskId, TaskState, Tasks,
};
use jiff::Timestamp;

const NAME: &str = "the fake scheduler";

/// What happens to a submission that is not simply accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitFault {
    /// It is refused.
    Refuse(Refusal),
    /// It is accepted, but the answer is lost.
    LoseAnswer,
    /// The request is lost, and nobody knows.
    LoseRequest,
}

/// A batch system that a test controls.
#[derive(Debug, Default)]
pub struct FakeScheduler {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    max_array_size: Option<u32>,
    max_submit: Option<u64>,
    no_accounting: bool,
    away: bool,
    faults: VecDeque<SubmitFault>,
    jobs: Vec<Job>,
    own_task: Option<OwnTask>,
    calls: Vec<String>,
}

#[derive(Debug)]
struct Job {
    id: JobId,
    options: SubmitOptions,
    tasks: Vec<Task>,
}

#[derive(Clone, Debug)]
struct Task {
    state: TaskState,
    restarts: u32,
    end: Option<Timestamp>,
    exit_code: i32,
}

impl FakeScheduler {
    /// An empty one, without limits.
    pub fn new() -> FakeScheduler {
        FakeScheduler::default()
    }

    /// Sets the most tasks of an array.
    pub fn limit_array_size(&self, most: u32) {
        self.state().max_array_size = Some(most);
    }

    /// Sets the most tasks in the queue.
    pub fn limit_tasks(&self, most: u64) {
        self.state().max_submit = Some(most);
    }

    /// Disables accounting.
    pub fn keep_no_accounts(&self) {
        self.state().no_accounting = true;
    }

    /// Stops answering, or answers again.
    pub fn be_away(&self, away: bool) {
        self.state().away = away;
    }

    /// Sets the fault of the next submission that has none yet.
    pub fn fail_next(&self, fault: SubmitFault) {
        self.state().faults.push_back(fault);
    }

    /// Lets this process run in that task.
    pub fn run_in(&self, task: OwnTask) {
        self.state().own_task = Some(task);
    }

    /// The accepted submissions so far, in order.
    pub fn submitted(&self) -> Vec<(JobId, SubmitOptions)> {
        self.state().jobs.iter().map(|job| (job.id, job.options.clone())).collect()
    }

    /// Sets the state of a task, or of all tasks of a job.
    ///
    /// # Panics
    /// If there is no such task.
    pub fn put(&self, task: TaskId, state: &TaskState) {
        let end = state.has_ended().then(Timestamp::now);
        let exit_code = i32::from(*state == TaskState::Failed);
        let mut inner = self.state();
        let tasks = inner.tasks_of(task);
        assert!(!tasks.is_empty(), "there is no task {task}");
        for one in tasks {
            *one = Task { state: state.clone(), end, exit_code, restarts: one.restarts };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for a question that may get no answer.
    fn ask(&self, call: &str) -> Result<MutexGuard<'_, State>, QueryError> {
        let mut state = self.state();
        state.calls.push(call.to_string());
        if state.away {
            return Err(QueryError::Unreachable { scheduler: NAME, message: "it is away".into() });
        }
        Ok(state)
    }
}

impl State {
    fn tasks_of(&mut self, TaskId { job, task }: TaskId) -> Vec<&mut Task> {
        let job = self.jobs.iter_mut().filter(|known| known.id == job);
        let tasks = job.flat_map(|job| job.tasks.iter_mut().enumerate());
        tasks
            .filter(|(index, _)| task.is_none_or(|task| *index == task as usize))
            .map(|(_, one)| one)
            .collect()
    }

    fn queued(&self) -> u64 {
        let tasks = self.jobs.iter().flat_map(|job| &job.tasks);
        tasks.filter(|task| task.state.is_live()).count() as u64
    }

    fn accept(&mut self, options: &SubmitOptions) -> Result<JobId, SubmitError> {
        let refused = |kind| {
            let message = format!("no: {kind:?}");
            Err(SubmitError::Refused { scheduler: NAME, kind, message })
        };
        let tasks = options.array.map_or(1, |array| array.tasks);
        if self.max_array_size.is_some_and(|most| tasks > most) {
            return refused(Refusal::ArraySpecification);
        }
        if self.max_submit.is_some_and(|most| self.queued() + u64::from(tasks) > most) {
            return refused(Refusal::SubmitLimit);
        }
        let fault = self.faults.pop_front();
        if let Some(SubmitFault::Refuse(kind)) = fault {
            return refused(kind);
        }
        let id = JobId(self.jobs.len() as u64 + 1);
        if fault != Some(SubmitFault::LoseRequest) {
            let waiting = Task { state: TaskState::Pending, restarts: 0, end: None, exit_code: 0 };
            let tasks = vec![waiting; tasks as usize];
            self.jobs.push(Job { id, options: options.clone(), tasks });
        }
        match fault {
            None => Ok(id),
            Some(_) => Err(SubmitError::Uncertain { message: "the answer was lost".into() }),
        }
    }
}

impl Job {
    /// Waiting tasks as one group; each other task alone.
    fn groups(&self) -> Vec<(Tasks, &Task)> {
        if self.options.array.is_none() {
            return self.tasks.iter().map(|task| (Tasks::None, task)).collect();
        }
        let waits = |task: &Task| task.state == TaskState::Pending && task.restarts == 0;
        let (waiting, others): (Vec<_>, Vec<_>) = (0..).zip(&self.tasks).partition(|(_, task)| waits(task));
        let ranges = waiting.iter().map(|(index, _)| (*index, *index)).collect();
        let group = waiting.first().map(|(_, task)| (Tasks::Ranges(ranges), *task));
        group.into_iter().chain(others.into_iter().map(|(index, task)| (Tasks::One(index), task))).collect()
    }
}

impl Scheduler for FakeScheduler {
    fn name(&self) -> &'static str {
        NAME
    }

    fn script(&self, job: &JobDescription) -> Result<String, BadJob> {
        Ok(format!("{job:#?}\n"))
    }

    fn log_folder(&self, folder: &Path) -> Result<LogFolder, BadJob> {
        Ok(LogFolder(folder.to_string_lossy().into_owned()))
    }

    fn command_line(&self, script: &Path, options: &SubmitOptions) -> String {
        format!("submit {} as {}", script.display(), options.name)
    }

    fn submit(&self, _: &Path, options: &SubmitOptions) -> Result<JobId, SubmitError> {
        let mut state = self.state();
        state.calls.push("submit".into());
        if state.away {
            return Err(SubmitError::Unreachable { scheduler: NAME, message: "it is away".into() });
        }
        state.accept(options)
    }

    fn would_accept(&self, _: &Path) -> Result<(), SubmitError> {
        Ok(())
    }

    fn cancel(&self, tasks: &[TaskId]) -> Result<(), QueryError> {
        let mut state = self.ask("cancel")?;
        for task in tasks {
            for one in state.tasks_of(*task) {
                if one.state.is_live() {
                    (one.state, one.end) = (TaskState::Cancelled, Some(Timestamp::now()));
                }
            }
        }
        Ok(())
    }

    fn requeue(&self, task: TaskId) -> Result<(), QueryError> {
        let mut state = self.ask("requeue")?;
        for one in state.tasks_of(task) {
            *one = Task { state: TaskState::Pending, restarts: one.restarts + 1, end: None, exit_code: 0 };
        }
        Ok(())
    }

    fn queue(&self, names: &[String]) -> Result<Vec<QueueRow>, QueryError> {
        let state = self.ask("queue")?;
        let jobs = state.jobs.iter().filter(|job| names.contains(&job.options.name));
        let row = |job: &Job, (tasks, task): (Tasks, &Task)| QueueRow {
            stuck: None,
            job: job.id.0,
            tasks,
            name: job.options.name.clone(),
            state: task.state.clone(),
            reason: String::new(),
            restarts: Some(task.restarts),
            nodes: String::new(),
        };
        Ok(jobs.flat_map(|job| job.groups().into_iter().map(|group| row(job, group))).collect())
    }

    fn accounting(&self, names: &[String], _: Timestamp) -> Result<Accounting, QueryError> {
        let state = self.ask("accounting")?;
        if state.no_accounting {
            return Ok(Accounting::Off);
        }
        let jobs = state.jobs.iter().filter(|job| names.contains(&job.options.name));
        let row = |job: &Job, (tasks, task): (Tasks, &Task)| AccountingRow {
            remark: "",
            job: job.id.0,
            tasks,
            name: job.options.name.clone(),
            state: task.state.clone(),
            exit_code: task.exit_code,
            signal: 0,
            end: task.end,
            nodes: String::new(),
        };
        let rows = jobs.flat_map(|job| job.groups().into_iter().map(|group| row(job, group)));
        Ok(Accounting::Rows(rows.collect()))
    }

    fn is_live(&self, task: TaskId) -> Result<bool, QueryError> {
        Ok(self.ask("is_live")?.tasks_of(task).iter().any(|one| one.state.is_live()))
    }

    fn limits(&self, _: &Destination) -> Result<Limits, QueryError> {
        let state = self.ask("limits")?;
        let max_array_size = state.max_array_size.unwrap_or(u32::MAX);
        Ok(Limits { max_array_size, max_submit: state.max_submit, ..Limits::default() })
    }

    fn queued_tasks(&self) -> Result<u64, QueryError> {
        Ok(self.ask("queued_tasks")?.queued())
    }

    fn launcher(&self, share: Share) -> Vec<String> {
        vec!["launch".into(), share.processes.to_string()]
    }

    fn cluster(&self) -> Result<Option<String>, QueryError> {
        drop(self.ask("cluster")?);
        Ok(Some(NAME.into()))
    }

    fn own_task(&self) -> Option<OwnTask> {
        self.state().own_task.clone()
    }

    fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }
}

#[cfg(test)]
mod tests {
    use gainsweep_scheduler::Array;

    use super::*;

    fn submission(name: &str, tasks: u32) -> SubmitOptions {
        SubmitOptions {
            name: name.into(),
            array: Some(Array { tasks, at_most: None }),
            logs: LogFolder("logs".into()),
            after: None,
            pause_minutes: None,
        }
    }

    #[test]
    fn a_job_waits_runs_and_ends_as_it_is_told() {
        let fake = FakeScheduler::new();
        let script = Path::new("script");
        let job = fake.submit(script, &submission("a", 3)).expect("accepted");
        let names = ["a".to_string()];
        assert_eq!(fake.queue(&names).expect("an answer")[0].tasks.count(), 3);
        let task = |index| TaskId { job, task: Some(index) };
        fake.put(task(0), &TaskState::Failed);
        fake.requeue(task(1)).expect("requeued");
        fake.cancel(&[task(2)]).expect("cancelled");
        let rows = fake.queue(&names).expect("an answer");
        let states: Vec<TaskState> = rows.into_iter().map(|row| row.state).collect();
        assert_eq!(states, [TaskState::Failed, TaskState::Pending, TaskState::Cancelled]);
        let live = [0, 1, 2].map(|index| fake.is_live(task(index)).expect("an answer"));
        assert_eq!((live, fake.queued_tasks().expect("an answer")), ([false, true, false], 1));
        assert_eq!(fake.queue(&["b".to_string()]).expect("an answer"), []);
    }

    #[test]
    fn it_fails_on_demand() {
        let fake = FakeScheduler::new();
        let script = Path::new("script");
        fake.fail_next(SubmitFault::LoseAnswer);
        assert!(matches!(fake.submit(script, &submission("a", 1)), Err(SubmitError::Uncertain { .. })));
        fake.fail_next(SubmitFault::LoseRequest);
        assert!(matches!(fake.submit(script, &submission("b", 1)), Err(SubmitError::Uncertain { .. })));
        fake.limit_tasks(2);
        let full = fake.submit(script, &submission("c", 2));
        assert!(matches!(full, Err(SubmitError::Refused { kind: Refusal::SubmitLimit, .. })));
        let names: Vec<String> =
            fake.submitted().into_iter().map(|(_, submission)| submission.name).collect();
        assert_eq!(names, ["a"]);
        fake.be_away(true);
        assert!(fake.queue(&names).is_err() && fake.submit(script, &submission("d", 1)).is_err());
    }
}
