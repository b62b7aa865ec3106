//! Limits of what one job may ask for: `MaxTRES`, `GrpTRES`, `MaxWall`, a partition's `MaxTime` and `MaxNodes`.

use crate::{Ceiling, Resource};

/// Who sets a limit, in the order in which Slurm asks them: the first that sets it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    PartitionQuality,
    Quality,
    Association,
}

/// Ceilings, collected answer by answer.
#[derive(Debug, Default)]
pub(super) struct Ceilings {
    /// Those of the partition itself: no other limit replaces them.
    of_partition: Vec<Ceiling>,
    /// Each with the name of its limit.
    others: Vec<(&'static str, Level, Ceiling)>,
}

impl Ceilings {
    /// Adds a partition's `MaxTime` and `MaxNodes`.
    pub(super) fn add_partition(&mut self, name: &str, time: Option<&str>, nodes: Option<&str>) {
        let found = [
            (Resource::Minutes, "MaxTime", time.and_then(minutes)),
            (Resource::Nodes, "MaxNodes", nodes.and_then(|text| text.parse().ok())),
        ];
        for (resource, limit, most) in found {
            let of = format!("{limit} of partition {name}");
            self.of_partition.extend(most.map(|most| Ceiling { resource, most, of }));
        }
    }

    /// Adds a time limit as Slurm prints it.
    pub(super) fn add_wall(&mut self, level: Level, text: &str, whose: &str) {
        if let Some(most) = minutes(text) {
            let of = format!("MaxWall of {whose}");
            self.others.push(("MaxWall", level, Ceiling { resource: Resource::Minutes, most, of }));
        }
    }

    /// Adds a list such as `cpu=8,mem=64G,gres/gpu=2`.
    pub(super) fn add_tres(&mut self, limit: &'static str, level: Level, text: &str, whose: &str) {
        for (resource, most) in text.split(',').filter_map(tres) {
            let of = format!("{limit} of {whose}");
            self.others.push((limit, level, Ceiling { resource, most, of }));
        }
    }

    /// Those that count.
    pub(super) fn finish(self) -> Vec<Ceiling> {
        let others = &self.others;
        let counts = |one: &&(&'static str, Level, Ceiling)| {
            !others.iter().any(|(limit, level, ceiling)| {
                *limit == one.0 && ceiling.resource == one.2.resource && *level < one.1
            })
        };
        let others: Vec<Ceiling> =
            others.iter().filter(counts).map(|(_, _, ceiling)| ceiling.clone()).collect();
        self.of_partition.into_iter().chain(others).collect()
    }
}

/// `1-02:30:00` in minutes. `None`: no limit, or not a time.
fn minutes(text: &str) -> Option<u64> {
    let (days, rest) = match text.trim().split_once('-') {
        Some((days, rest)) => (days.parse::<u64>().ok()?, rest),
        None => (0, text.trim()),
    };
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    // Days are followed by hours; two numbers without days are minutes and seconds.
    let (hours, minutes) = match (parts.len(), days) {
        (1..=3, 1..) => (parts[0], parts.get(1).copied().unwrap_or(0)),
        (3, 0) => (parts[0], parts[1]),
        (1 | 2, 0) => (0, parts[0]),
        _ => return None,
    };
    days.checked_mul(24 * 60)?.checked_add(hours.checked_mul(60)?)?.checked_add(minutes)
}

/// One entry of a list of resources.
fn tres(entry: &str) -> Option<(Resource, u64)> {
    let (name, amount) = entry.trim().split_once('=')?;
    let resource = match name {
        "cpu" => Resource::Processors,
        "node" => Resource::Nodes,
        "mem" => return Some((Resource::Memory, mib(amount)?)),
        "gres/gpu" => Resource::Devices,
        _ => return None,
    };
    Some((resource, amount.parse().ok()?))
}

/// `64G` or `1.50T` in MiB; MiB without a unit.
fn mib(text: &str) -> Option<u64> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[number.len()..] {
        "" | "M" => 1.0,
        "K" => 1.0 / 1024.0,
        "G" => 1024.0,
        "T" => 1024.0 * 1024.0,
        "P" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let amount: f64 = number.parse().ok()?;
    amount.is_finite().then_some((amount * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_amounts_are_read_as_slurm_writes_them() {
        let times = ["00:10:00", "1-00:00:00", "2-3", "2-3:30", "30", "30:00", "UNLIMITED", "", "x:y", "1-"];
        let expected = [Some(10), Some(1440), Some(51 * 60), Some(51 * 60 + 30), Some(30), Some(30)];
        let expected: Vec<Option<u64>> = expected.into_iter().chain([None; 4]).collect();
        assert_eq!(times.map(minutes).to_vec(), expected);
        let amounts = ["64G", "64", "64M", "1.50T", "2048K", "many", "1X", "NaNG", ""].map(mib);
        let expected = [Some(65536), Some(64), Some(64), Some(1_572_864), Some(2), None, None, None, None];
        assert_eq!(amounts, expected);
    }

    #[test]
    fn the_first_that_sets_a_limit_counts() {
        let mut ceilings = Ceilings::default();
        ceilings.add_partition("short", Some("01:00:00"), Some("UNLIMITED"));
        ceilings.add_wall(Level::Association, "00:30:00", "account lab");
        ceilings.add_wall(Level::Quality, "02:00:00", "quality of service long");
        ceilings.add_tres("MaxTRES", Level::Association, "cpu=8,mem=4G,billing=3", "account lab");
        ceilings.add_tres("MaxTRES", Level::PartitionQuality, "cpu=16", "quality of service quick");
        ceilings.add_tres("GrpTRES", Level::Association, "cpu=4,gres/gpu=2", "account root");
        let found: Vec<String> = ceilings
            .finish()
            .iter()
            .map(|one| format!("{}: {}", one.resource.amount(one.most), one.of))
            .collect();
        assert_eq!(
            found,
            [
                "60 min: MaxTime of partition short",
                "120 min: MaxWall of quality of service long",
                "4096 MiB of memory: MaxTRES of account lab",
                "16 processors: MaxTRES of quality of service quick",
                "4 processors: GrpTRES of account root",
                "2 GPUs: GrpTRES of account root",
            ]
        );
    }
}
