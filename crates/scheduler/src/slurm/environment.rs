//! What Slurm tells a task about itself.

use crate::{JobId, OwnTask, TaskId};

/// Reads it through `lookup`, which returns the value of a variable. `None` outside of Slurm's jobs.
pub(super) fn own_task(lookup: impl Fn(&str) -> Option<String>) -> Option<OwnTask> {
    let number = |name: &str| lookup(name)?.trim().parse::<u64>().ok();
    let small = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
    // Every task of an array is also a job with its own number; people and `squeue` name it by its array.
    let own = number("SLURM_JOB_ID").or_else(|| number("SLURM_JOBID"))?;
    let job = JobId(number("SLURM_ARRAY_JOB_ID").unwrap_or(own));
    Some(OwnTask {
        id: TaskId { job, task: small("SLURM_ARRAY_TASK_ID") },
        restart: small("SLURM_RESTART_COUNT").unwrap_or(0),
        name: lookup("SLURM_JOB_NAME").filter(|name| !name.is_empty()),
        cluster: lookup("SLURM_CLUSTER_NAME").filter(|name| !name.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<OwnTask> {
        own_task(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_string())
        })
    }

    #[test]
    fn a_task_knows_its_array_and_itself() {
        let task = read(&[
            ("SLURM_JOB_ID", "125"),
            ("SLURM_ARRAY_JOB_ID", "123"),
            ("SLURM_ARRAY_TASK_ID", "4"),
            ("SLURM_RESTART_COUNT", "2"),
            ("SLURM_JOB_NAME", "x"),
            ("SLURM_CLUSTER_NAME", "alpha"),
        ])
        .expect("a task");
        assert_eq!(
            (task.id.to_string().as_str(), task.restart, task.name.as_deref(), task.cluster.as_deref()),
            ("123_4", 2, Some("x"), Some("alpha"))
        );
    }

    #[test]
    fn a_job_without_an_array_is_its_own() {
        let task = read(&[("SLURM_JOB_ID", "7")]).expect("a job");
        assert_eq!((task.id.to_string().as_str(), task.restart, task.name), ("7", 0, None));
    }

    #[test]
    fn outside_of_slurm_there_is_none() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("SLURM_JOB_ID", "seven")]), None);
        assert_eq!(read(&[("SLURM_CONF", "/etc/slurm.conf")]), None);
    }
}
