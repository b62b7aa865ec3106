//! What a sweep has cost so far, in core-hours. Pure.

use std::collections::HashMap;
use std::fmt::Write;

use gainsweep_store::submissions::{Sending, Submitted};
use gainsweep_store::{Attempts, Outcome};
use serde::Serialize;

/// Hours of one core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spending {
    /// Used by ended attempts: the time of each, times its cores.
    pub(crate) spent: f64,
    /// The part that was wasted: by attempts that left neither results nor an intended checkpoint.
    pub(crate) in_vain: f64,
    /// Requested from Slurm, by all sent tasks.
    pub(crate) asked: f64,
    /// Predicted for the cells in these tasks; `None` if nothing was known when they were sent.
    pub(crate) predicted: Option<f64>,
}

impl Spending {
    /// Of all attempts at a sweep's cells, on this machine and on Slurm.
    pub(crate) fn of(attempts: &Attempts, submitted: &[Submitted]) -> Spending {
        let mut accounts = Spending { predicted: Some(0.0), ..Spending::default() };
        let mut cores = HashMap::new();
        for one in submitted {
            let submission = &one.submission;
            let at_once = submission.cells_at_once.max(1);
            let mut sent = 0;
            for job in &one.jobs {
                if let Sending::Sent(receipt) = &job.sending {
                    cores.insert(receipt.job.to_string(), submission.cpus.div_ceil(at_once));
                    sent += job.announcement.count;
                }
            }
            let task_hours = submission.seconds as f64 * f64::from(submission.cpus) / 3600.0;
            accounts.asked += f64::from(sent) * task_hours;
            let share = f64::from(sent) / f64::from(submission.tasks.max(1));
            let predicted = submission.predicted_core_hours.map(|hours| hours * share);
            accounts.predicted = accounts.predicted.zip(predicted).map(|(sum, one)| sum + one);
        }
        for attempt in attempts.by_cell.values().flatten() {
            let job = attempt.job.as_deref().and_then(|job| job.split('_').next());
            let cores = job.and_then(|job| cores.get(job)).copied().unwrap_or(1);
            let hours = attempt.seconds.unwrap_or(0.0) * f64::from(cores) / 3600.0;
            accounts.spent += hours;
            if matches!(attempt.outcome, Outcome::Failed | Outcome::Diverged | Outcome::Killed) {
                accounts.in_vain += hours;
            }
        }
        if submitted.is_empty() {
            accounts.predicted = None;
        }
        accounts
    }

    /// For people: `12.4 core-hours spent (1.1 wasted) of 40.0 requested; 11.0 were predicted`.
    pub(crate) fn words(&self) -> String {
        let Spending { spent, in_vain, asked, predicted } = self;
        let mut text = format!("{} core-hours spent", hours(*spent));
        if *in_vain >= 0.005 {
            let _ = write!(text, " ({} wasted)", hours(*in_vain));
        }
        if *asked > 0.0 {
            let _ = write!(text, " of {} requested", hours(*asked));
        }
        if let Some(predicted) = predicted {
            let _ = write!(text, "; {} were predicted", hours(*predicted));
        }
        text
    }
}

/// Hours, rounded to the digits that matter.
pub(crate) fn hours(hours: f64) -> String {
    if hours < 0.095 { format!("{hours:.2}") } else { format!("{hours:.1}") }
}

#[cfg(test)]
mod tests {
    use gainsweep_store::submissions::{Receipt, SUBMISSION_FORMAT, Scripts, Submission, create};
    use gainsweep_store::{Attempt, Outcome};

    use super::*;

    #[test]
    fn every_attempt_counts_with_its_cores() {
        let folder = tempfile::tempdir().expect("a folder");
        let submission: Submission = serde_json::from_str(
            r#"{"format":2,"name":"gs-s-k3v9","sweep":"s","created":"2026-01-01T00:00:00Z","host":"h","arguments":[],
            "version":"0","commit":"c","worker":["w"],"worker_from":["w"],"foreign":false,"tasks":2,"cells_at_once":2,
            "at_most":null,"canary":false,"requeue":true,"seconds":3600,"memory":100,"cpus":8,
            "predicted_core_hours":6.0,"same_error_limit":5,"site":[]}"#,
        )
        .expect("a record");
        let cell: gainsweep_contract::CellId = "14c4641a39128249".parse().expect("an id");
        let tasks = vec![vec![(0, cell)], vec![(1, cell)]];
        let mut submitted =
            create(folder.path(), &submission, "", &tasks, &Scripts::default()).expect("written");
        submitted.announce(0, 1, "2026-01-01T00:00:01Z").expect("written");
        let receipt = Receipt { format: SUBMISSION_FORMAT, job: 48213, found: false };
        submitted.settle(1, &Sending::Sent(receipt)).expect("written");
        let attempt = |seconds: f64, outcome, job: Option<&str>| Attempt {
            cell,
            number: 1,
            started: jiff::Timestamp::UNIX_EPOCH,
            ended: None,
            seconds: Some(seconds),
            outcome,
            exit_code: None,
            signal: None,
            host: String::new(),
            job: job.map(String::from),
            peak_bytes: None,
            reason: String::new(),
            run: "x".into(),
        };
        let mut attempts = Attempts::default();
        let all = vec![
            attempt(1800.0, Outcome::Failed, Some("48213_0")),
            attempt(900.0, Outcome::Done, Some("48213_1")),
            attempt(3600.0, Outcome::Done, None),
        ];
        attempts.by_cell.insert(cell, all);
        let accounts = Spending::of(&attempts, std::slice::from_ref(&submitted));
        // Four cores for each of two cells at once; one core for the local run. Half of the tasks were sent.
        assert_eq!(accounts, Spending { spent: 4.0, in_vain: 2.0, asked: 8.0, predicted: Some(3.0) });
        assert_eq!(
            accounts.words(),
            "4.0 core-hours spent (2.0 wasted) of 8.0 requested; 3.0 were predicted"
        );
        let here = Spending::of(&attempts, &[]);
        assert_eq!((here.asked, here.predicted), (0.0, None));
        assert_eq!(Spending::default().words(), "0.00 core-hours spent");
    }
}
