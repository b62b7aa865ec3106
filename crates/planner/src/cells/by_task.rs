//! What Slurm says about tasks, found by the name of their job.

use std::collections::HashMap;

use gainsweep_scheduler::Tasks;

/// Rows by job name: the whole job, and single tasks.
#[derive(Debug)]
pub(super) struct ByTask<T> {
    tasks: HashMap<(String, u32), T>,
    ranges: HashMap<String, Vec<Group<T>>>,
}

/// A row of several tasks.
#[derive(Debug)]
struct Group<T> {
    ranges: Vec<(u32, u32)>,
    /// The list was cut: it may hold any task without a row of its own.
    open: bool,
    row: T,
}

impl<T> ByTask<T> {
    pub(super) fn new(rows: impl IntoIterator<Item = (String, Tasks, T)>) -> ByTask<T> {
        let mut rows_by_task = ByTask { tasks: HashMap::new(), ranges: HashMap::new() };
        for (name, tasks, row) in rows {
            match tasks {
                // If a task ran several times, the last row counts.
                Tasks::One(task) => drop(rows_by_task.tasks.insert((name, task), row)),
                Tasks::None => rows_by_task.add(name, Group { ranges: Vec::new(), open: true, row }),
                Tasks::Ranges(ranges) => rows_by_task.add(name, Group { ranges, open: false, row }),
                Tasks::Truncated(ranges) => rows_by_task.add(name, Group { ranges, open: true, row }),
            }
        }
        rows_by_task
    }

    fn add(&mut self, name: String, group: Group<T>) {
        self.ranges.entry(name).or_default().push(group);
    }

    /// The row of a job's task.
    pub(super) fn of(&self, name: &str, task: u32) -> Option<&T> {
        self.tasks.get(&(name.to_string(), task)).or_else(|| {
            let groups = self.ranges.get(name)?;
            let inside =
                |group: &&Group<T>| group.ranges.iter().any(|(first, last)| (*first..=*last).contains(&task));
            let exact = groups.iter().find(inside);
            exact.or_else(|| groups.iter().find(|group| group.open)).map(|group| &group.row)
        })
    }
}
