//! Which cells go into which task. Pure.

use std::time::Duration;

use gainsweep_contract::CellId;
use gainsweep_language::slurm::{MemoryRequest, Packing, Resolved};
use gainsweep_scheduler::{Destination, Memory, Resource};
use gainsweep_store::submissions::TaskCells;

/// A cell that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Its place in the sweep.
    pub(crate) index: u64,
    pub(crate) cell: CellId,
    /// What is requested for it.
    pub(crate) resources: Resolved,
    /// Its own time; that of `resources` may be rounded up to a common value.
    pub(crate) time: Duration,
    /// Its predicted time in seconds, if known.
    pub(crate) predicted: Option<f64>,
}

/// Cells with the same needs, in tasks.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What each cell needs.
    pub(crate) resources: Resolved,
    /// The tasks, in the order of the sweep.
    pub(crate) tasks: TaskCells,
    /// Time of the longest task.
    longest: Duration,
    /// Predicted seconds of all cells together, if known for every cell.
    predicted: Option<f64>,
    /// The last task's slots, each with the summed time of its cells.
    slots: Vec<Duration>,
}

/// Groups cells with the same needs into tasks. The needs say how many cells a task takes. The order is kept.
pub(crate) fn group(cells: impl IntoIterator<Item = Wanted>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for Wanted { index, cell, mut resources, time, predicted } in cells {
        if let Packing::Length(length) = resources.packing {
            // All cells that fit into a task share its time.
            resources.time = resources.time.max(length);
        }
        let known = groups.iter().position(|group| group.resources == resources);
        let group = known.unwrap_or_else(|| {
            let slots = vec![Duration::ZERO; resources.cells_at_once.max(1) as usize];
            let longest = Duration::ZERO;
            groups.push(Group { resources, tasks: Vec::new(), longest, predicted: Some(0.0), slots });
            groups.len() - 1
        });
        let group = &mut groups[group];
        group.add(index, cell, time);
        group.predicted = group.predicted.zip(predicted).map(|(sum, one)| sum + one);
    }
    groups
}

impl Group {
    /// Adds a cell to the last task if it has room, else to a new one.
    fn add(&mut self, index: u64, cell: CellId, time: Duration) {
        // The same rule as in the running task: the first free slot takes the next cell.
        let free = (0..self.slots.len()).min_by_key(|slot| self.slots[*slot]).unwrap_or(0);
        let fits = self.tasks.last().is_some_and(|task| match self.resources.packing {
            Packing::Cells(most) => task.len() < most.max(1) as usize,
            Packing::Length(length) => self.slots[free] + time <= length,
        });
        if let Some(task) = self.tasks.last_mut().filter(|_| fits) {
            task.push((index, cell));
            self.slots[free] += time;
        } else {
            self.tasks.push(vec![(index, cell)]);
            self.slots.fill(Duration::ZERO);
            self.slots[0] = time;
        }
        self.longest = self.slots.iter().copied().fold(self.longest, Duration::max);
    }

    /// The number of cells.
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
        let partial = u64::from(self.longest.subsec_nanos() > 0);
        (self.longest.as_secs() + partial).max(1).div_ceil(60) * 60
    }

    /// Predicted core-hours of its cells, if known for every cell.
    pub(crate) fn predicted_core_hours(&self) -> Option<f64> {
        self.predicted.map(|seconds| seconds * f64::from(self.resources.cpus) / 3600.0)
    }

    /// Requested core-hours.
    pub(crate) fn core_hours(&self) -> f64 {
        self.seconds() as f64 * self.tasks.len() as f64 * f64::from(self.cpus()) / 3600.0
    }

    /// Memory of a task, in MiB.
    pub(crate) fn memory(&self) -> u64 {
        self.resources.memory * u64::from(self.at_once())
    }

    /// How that memory is requested.
    pub(crate) fn memory_request(&self) -> Memory {
        match self.resources.memory_request {
            MemoryRequest::Total => Memory::Total(self.memory()),
            MemoryRequest::PerCpu => Memory::PerCpu(self.memory().div_ceil(u64::from(self.cpus()))),
            MemoryRequest::Nothing => Memory::Unsaid,
        }
    }

    /// Processors of a task.
    pub(crate) fn cpus(&self) -> u32 {
        self.resources.cpus * self.processes()
    }

    /// Where its tasks go.
    pub(crate) fn destination(&self) -> Destination {
        let Resolved { account, partition, qos, .. } = self.resources.clone();
        Destination { account, partition, quality: qos }
    }

    /// What a task asks for.
    pub(crate) fn requests(&self) -> Vec<(Resource, u64)> {
        let memory = match self.memory_request() {
            Memory::Unsaid => None,
            Memory::Total(mib) => Some(mib),
            Memory::PerCpu(mib) => Some(mib * u64::from(self.cpus())),
        };
        let requests = [
            (Resource::Minutes, Some(self.seconds() / 60)),
            (Resource::Nodes, self.resources.nodes.map(u64::from)),
            (Resource::Processors, Some(u64::from(self.cpus()))),
            (Resource::Memory, memory),
            (Resource::Devices, self.resources.gpus.as_deref().map(devices)),
        ];
        requests.into_iter().filter_map(|(resource, amount)| Some((resource, amount?))).collect()
    }

    /// Processes of a task, where its cells have several.
    pub(crate) fn processes(&self) -> u32 {
        self.resources.ranks * self.at_once()
    }
}

/// How many devices `2`, `a100:1` or `a100:1,v100:2` asks for.
fn devices(text: &str) -> u64 {
    text.split(',')
        .map(|kind| kind.rsplit(':').next().and_then(|count| count.trim().parse().ok()).unwrap_or(1))
        .sum()
}

#[cfg(test)]
mod tests {
    use gainsweep_language::SlurmSettings;
    use gainsweep_language::slurm::Amount;

    use super::*;

    fn wanted(index: u64, resources: Resolved, time: Option<Duration>) -> Wanted {
        let cell: CellId = "14c4641a39128249".parse().expect("an id");
        Wanted { index, cell, time: time.unwrap_or(resources.time), resources, predicted: Some(36.0) }
    }

    fn indices(group: &Group) -> Vec<Vec<u64>> {
        group.tasks.iter().map(|task| task.iter().map(|(index, _)| *index).collect()).collect()
    }

    #[test]
    fn cells_of_the_same_needs_share_tasks_in_their_order() {
        let settings = SlurmSettings {
            packing: Some(Packing::Cells(2)),
            memory: Some(Amount::Said(300)),
            ..SlurmSettings::default()
        };
        let small = settings.clone().resolve();
        let large =
            SlurmSettings { memory: Some(Amount::Said(900)), cells_at_once: Some(2), ..settings }.resolve();
        let needs = |index: u64| if index.is_multiple_of(3) { large.clone() } else { small.clone() };
        let groups = group((0..7).map(|index| wanted(index, needs(index), None)));
        assert_eq!(
            groups.iter().map(indices).collect::<Vec<_>>(),
            [vec![vec![0, 3], vec![6]], vec![vec![1, 2], vec![4, 5]]]
        );
        assert_eq!((groups[0].memory(), groups[0].cpus(), groups[0].seconds()), (1800, 2, 3600));
        assert_eq!((groups[1].memory(), groups[1].cpus(), groups[1].seconds()), (300, 1, 7200));
        assert_eq!(groups[1].cells(), 4);
        assert_eq!(groups.iter().map(Group::core_hours).collect::<Vec<_>>(), [4.0, 4.0]);
        assert!((groups[1].predicted_core_hours().expect("known") - 0.04).abs() < 1e-9);
        let odd = Some(Amount::Said(Duration::from_secs(61)));
        let odd = SlurmSettings { time: odd, ..SlurmSettings::default() }.resolve();
        assert_eq!(group([wanted(0, odd, None)])[0].seconds(), 120, "Slurm counts minutes");
    }

    #[test]
    fn tasks_of_a_length_hold_what_ends_within_it() {
        let minutes = |minutes| Duration::from_mins(minutes);
        let settings = SlurmSettings {
            packing: Some(Packing::Length(minutes(60))),
            time: Some(Amount::Said(minutes(30))),
            ..SlurmSettings::default()
        };
        let alone = settings.clone().resolve();
        let of = |times: &[u64], resources: &Resolved| {
            let cells = (0..).zip(times).map(|(index, time)| {
                let mut resources = resources.clone();
                resources.time = minutes(time.next_multiple_of(30));
                wanted(index, resources, Some(minutes(*time)))
            });
            group(cells).iter().map(|group| (indices(group), group.seconds() / 60)).collect::<Vec<_>>()
        };
        // The cell of 90 minutes is longer than a task: it gets its own task, with its own limit.
        assert_eq!(
            of(&[20, 25, 14, 90, 50, 5], &alone),
            [(vec![vec![0, 1, 2], vec![4, 5]], 59), (vec![vec![3]], 90)]
        );
        let pairs = SlurmSettings { cells_at_once: Some(2), ..settings }.resolve();
        // 20 and 25 first; 30 follows the 20, 35 the 25; the next would end after 70 minutes.
        assert_eq!(of(&[20, 25, 30, 35, 20], &pairs), [(vec![vec![0, 1, 2, 3], vec![4]], 60)]);
    }
}
