//! Which cells go into which task. Pure.

use gainsweep_contract::CellId;
use gainsweep_store::submissions::Tasks;
use gainsweep_sweep::slurm::Resolved;

/// Cells that need the same, in tasks.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What each cell needs.
    pub(crate) resources: Resolved,
    /// The tasks, in the order of the sweep.
    pub(crate) tasks: Tasks,
}

/// Cells of the same needs in tasks of as many as these needs say, in the order in which they come.
pub(crate) fn group(cells: impl IntoIterator<Item = (u64, CellId, Resolved)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, cell, resources) in cells {
        let known = groups.iter().position(|group| group.resources == resources);
        let group = known.unwrap_or_else(|| {
            groups.push(Group { resources, tasks: Vec::new() });
            groups.len() - 1
        });
        let group = &mut groups[group];
        let most = group.resources.cells_per_task.max(1) as usize;
        match group.tasks.last_mut() {
            Some(task) if task.len() < most => task.push((index, cell)),
            _ => group.tasks.push(vec![(index, cell)]),
        }
    }
    groups
}

impl Group {
    /// How many cells.
    pub(crate) fn cells(&self) -> u64 {
        self.tasks.iter().map(|task| task.len() as u64).sum()
    }

    /// Cells that a task runs side by side.
    pub(crate) fn at_once(&self) -> u32 {
        let largest = self.tasks.iter().map(Vec::len).max().unwrap_or(1) as u32;
        self.resources.cells_at_once.clamp(1, largest.max(1))
    }

    /// Time limit of a task, in whole minutes rounded up, as seconds.
    pub(crate) fn seconds(&self) -> u64 {
        let largest = self.tasks.iter().map(Vec::len).max().unwrap_or(1) as u64;
        let rounds = largest.div_ceil(u64::from(self.at_once()));
        (self.resources.time.as_secs().max(1) * rounds).div_ceil(60) * 60
    }

    /// Memory of a task, in MiB.
    pub(crate) fn memory(&self) -> u64 {
        self.resources.memory * u64::from(self.at_once())
    }

    /// Processors of a task.
    pub(crate) fn cpus(&self) -> u32 {
        self.resources.cpus * self.at_once()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gainsweep_sweep::SlurmSettings;

    use super::*;

    #[test]
    fn cells_of_the_same_needs_share_tasks_in_their_order() {
        let cell: CellId = "14c4641a39128249".parse().expect("an id");
        let settings =
            SlurmSettings { cells_per_task: Some(2), memory: Some(300), ..SlurmSettings::default() };
        let small = settings.clone().resolve();
        let large = SlurmSettings { memory: Some(900), cells_at_once: Some(2), ..settings }.resolve();
        let needs = |index: u64| if index.is_multiple_of(3) { large.clone() } else { small.clone() };
        let groups = group((0..7).map(|index| (index, cell, needs(index))));
        let indices = |group: &Group| -> Vec<Vec<u64>> {
            group.tasks.iter().map(|task| task.iter().map(|(index, _)| *index).collect()).collect()
        };
        assert_eq!(
            groups.iter().map(indices).collect::<Vec<_>>(),
            [vec![vec![0, 3], vec![6]], vec![vec![1, 2], vec![4, 5]]]
        );
        assert_eq!((groups[0].memory(), groups[0].cpus(), groups[0].seconds()), (1800, 2, 3600));
        assert_eq!((groups[1].memory(), groups[1].cpus(), groups[1].seconds()), (300, 1, 7200));
        assert_eq!(groups[1].cells(), 4);
        let odd = SlurmSettings { time: Some(Duration::from_secs(61)), ..SlurmSettings::default() }.resolve();
        assert_eq!(group([(0, cell, odd)])[0].seconds(), 120, "Slurm counts minutes");
    }
}
