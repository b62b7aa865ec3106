//! What a cluster says and does that is neither a plain success nor a plain failure.

use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::slurm_command::SlurmCommand;
use gainsweep_testkit::sweep::starts;
use gainsweep_testkit::waiting::wait_until;
use gainsweep_testkit::workers;

use super::{PATIENCE, Site};

/// sbatch says this and submits nothing.
fn refusal(text: &str) -> Fault {
    Fault::Say { stdout: String::new(), stderr: format!("sbatch: error: {text}\n"), code: 1 }
}

/// The queue says this of the only job.
fn queue_says(site: &Site, state: &str, reason: &str) {
    let job = &site.cluster.jobs()[0];
    let fields = [&job.id.to_string(), "[0-2]", state, "0", reason, "", &job.name];
    let row: String = fields.map(|field| format!("{field}\u{1f}")).concat();
    let answer = Fault::Say { stdout: format!("{row}\n"), stderr: String::new(), code: 0 };
    site.cluster.fault(SlurmCommand::Squeue, answer);
}

#[test]
fn a_state_that_nobody_knows_is_of_a_live_job() {
    for state in ["RESV_DEL_HOLD", "EXPEDITING", "FROBNICATED"] {
        let site = Site::new(3, "");
        site.cluster.settings(|settings| settings.hold = true);
        site.talk(0, &["submit", "s", "--yes"]);
        queue_says(&site, state, "None");
        let status = site.status(&[]);
        assert_eq!(status["counts"]["pending"], 3, "{state}: {status}");
        site.talk(0, &["submit", "s", "--yes"]);
        assert_eq!(site.sent(), 1, "{state}");
        if state == "FROBNICATED" {
            assert!(status["open_cells"][0]["reason"].to_string().contains(state), "{status}");
        }
        site.talk(0, &["cancel", "s"]);
        let jobs = site.cluster.jobs();
        assert!(jobs.iter().flat_map(|job| &job.tasks).all(|task| task.state == "CANCELLED"), "{jobs:?}");
    }
}

#[test]
fn a_full_queue_means_later_however_it_is_worded() {
    for words in [
        "Slurm temporarily unable to accept job, sleeping and retrying",
        "Slurm job queue full, sleeping and retrying",
        "Batch job submission failed: Resource temporarily unavailable",
        "Batch job submission failed: MaxJobCount limit reached",
        "AssocMaxSubmitJobLimit",
        "QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy \
         (job submit limit, user's size and/or time limits)",
    ] {
        let site = Site::new(3, "");
        site.cluster.fault(SlurmCommand::Sbatch, refusal(words));
        let talk = site.talk(0, &["submit", "s", "--yes"]);
        assert!(talk.contains("3 tasks of s wait for the next wave"), "{words}: {talk}");
        assert_eq!(site.status(&["--look-only"])["counts"]["unsent"], 3, "{words}");
        site.cluster.clear_faults();
        site.talk(0, &["status", "s"]);
        site.assert_each_ran_once(3);
    }
}

#[test]
fn a_limit_that_nobody_told_is_learnt_from_the_refusal() {
    let site = Site::new(30, "");
    site.cluster.settings(|settings| settings.max_submit = Some(7));
    // Accounting hides the limit.
    let nothing = Fault::Say { stdout: String::new(), stderr: String::new(), code: 0 };
    site.cluster.fault(SlurmCommand::Sacctmgr, nothing);
    site.talk(0, &["submit", "s", "--yes"]);
    wait_until("all cells", || {
        site.run(&["status", "s"]);
        site.cells().len() == 30 && site.cells().iter().all(|cell| cell.done().exists())
    });
    assert!(site.cells().iter().all(|cell| starts(cell) == 1));
}

#[test]
fn what_is_held_names_the_command_that_lets_it_go() {
    for (state, reason, command) in [
        ("PENDING", "JobHeldUser", "scontrol release"),
        ("REQUEUE_HOLD", "job requeued in held state", "scontrol release"),
        ("SUSPENDED", "None", "scontrol resume"),
        ("PENDING", "DependencyNeverSatisfied", "gainsweep cancel"),
    ] {
        let site = Site::new(3, "");
        site.cluster.settings(|settings| settings.hold = true);
        site.talk(0, &["submit", "s", "--yes"]);
        queue_says(&site, state, reason);
        let talk = site.talk(1, &["status", "s"]);
        assert!(talk.contains("3 cells will not go on without you") && talk.contains(command), "{talk}");
        // What waits in the ordinary way does not.
        site.cluster.clear_faults();
        site.talk(0, &["status", "s"]);
    }
}

#[test]
fn a_job_that_appears_after_it_was_given_up_is_ended() {
    let site = Site::new(2, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.cluster.fault_times(SlurmCommand::Sbatch, Fault::TimedOutBefore, 2);
    site.talk(3, &["submit", "s", "--yes"]);
    let given_up = site.results().submissions();
    let voids = walk(&given_up).into_iter().filter(|path| path.ends_with("job-0001.void.json"));
    assert_eq!(voids.count(), 1);
    // The queue shows it all the same: the request took its time.
    site.talk(0, &["submit", "s", "--yes"]);
    let announced = fs_err::read_dir(&given_up).expect("submissions").flatten().next().expect("one");
    let ghost = format!("{}-1", announced.file_name().to_string_lossy());
    let id = site.cluster.declare(&ghost, &[(0, 1, "PENDING")]);
    let warning = site.talk(0, &["status", "s"]);
    assert!(warning.contains(&format!("job {id} appeared after it had been given up")), "{warning}");
    let talk = site.talk(0, &["cancel", "s"]);
    assert!(talk.contains(&format!("cancelled job {id}")), "{talk}");
    let jobs = site.cluster.jobs();
    let live = jobs.iter().flat_map(|job| &job.tasks).filter(|task| task.state == "PENDING").count();
    assert_eq!(live, 0, "{jobs:?}");
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs_err::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_number_that_was_given_out_again_is_not_ours() {
    let site = Site::new(2, "");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    let ours = site.cluster.jobs()[0].clone();
    // An earlier attempt failed in a job of the same number.
    let row = |task: u32, cell: &str| {
        format!("3,{cell},1,2026-01-01T00:00:00Z,,,failed,1,,n,{}_{task},,old\n", ours.id)
    };
    let cells = site.cells_of_the_file();
    let rows: String =
        (0..).zip(&cells).map(|(task, cell)| row(task, &gainsweep_testkit::sweep::id(cell))).collect();
    let header = gainsweep_store::attempts::COLUMNS.join(",");
    fs_err::create_dir_all(site.results().attempts()).expect("made");
    fs_err::write(site.results().attempts().join("gs-s-older-1_0.0.csv"), format!("{header}\n{rows}"))
        .expect("written");
    assert_eq!(site.status(&[])["counts"]["pending"], 2);
}

#[test]
fn a_line_of_the_set_up_that_fails_is_the_reason() {
    let site = Site::new(2, "[slurm]\npreamble = [\"true\", \"cd /nonexistent/place\", \"export A=1\"]\n");
    site.talk(0, &["submit", "s", "--yes"]);
    assert!(site.cluster.wait_until_idle(PATIENCE));
    let status = site.status(&[]);
    assert_eq!(status["counts"]["failed"], 2, "{status}");
    let reason = status["open_cells"][0]["reason"].to_string();
    assert!(reason.contains("its set-up failed with exit code 1: cd /nonexistent/place"), "{reason}");
    assert!(site.cells().is_empty(), "no cell began");
    site.write_sweep(
        2,
        "[slurm]\npreamble = [\"if true; then\", \"  export A=1\", \"fi\", \"false || true\"]\n",
    );
    site.talk(0, &["retry", "s", "--force"]);
    site.assert_each_ran_once(2);
}

#[test]
fn memory_is_requested_as_the_site_wants_it() {
    for (setting, expected, never) in [
        ("memory = \"none\"", "", "--mem"),
        ("memory_per_cpu = \"100 MiB\"\ncpus = 2", "--mem-per-cpu=100M", "--mem="),
        ("memory = \"100 MiB\"", "--mem=100M", "--mem-per-cpu"),
    ] {
        let site = Site::new(
            3,
            &format!("[slurm]\n{setting}\ndirectives = [\"--switches=1\"]\npartition = \"main\"\n"),
        );
        let script = site.shown(&["submit", "s", "--dry-run"]);
        assert!(script.contains(expected) && !script.contains(never), "{setting}: {script}");
        site.cluster.settings(|settings| settings.hold = true);
        site.talk(0, &["submit", "s", "--yes"]);
        let scripts = walk(&site.results().submissions());
        let next = scripts.iter().find(|path| path.ends_with("next.sh")).expect("a script");
        let next = fs_err::read_to_string(next).expect("read");
        assert!(!next.contains(never), "{setting}: {next}");
        assert!(next.contains("--switches=1") && next.contains("--partition=main"), "{next}");
    }
}

#[test]
fn retry_forgets_the_errors_of_earlier_submissions() {
    let site = Site::new(1, "");
    let failing = |behave: &str| {
        let worker = workers::table(&["python3".as_ref(), &workers::behaving()]);
        site.write(&format!(
            "{worker}[params]\nbehave = \"{behave}\"\n[replicates]\nseed = 6\n[slurm.retry]\nsame_error_limit = 3\n"
        ));
    };
    failing("fail");
    site.talk(0, &["submit", "s", "--yes"]);
    assert!(site.cluster.wait_until_idle(PATIENCE));
    assert_eq!(site.status(&[])["counts"]["failed"], 6);
    let talk = site.talk(2, &["retry", "s"]);
    assert!(talk.contains("--force"), "{talk}");
    let talk = site.talk(0, &["submit", "s", "--yes"]);
    assert!(talk.contains("next: gainsweep retry s"), "{talk}");
    let before = site.sent();
    site.talk(0, &["retry", "s", "--force"]);
    assert_eq!(site.sent(), before + 1, "--force means it");
}

#[test]
fn a_time_limit_without_a_checkpoint_is_followed_by_a_longer_one() {
    let site = Site::new(2, "[slurm.retry]\ntime_limit = \"80 min\"\n");
    site.cluster.settings(|settings| settings.hold = true);
    site.talk(0, &["submit", "s", "--yes"]);
    let name = site.cluster.jobs()[0].name.clone();
    site.cluster.crash(2);
    site.cluster.declare(&name, &[(0, 1, "TIMEOUT")]);
    assert_eq!(site.status(&["--look-only"])["counts"]["timeout"], 2);
    let script = site.shown(&["submit", "s", "--dry-run"]);
    assert!(script.contains("--time=80"), "one and a half times 60 min, up to the limit: {script}");
    site.talk(0, &["submit", "s", "--yes"]);
    let again = site.cluster.jobs().last().expect("a job").name.clone();
    site.cluster.crash(2);
    site.cluster.declare(&again, &[(0, 1, "TIMEOUT")]);
    let talk = site.talk(0, &["submit", "s", "--yes"]);
    assert!(talk.contains("2 cells skipped: it had 80 min, and that is the limit"), "{talk}");
}
