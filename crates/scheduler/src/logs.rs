//! Names of jobs' output files: `NAME-48213_2.log`, or `NAME-48213.log` for a job without tasks.

use crate::task::{JobId, TaskId};

/// How a script says in the log that a line of its preamble failed.
pub const SETUP_FAILED: &str = "set-up failed with ";

/// How a node's daemon begins its own lines in the log.
const NODE_SAYS: &str = "slurmstepd: error: ";

/// The log of a task; the job has that name.
pub fn file_name(job_name: &str, task: TaskId) -> String {
    format!("{job_name}-{task}.log")
}

/// Why a job's command did not begin, as the end of its log says: a line before it failed, or the node could not start
/// the script.
pub fn why_not_begun(log: &str) -> Option<String> {
    log.lines().rev().find_map(|line| {
        let setup = line.strip_prefix(SETUP_FAILED).map(|how| format!("its set-up failed with {how}"));
        let start = || line.strip_prefix(NODE_SAYS).map(|what| format!("it could not be started: {what}"));
        setup.or_else(start)
    })
}

/// The job whose task writes to that file, if the job has that name.
pub fn job_of(file_name: &str, job_name: &str) -> Option<JobId> {
    let rest = file_name.strip_prefix(job_name)?.strip_prefix('-')?;
    rest.split_once('_')?.0.parse().ok().map(JobId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_its_job() {
        let task = TaskId { job: JobId(48_213), task: Some(2) };
        let name = file_name("gs-x-1", task);
        assert_eq!(name, "gs-x-1-48213_2.log");
        assert_eq!(job_of(&name, "gs-x-1"), Some(task.job));
        assert_eq!(job_of(&name, "gs-x"), None);
        assert_eq!(job_of("other.log", "gs-x-1"), None);
        assert_eq!(file_name("next", TaskId { job: JobId(7), task: None }), "next-7.log");
    }

    #[test]
    fn a_log_tells_why_the_command_did_not_begin() {
        let why = |log| why_not_begun(log);
        assert_eq!(
            why("a\nset-up failed with exit code 1: cd x\n").as_deref(),
            Some("its set-up failed with exit code 1: cd x")
        );
        let missing = "slurmstepd: error: execve(): /s/slurm_script: No such file or directory\n";
        let expected = "it could not be started: execve(): /s/slurm_script: No such file or directory";
        assert_eq!(why(missing).as_deref(), Some(expected));
        assert_eq!(why("task 7_1 on n, run 1\n"), None);
    }
}
