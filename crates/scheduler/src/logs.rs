//! Names of jobs' output files: `NAME-48213_2.log`, or `NAME-48213.log` for a job without tasks.

use crate::task::{JobId, TaskId};

/// How a script says in the log that a line of its preamble failed.
pub(crate) const SETUP_FAILED: &str = "set-up failed with ";

/// The log of a task; the job has that name.
pub fn file_name(job_name: &str, task: TaskId) -> String {
    format!("{job_name}-{task}.log")
}

/// What the end of a job's log says of a line before its command that failed: that line, and its exit code.
pub fn failed_setup(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| line.strip_prefix(SETUP_FAILED))
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
}
