//! Jobs and their tasks: how they are named, and which of them a line is about.

/// A job's number. Batch systems reuse numbers after a crash, so it identifies a job only together with the
/// name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

impl std::fmt::Display for JobId {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(to)
    }
}

/// One task of a job, or the whole job: `48213_2`, `48213`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The job.
    pub job: JobId,
    /// Its task's index; `None` for the whole job.
    pub task: Option<u32>,
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.task {
            Some(task) => write!(to, "{}_{task}", self.job),
            None => self.job.fmt(to),
        }
    }
}

/// What a batch system tells a task about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTask {
    /// Which task of which job.
    pub id: TaskId,
    /// How often it was requeued before; 0 in its first run.
    pub restart: u32,
    /// The job's name.
    pub name: Option<String>,
    /// The cluster's name.
    pub cluster: Option<String>,
}

/// The tasks of one line. Ranges include both ends and keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// Not an array: the job itself.
    None,
    /// One task.
    One(u32),
    /// Tasks that wait together.
    Ranges(Vec<(u32, u32)>),
    /// The same, but the list was cut short: there are more.
    Truncated(Vec<(u32, u32)>),
}

impl Tasks {
    /// Is this task among them? For a list that was cut short: `None` unless it is in the visible part.
    pub fn contains(&self, task: u32) -> Option<bool> {
        let inside =
            |ranges: &[(u32, u32)]| ranges.iter().any(|(first, last)| (*first..=*last).contains(&task));
        match self {
            Tasks::None => Some(false),
            Tasks::One(one) => Some(*one == task),
            Tasks::Ranges(ranges) => Some(inside(ranges)),
            Tasks::Truncated(ranges) => inside(ranges).then_some(true),
        }
    }

    /// The number of tasks: one if it is not an array; for a list that was cut short, the visible ones.
    pub fn count(&self) -> u64 {
        match self {
            Tasks::None | Tasks::One(_) => 1,
            Tasks::Ranges(ranges) | Tasks::Truncated(ranges) => {
                ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_short_does_not_deny() {
        let tasks = Tasks::Truncated(vec![(1, 5)]);
        assert_eq!((tasks.contains(3), tasks.contains(9), tasks.count()), (Some(true), None, 5));
        let tasks = Tasks::Ranges(vec![(1, 5), (8, 8)]);
        assert_eq!((tasks.contains(8), tasks.contains(9), tasks.count()), (Some(true), Some(false), 6));
    }

    #[test]
    fn a_task_is_named_by_its_job_and_its_index() {
        let job = JobId(123);
        assert_eq!(TaskId { job, task: Some(4) }.to_string(), "123_4");
        assert_eq!(TaskId { job, task: None }.to_string(), "123");
    }
}
