//! Against a real Slurm, where one is: `scripts/local-slurm` starts a small one on any machine.
//!
//! `cargo test -p gainsweep-scheduler --test real_cluster -- --ignored`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gainsweep_scheduler::slurm::Slurm;
use gainsweep_scheduler::slurm::script::{Script, log_path};
use gainsweep_scheduler::{
    Accounting, Destination, JobId, Refusal, Scheduler, SubmitError, TaskId, TaskState, Tasks,
};
use jiff::Timestamp;

const PATIENCE: Duration = Duration::from_mins(2);

fn write(folder: &Path, name: &str, options: &[(&str, &str)], command: &str) -> PathBuf {
    let log = format!("{}/100%% it's %A#%a.log", log_path(&folder.to_string_lossy()).expect("a path"));
    let mut all = vec![("job-name".to_string(), Some(name.to_string())), ("output".to_string(), Some(log))];
    all.extend(options.iter().map(|(option, value)| ((*option).to_string(), Some((*value).to_string()))));
    let command = vec!["bash".into(), "-c".into(), command.into()];
    let script = Script { options: all, command, ..Script::default() };
    let path = folder.join(format!("{name}.sh"));
    std::fs::write(&path, script.render().expect("a script")).expect("written");
    path
}

fn whole(job: JobId) -> TaskId {
    TaskId { job, task: None }
}

fn task(job: JobId, task: u32) -> TaskId {
    TaskId { job, task: Some(task) }
}

/// A name that no other run of this test uses.
fn name(kind: &str) -> String {
    format!("{kind}-{}-{}", std::process::id(), Timestamp::now().as_millisecond())
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
#[ignore = "needs a Slurm cluster"]
fn an_array_from_its_submission_to_its_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (slurm, name, since) = (Slurm::new(), name("array"), Timestamp::now());
    let names = [name.clone()];
    let command = "echo task $SLURM_ARRAY_TASK_ID; [ $SLURM_ARRAY_TASK_ID != 1 ] || exit 7";
    let options = [("array", "0-4%2"), ("comment", "odd \"one\" # \\ hetjob")];
    let id = slurm.sbatch(&write(folder.path(), &name, &options, command), &[]).expect("submitted");
    assert!(slurm.queue(&names).expect("an answer").iter().all(|row| row.job == id.0 && row.name == name));
    until("the end of the array", || !slurm.is_live(whole(id)).expect("an answer"));
    assert!(!slurm.is_live(task(id, 3)).expect("an answer"));
    let log = folder.path().join(format!("100% it's {id}#3.log"));
    assert_eq!(std::fs::read_to_string(log).expect("a log"), "task 3\n");
    until("all accounts", || match slurm.accounting(&names, since).expect("an answer") {
        Accounting::Off => true,
        Accounting::Rows(rows) => {
            let ended: Vec<_> = rows.iter().filter(|row| row.end.is_some()).collect();
            ended.len() == 5
                && ended
                    .iter()
                    .all(|row| (row.exit_code == 7) == (row.tasks == Tasks::One(1)) && !row.nodes.is_empty())
        }
    });
    let limits = slurm.limits(&Destination::default()).expect("limits");
    assert!(limits.max_array_size > 0, "{limits:?}");
}

#[test]
#[ignore = "needs a Slurm cluster"]
fn what_waits_is_counted_cancelled_and_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (slurm, name) = (Slurm::new(), name("held"));
    let names = [name.clone()];
    let script = write(folder.path(), &name, &[("array", "0-599:2")], "true");
    assert!(slurm.test_only(&script, &[]).expect("it could run").contains("to start at"));
    assert!(slurm.test_only(&script, &["--nodelist=nosuch".into()]).is_err());
    let before = slurm.queued_tasks().expect("an answer");
    let id = slurm.sbatch(&script, &["--hold".into()]).expect("submitted");
    assert!(slurm.queued_tasks().expect("an answer") >= before.saturating_sub(20) + 300);
    let rows = slurm.queue(&names).expect("an answer");
    assert_eq!((rows.len(), rows[0].tasks.count(), rows[0].restarts), (1, 300, Some(0)), "{rows:?}");
    assert_eq!(
        (rows[0].state.clone(), rows[0].reason.as_str()),
        (TaskState::Pending, "held by you; `scontrol release` lets it go")
    );
    assert!(slurm.requeue(whole(id)).is_err());
    let some = (0..100).step_by(2).chain([598]).map(|index| task(id, index));
    slurm.cancel(&some.chain([whole(JobId(999_999))]).collect::<Vec<_>>()).expect("cancelled");
    until("the cancellation", || slurm.queue(&names).expect("an answer")[0].tasks.count() == 249);
    assert!(slurm.is_live(task(id, 200)).expect("an answer"));
    assert!(!slurm.is_live(task(id, 201)).expect("an answer"));
    slurm.cancel(&[whole(id)]).expect("cancelled");
    until("the cancellation", || !slurm.is_live(whole(id)).expect("an answer"));
    for (argument, kind) in [
        ("--array=0-99999999", Refusal::ArraySpecification),
        ("--partition=nosuch", Refusal::Partition),
        ("--account=nosuch", Refusal::Account),
        ("--mem=999999G", Refusal::Resources),
        ("--time=abc", Refusal::Other),
    ] {
        match slurm.sbatch(&script, &[argument.into()]) {
            Err(SubmitError::Refused { kind: found, .. }) => assert_eq!(found, kind, "{argument}"),
            other => panic!("{argument}: {other:?}"),
        }
    }
}

#[test]
#[ignore = "needs a Slurm cluster"]
fn a_requeued_task_is_the_same_task_with_one_restart_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let (slurm, name, since) = (Slurm::new(), name("again"), Timestamp::now());
    let names = [name.clone()];
    let command = "[ -n \"$SLURM_RESTART_COUNT\" ] || { touch started; sleep 100; }";
    let options = [("array", "7"), ("chdir", &folder.path().to_string_lossy())];
    let id = slurm.sbatch(&write(folder.path(), &name, &options, command), &[]).expect("submitted");
    until("its start", || folder.path().join("started").exists());
    slurm.requeue(task(id, 7)).expect("requeued");
    assert!(slurm.is_live(task(id, 7)).expect("an answer"));
    until("its end", || !slurm.is_live(task(id, 7)).expect("an answer"));
    let rows = slurm.queue(&names).expect("an answer");
    assert_eq!((rows[0].tasks.clone(), rows[0].restarts), (Tasks::One(7), Some(1)));
    until("both accounts", || match slurm.accounting(&names, since).expect("an answer") {
        Accounting::Off => true,
        Accounting::Rows(rows) => {
            let states: Vec<_> =
                rows.iter().filter(|row| row.end.is_some()).map(|row| row.state.clone()).collect();
            states == [TaskState::Requeued, TaskState::Completed]
        }
    });
}
