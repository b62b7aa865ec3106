//! Waves to a scheduler in memory that fails on demand.

use gainsweep_contract::CellId;
use gainsweep_scheduler::{Array, LogFolder, Refusal, TaskId, TaskState};
use gainsweep_store::submissions::{self, SUBMISSION_FORMAT, Scripts, Submission};
use gainsweep_testkit::fake_scheduler::{FakeScheduler, SubmitFault};

use super::*;

struct Bench {
    place: tempfile::TempDir,
    folder: SweepFolder,
    fake: FakeScheduler,
}

impl Bench {
    fn new() -> Bench {
        let place = tempfile::tempdir().expect("a folder");
        let folder = SweepFolder::new(place.path(), "s");
        for path in [folder.submissions(), folder.logs()] {
            fs_err::create_dir_all(path).expect("made");
        }
        Bench { place, folder, fake: FakeScheduler::new() }
    }

    /// Creates a submission of that many tasks, with one cell each. Nothing is sent.
    fn create(&self, tasks: u32, canary: bool) -> Submitted {
        let submission = Submission {
            format: SUBMISSION_FORMAT,
            name: "gs-s-x".into(),
            sweep: "s".into(),
            created: String::new(),
            host: String::new(),
            arguments: Vec::new(),
            version: String::new(),
            commit: String::new(),
            worker: Vec::new(),
            worker_from: Vec::new(),
            foreign: false,
            root: None,
            code: None,
            tasks,
            cells_at_once: 1,
            at_most: Some(2),
            canary,
            requeue: true,
            seconds: 60,
            memory: 100,
            cpus: 1,
            predicted_core_hours: None,
            same_error_limit: 10,
            attempts: 3,
            launcher: Vec::new(),
            folder: None,
            site: Vec::new(),
        };
        let scripts = Scripts { task: "a script".into(), next: "another".into() };
        let cells: Vec<_> = (0..tasks).map(|task| vec![(u64::from(task), cell(task))]).collect();
        submissions::create(&self.folder.submissions(), &submission, "", &cells, &scripts).expect("laid")
    }

    /// Sends a wave of what waits.
    fn wave(&self) -> Result<Sent, Failure> {
        let (wave, mut evidence) = Wave::begin(&self.fake, &self.folder)?;
        wave.send(&mut evidence, [])
    }

    /// Sends a wave with a new submission.
    fn submit(&self, tasks: u32, canary: bool) -> Result<Sent, Failure> {
        let (wave, mut evidence) = Wave::begin(&self.fake, &self.folder)?;
        wave.send(&mut evidence, std::iter::once_with(|| Ok(self.create(tasks, canary))))
    }

    fn evidence(&self) -> Evidence {
        Evidence::look(&self.folder, &self.fake).expect("looked")
    }

    /// The tasks of all jobs that the scheduler accepted; `None` for the small one between two waves.
    fn accepted(&self) -> Vec<Option<u32>> {
        let jobs = self.fake.submitted();
        jobs.into_iter().map(|(_, options)| options.array.map(|array| array.tasks)).collect()
    }

    fn end(&self, job: u64, state: &TaskState) {
        self.fake.put(TaskId { job: JobId(job), task: None }, state);
    }
}

fn cell(number: u32) -> CellId {
    format!("{number:016x}").parse().expect("an id")
}

fn words(outcome: Result<Sent, Failure>) -> String {
    crate::screen::diagnostics::plain_text(&outcome.expect_err("a failure"))
}

#[test]
fn a_job_is_announced_sent_and_has_a_receipt() {
    let bench = Bench::new();
    let sent = bench.submit(3, false).expect("sent");
    assert_eq!(sent, Sent { jobs: vec![1], ..Sent::default() });
    let evidence = bench.evidence();
    let job = &evidence.sent.submitted[0].jobs[0];
    assert!(matches!(&job.sending, Sending::Sent(receipt) if receipt.job == 1 && !receipt.found));
    let (_, options) = bench.fake.submitted().remove(0);
    assert_eq!(options.name, job.announcement.name);
    assert_eq!(options.array, Some(Array { tasks: 3, at_most: Some(2) }));
    let logs = std::path::absolute(bench.folder.logs()).expect("a path");
    assert_eq!(options.logs, LogFolder(logs.to_string_lossy().into_owned()));
    // Nothing is left to send.
    assert_eq!(bench.wave().expect("nothing to do"), Sent::default());
    assert_eq!(bench.fake.calls().iter().filter(|call| *call == "submit").count(), 1);
}

#[test]
fn a_job_whose_answer_was_lost_is_found_by_its_name() {
    let bench = Bench::new();
    bench.fake.fail_next(SubmitFault::LoseAnswer);
    assert_eq!(bench.submit(3, false).expect("found").jobs, [1]);
    let evidence = bench.evidence();
    assert!(matches!(&evidence.sent.submitted[0].jobs[0].sending, Sending::Sent(receipt) if receipt.found));
    assert_eq!(bench.accepted(), [Some(3)]);
}

#[test]
fn a_job_that_was_lost_itself_is_sent_again_by_the_next_wave() {
    let bench = Bench::new();
    bench.fake.fail_next(SubmitFault::LoseRequest);
    let outcome = words(bench.submit(3, false));
    assert!(outcome.contains("nothing was sent, run this again"), "{outcome}");
    assert_eq!(bench.wave().expect("sent").jobs, [1]);
    assert_eq!(bench.accepted(), [Some(3)]);
}

#[test]
fn what_a_planner_left_open_is_settled_before_anything_is_sent() {
    for was_sent in [true, false] {
        let bench = Bench::new();
        let mut submitted = bench.create(3, false);
        let job = submitted.announce(0, 3, "2026-01-01T00:00:00Z").expect("announced").expect("ours");
        if was_sent {
            let options = SubmitOptions {
                name: job.announcement.name,
                array: Some(Array { tasks: 3, at_most: None }),
                logs: LogFolder(String::new()),
                after: None,
                pause_minutes: None,
            };
            bench.fake.submit(bench.place.path(), &options).expect("accepted");
        }
        let sent = bench.wave().expect("settled");
        assert_eq!(sent.jobs.len(), usize::from(!was_sent));
        assert_eq!(bench.accepted(), [Some(3)], "once, and not twice");
        assert_eq!(bench.evidence().sent.job_numbers(), [1]);
    }
}

#[test]
fn a_wave_keeps_the_limits_and_a_small_job_sends_the_next_one() {
    let bench = Bench::new();
    bench.fake.limit_array_size(2);
    bench.fake.limit_tasks(4);
    let sent = bench.submit(7, false).expect("sent");
    // One place is kept for the small job.
    assert_eq!((sent.jobs, sent.waiting), (vec![1, 2], 4));
    assert_eq!(sent.because, "the cluster accepts no more of your jobs now");
    assert_eq!(bench.accepted(), [Some(2), Some(1), None]);
    let (_, next) = bench.fake.submitted().remove(2);
    assert_eq!((next.name.as_str(), next.after, next.pause_minutes), ("gs-s-x-next", Some(JobId(2)), None));
    // The queue is full: nothing is sent, and there is a small job already.
    assert_eq!(bench.wave().expect("waits").waiting, 4);
    assert_eq!(bench.accepted().len(), 3);
    // When it has ended, there is another one, with a pause.
    bench.end(3, &TaskState::Completed);
    assert_eq!(bench.wave().expect("waits").waiting, 4);
    let (_, next) = bench.fake.submitted().remove(3);
    assert_eq!((next.after, next.pause_minutes), (Some(JobId(2)), Some(5)));
    // There is room again.
    bench.end(1, &TaskState::Completed);
    bench.end(2, &TaskState::Completed);
    assert_eq!(bench.wave().expect("sent").waiting, 2);
    assert_eq!(bench.accepted(), [Some(2), Some(1), None, None, Some(2)]);
}

#[test]
fn a_refusal_for_good_gives_the_cells_back_and_one_for_now_lets_them_wait() {
    let bench = Bench::new();
    bench.fake.fail_next(SubmitFault::Refuse(Refusal::Temporary));
    let sent = bench.submit(3, false).expect("waits");
    assert_eq!((sent.jobs.len(), sent.waiting, sent.because.as_str()), (0, 3, "no: Temporary"));
    bench.fake.fail_next(SubmitFault::Refuse(Refusal::Resources));
    let outcome = words(bench.wave());
    assert!(outcome.contains("the fake scheduler refused the submission: no: Resources"), "{outcome}");
    assert!(bench.evidence().sent.is_cancelled(0));
    assert_eq!(bench.wave().expect("nothing to do"), Sent::default());
    assert_eq!(bench.accepted(), []);
}

#[test]
fn nothing_is_announced_while_the_scheduler_is_away() {
    let bench = Bench::new();
    let submitted = bench.create(3, false);
    bench.fake.be_away(true);
    let outcome = words(bench.wave());
    assert!(outcome.contains("does not answer"), "{outcome}");
    assert_eq!(submitted.jobs, []);
    assert!(bench.evidence().sent.submitted[0].jobs.is_empty());
}

#[test]
fn the_rest_waits_for_the_cells_of_a_canary() {
    let bench = Bench::new();
    let sent = bench.submit(3, true).expect("sent");
    assert_eq!((sent.jobs.len(), sent.waiting), (1, 2));
    assert_eq!(sent.because, "the canary's cells are not done yet");
    bench.end(1, &TaskState::Failed);
    assert_eq!(bench.wave().expect("waits").jobs.len(), 0);
    let home = bench.folder.cell(cell(0));
    fs_err::create_dir_all(home.root()).expect("made");
    fs_err::write(home.metrics(), "x\n1\n").expect("written");
    fs_err::write(home.done(), "{}").expect("written");
    assert_eq!(bench.wave().expect("sent").waiting, 0);
    assert_eq!(bench.accepted(), [Some(1), None, Some(2)]);
}

#[test]
fn cells_are_judged_by_what_the_scheduler_says() {
    let bench = Bench::new();
    bench.submit(2, false).expect("sent");
    let name = || {
        let mut evidence = bench.evidence();
        evidence.look_at(&[cell(1)]).expect("looked");
        evidence.verdict(cell(1)).state.name()
    };
    let put = |state| bench.fake.put(TaskId { job: JobId(1), task: Some(1) }, &state);
    assert_eq!(name(), "pending");
    for (state, expected) in [
        (TaskState::Running, "pending"),
        (TaskState::Other("odd".into()), "pending"),
        (TaskState::OutOfMemory, "out of memory"),
        (TaskState::Timeout, "timeout"),
        (TaskState::NodeFailure, "node failure"),
        (TaskState::Preempted, "preempted"),
        (TaskState::Cancelled, "cancelled"),
        (TaskState::Failed, "failed"),
        (TaskState::Completed, "lost"),
    ] {
        put(state);
        assert_eq!(name(), expected);
    }
    bench.fake.keep_no_accounts();
    assert_eq!(name(), "lost");
    bench.fake.be_away(true);
    assert_eq!(name(), "unknown");
}
