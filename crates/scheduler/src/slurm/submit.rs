//! Reads the answer of sbatch, above all: was something submitted?

use std::time::Duration;

use super::program::{NAME, SBATCH};
use crate::command::{Answer, NoAnswer};
use crate::{Array, JobId, LogFolder, Refusal, SubmitError, SubmitOptions};

/// Slurm's messages in lower case, and their meaning; the first match counts.
const REFUSALS: &[(&str, Refusal)] = &[
    ("resource temporarily unavailable", Refusal::Temporary),
    ("temporarily unable to accept job", Refusal::Temporary),
    ("job queue full", Refusal::Temporary),
    ("maxjobcount", Refusal::Temporary),
    ("invalid job array specification", Refusal::ArraySpecification),
    ("maxwall", Refusal::Resources),
    ("maxtres", Refusal::Resources),
    ("maxcpu", Refusal::Resources),
    ("maxmem", Refusal::Resources),
    ("maxnode", Refusal::Resources),
    ("maxgres", Refusal::Resources),
    ("maxsubmit", Refusal::SubmitLimit),
    ("job submit limit", Refusal::SubmitLimit),
    ("grpsubmit", Refusal::SubmitLimit),
    ("submitjob", Refusal::SubmitLimit),
    ("invalid account", Refusal::Account),
    ("partition", Refusal::Partition),
    ("invalid qos", Refusal::Account),
    ("qos", Refusal::Account),
    ("requested node configuration is not available", Refusal::Resources),
    ("more processors requested than permitted", Refusal::Resources),
    ("can not be satisfied", Refusal::Resources),
    ("node count specification invalid", Refusal::Resources),
    ("requested time limit is invalid", Refusal::Resources),
    ("invalid node name", Refusal::Resources),
    ("invalid generic resource", Refusal::Resources),
    ("invalid feature", Refusal::Resources),
    ("invalid license", Refusal::Resources),
    ("memory required by task", Refusal::Resources),
    ("requested reservation", Refusal::Resources),
    ("exceeds", Refusal::Resources),
];

/// Messages of a connection that broke after something may have been sent.
const BROKEN_OFF: &[&str] = &[
    "socket timed out",
    "send/recv",
    "zero bytes were transmitted",
    "unexpected message received",
    "connection reset",
    "connection timed out",
    "communication",
    "transport endpoint",
    "protocol",
    "broken pipe",
];

/// Messages of a connection that was never made.
const NEVER_CONNECTED: &[&str] = &[
    "could not establish a configuration source",
    "cannot stat file",
    "unable to contact slurm controller (connect failure)",
];

/// The options of a submission that differ between jobs, by their long names without dashes.
pub(super) fn long_options(options: &SubmitOptions) -> Vec<(&'static str, String)> {
    let SubmitOptions { name, array, logs: LogFolder(logs), after, pause_minutes } = options;
    let mut options = vec![("job-name", name.clone())];
    if let Some(Array { tasks, at_most }) = array {
        let throttle = at_most.map(|most| format!("%{most}")).unwrap_or_default();
        options.push(("array", format!("0-{}{throttle}", tasks.saturating_sub(1))));
    }
    options.extend(after.map(|job| ("dependency", format!("afterany:{job}"))));
    // The names of `crate::logs`, as Slurm's patterns.
    let log = if array.is_some() { "%x-%A_%a.log" } else { "%x-%j.log" };
    options.push(("output", format!("{logs}/{log}")));
    options.extend(pause_minutes.map(|minutes| ("begin", format!("now+{minutes}minutes"))));
    options
}

/// Reads an answer of `sbatch --parsable`.
pub(crate) fn judge(answer: &Answer) -> Result<JobId, SubmitError> {
    let given = job_id(&answer.stdout);
    if answer.is_fine() {
        return given.ok_or_else(|| {
            let message = format!("sbatch printed no job id: {}", answer.complaint());
            SubmitError::Uncertain { message }
        });
    }
    if let Some(id) = given {
        let message = format!("sbatch printed the job id {id} and then failed: {}", answer.complaint());
        return Err(SubmitError::Uncertain { message });
    }
    Err(failure(answer))
}

/// The meaning of an exit code other than 0.
pub(crate) fn failure(answer: &Answer) -> SubmitError {
    let message = answer.complaint();
    if answer.code.is_none() {
        return SubmitError::Uncertain { message: format!("sbatch did not finish: {message}") };
    }
    let text = message.to_lowercase();
    let says = |list: &[&str]| list.iter().any(|words| text.contains(words));
    let kind = REFUSALS.iter().find(|(words, _)| text.contains(words)).map(|(_, kind)| *kind);
    if says(BROKEN_OFF) {
        SubmitError::Uncertain { message }
    } else if says(NEVER_CONNECTED) {
        SubmitError::Unreachable { scheduler: NAME, message }
    } else if text.contains("unable to contact slurm controller") {
        SubmitError::Uncertain { message }
    } else if let Some(kind) = kind {
        SubmitError::Refused { scheduler: NAME, kind, message }
    } else if answer.stderr.contains(SBATCH) || text.contains("batch job submission failed") {
        // sbatch's own message, and not one of a lost connection: sbatch checks before it submits.
        SubmitError::Refused { scheduler: NAME, kind: Refusal::Other, message }
    } else {
        SubmitError::Uncertain { message }
    }
}

/// The meaning of a missing answer.
pub(crate) fn of_no_answer(timeout: Duration, reason: NoAnswer) -> SubmitError {
    match reason {
        NoAnswer::NotStarted(source) => {
            SubmitError::NotInstalled { scheduler: NAME, program: SBATCH.into(), source }
        }
        NoAnswer::TimedOut => {
            let message = format!("sbatch did not answer within {} s and was killed", timeout.as_secs());
            SubmitError::Uncertain { message }
        }
        // Each of its tries was refused, or it would not have slept.
        NoAnswer::KeptTrying(said) => {
            let message = said.lines().last().unwrap_or_default().trim().to_string();
            SubmitError::Refused { scheduler: NAME, kind: Refusal::Temporary, message }
        }
        NoAnswer::Lost(error) => SubmitError::Uncertain { message: error.to_string() },
    }
}

/// The number on the last line that is a number, alone or with a cluster's name: sites make sbatch print text
/// before and after it.
fn job_id(stdout: &str) -> Option<JobId> {
    stdout.lines().rev().find_map(|line| {
        let line = line.trim();
        let (number, cluster) = line.split_once(';').map_or((line, None), |(id, name)| (id, Some(name)));
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let named = cluster.is_none_or(|name| !name.is_empty() && !name.contains(char::is_whitespace));
        (plain && named).then(|| number.parse().ok().filter(|id| *id > 0).map(JobId)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stdout: &str, stderr: &str, code: i32) -> Answer {
        Answer {
            program: SBATCH.into(),
            stdout: stdout.into(),
            stderr: stderr.into(),
            code: Some(code),
            signal: None,
        }
    }

    #[test]
    fn options_say_what_differs_from_job_to_job() {
        let words = |options: &SubmitOptions| {
            let words = long_options(options).into_iter().map(|(name, value)| format!("--{name}={value}"));
            words.collect::<Vec<_>>().join(" ")
        };
        let array = SubmitOptions {
            name: "gs-x-1".into(),
            array: Some(Array { tasks: 5, at_most: Some(2) }),
            logs: LogFolder("/a/logs".into()),
            after: None,
            pause_minutes: None,
        };
        assert_eq!(words(&array), "--job-name=gs-x-1 --array=0-4%2 --output=/a/logs/%x-%A_%a.log");
        let next = SubmitOptions { array: None, after: Some(JobId(7)), pause_minutes: Some(5), ..array };
        assert_eq!(
            words(&next),
            "--job-name=gs-x-1 --dependency=afterany:7 --output=/a/logs/%x-%j.log --begin=now+5minutes"
        );
    }

    #[test]
    fn ids_are_found_among_what_sites_say() {
        let table = [
            ("123\n", Some(123)),
            ("123;cluster2\n", Some(123)),
            ("Welcome, 3 jobs queued\n2024\n123;alpha\nThank you\n", Some(123)),
            ("Submitted batch job 7\n", None),
            ("", None),
            ("0\n", None),
            ("99999999999999999999999999\n", None),
            ("12a\n", None),
        ];
        for (stdout, expected) in table {
            assert_eq!(job_id(stdout), expected.map(JobId), "{stdout:?}");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        use Refusal as R;
        let submission = "sbatch: error: Batch job submission failed: ";
        let policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)";
        let table = [
            (format!("sbatch: error: AssocMaxSubmitJobLimit\n{submission}{policy}"), R::SubmitLimit),
            (format!("sbatch: error: QOSMaxSubmitJobPerUserLimit\n{submission}{policy}"), R::SubmitLimit),
            (format!("sbatch: error: QOSMaxWallDurationPerJobLimit\n{submission}{policy}"), R::Resources),
            (format!("{submission}Invalid job array specification"), R::ArraySpecification),
            // Refused by a site's own submission filter.
            (format!("sbatch: error: Say --account!\n{submission}Unspecified error"), R::Other),
            (format!("{submission}Invalid partition name specified"), R::Partition),
            (format!("{submission}Required partition not available (inactive or drain)"), R::Partition),
            (format!("{submission}Invalid account or account/partition combination specified"), R::Account),
            (format!("{submission}Invalid qos specification"), R::Account),
            (format!("{submission}Requested node configuration is not available"), R::Resources),
            (format!("{submission}Invalid feature specification"), R::Resources),
            (format!("{submission}Resource temporarily unavailable"), R::Temporary),
            (format!("{submission}Job dependency problem"), R::Other),
            ("sbatch: error: Invalid --time specification".into(), R::Other),
            ("sbatch: unrecognized option '--nosuchopt'".into(), R::Other),
        ];
        for (stderr, expected) in table {
            match judge(&answer("", &stderr, 1)) {
                Err(SubmitError::Refused { kind, .. }) => assert_eq!(kind, expected, "{stderr}"),
                other => panic!("{stderr}: {other:?}"),
            }
        }
    }

    #[test]
    fn only_what_surely_was_not_submitted_is_called_so() {
        let lost = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation";
        assert!(matches!(judge(&answer("", lost, 1)), Err(SubmitError::Uncertain { .. })));
        let zero = "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received";
        assert!(matches!(judge(&answer("", zero, 1)), Err(SubmitError::Uncertain { .. })));
        let away = "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)";
        assert!(matches!(judge(&answer("", away, 1)), Err(SubmitError::Unreachable { .. })));
        assert!(matches!(judge(&answer("", "", 0)), Err(SubmitError::Uncertain { .. })));
        assert!(matches!(judge(&answer("7\n", "oh", 1)), Err(SubmitError::Uncertain { .. })));
        assert!(matches!(judge(&answer("", "wrapper: no idea", 1)), Err(SubmitError::Uncertain { .. })));
        let killed = Answer {
            program: SBATCH.into(),
            stdout: String::new(),
            stderr: String::new(),
            code: None,
            signal: Some(9),
        };
        assert!(matches!(judge(&killed), Err(SubmitError::Uncertain { .. })));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(stdout in "(.|\n)*", stderr in "(.|\n)*", code in 0..3) {
            let _ = judge(&answer(&stdout, &stderr, code));
        }
    }
}
