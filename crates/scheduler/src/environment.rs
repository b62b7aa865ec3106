//! What Slurm tells a task about itself.

/// A task's view of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEnvironment {
    /// The array's job id, or the job's where there is no array: what `squeue` and people call it.
    pub job: u64,
    /// The id of this very task as a job of its own.
    pub own_job: u64,
    /// Its index in the array.
    pub task: Option<u32>,
    /// How often it was requeued before; 0 in its first run.
    pub restart: u32,
    /// The node that it runs on; empty if Slurm does not say.
    pub node: String,
    /// The cluster's name.
    pub cluster: Option<String>,
    /// The job's name.
    pub name: Option<String>,
}

impl TaskEnvironment {
    /// Reads it through `lookup`, which gives the value of a variable. `None` outside of Slurm's jobs.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Option<TaskEnvironment> {
        let number = |name: &str| lookup(name)?.trim().parse::<u64>().ok();
        let small = |name: &str| number(name).and_then(|value| u32::try_from(value).ok());
        let text = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let own_job = number("SLURM_JOB_ID").or_else(|| number("SLURM_JOBID"))?;
        Some(TaskEnvironment {
            job: number("SLURM_ARRAY_JOB_ID").unwrap_or(own_job),
            own_job,
            task: small("SLURM_ARRAY_TASK_ID"),
            restart: small("SLURM_RESTART_COUNT").unwrap_or(0),
            node: text("SLURMD_NODENAME").or_else(|| text("SLURM_NODELIST")).unwrap_or_default(),
            cluster: text("SLURM_CLUSTER_NAME"),
            name: text("SLURM_JOB_NAME"),
        })
    }

    /// The task as Slurm's commands take it: `123_4`, or `123` where there is no array.
    pub fn target(&self) -> String {
        match self.task {
            Some(task) => format!("{}_{task}", self.job),
            None => self.job.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<TaskEnvironment> {
        TaskEnvironment::read(|name| {
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
            ("SLURMD_NODENAME", "node1"),
            ("SLURM_CLUSTER_NAME", "local"),
            ("SLURM_JOB_NAME", "x"),
        ])
        .expect("a task");
        assert_eq!((task.job, task.own_job, task.task, task.restart), (123, 125, Some(4), 2));
        assert_eq!(
            (task.node.as_str(), task.cluster.as_deref(), task.name.as_deref()),
            ("node1", Some("local"), Some("x"))
        );
        assert_eq!(task.target(), "123_4");
    }

    #[test]
    fn a_job_without_an_array_is_its_own() {
        let task = read(&[("SLURM_JOB_ID", "7")]).expect("a job");
        assert_eq!((task.job, task.own_job, task.task, task.restart), (7, 7, None, 0));
        assert_eq!(task.target(), "7");
    }

    #[test]
    fn outside_of_slurm_there_is_none() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("SLURM_JOB_ID", "seven")]), None);
        assert_eq!(read(&[("SLURM_CONF", "/etc/slurm.conf")]), None);
    }
}
