//! The changes between two versions of a sweep file, for people.

use gainsweep_contract::Value;

use crate::axis::Setting;
use crate::sweep::Sweep;

/// The changes, as texts such as `tau = 1000`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepChanges {
    /// New values of an axis, and new axes.
    pub added: Vec<String>,
    /// Values and axes that were removed.
    pub removed: Vec<String>,
    /// Constants with another value.
    pub changed: Vec<String>,
}

impl Sweep {
    /// The changes since an earlier version of the file.
    pub fn changes_since(&self, earlier: &Sweep) -> SweepChanges {
        SweepChanges {
            added: missing_from(self, earlier),
            removed: missing_from(earlier, self),
            changed: constants(&all_constants(earlier), &all_constants(self)),
        }
    }
}

/// The constants of all blocks; where blocks differ, those of the first.
fn all_constants(sweep: &Sweep) -> Vec<Setting> {
    let mut all: Vec<Setting> = Vec::new();
    for setting in sweep.blocks.iter().flat_map(|block| &block.constants) {
        if all.iter().all(|known| known.name != setting.name) {
            all.push(setting.clone());
        }
    }
    all
}

/// The values and axes of `one` that `other` does not have.
fn missing_from(one: &Sweep, other: &Sweep) -> Vec<String> {
    let mut missing = Vec::new();
    for axis in one.axes() {
        let Some(there) = other.axis(&axis.name) else {
            missing.push(format!("the axis {}", axis.name));
            continue;
        };
        let known: std::collections::HashSet<String> =
            other.axes()[there].values.iter().map(Value::canonical).collect();
        let mut seen = std::collections::HashSet::new();
        for value in &axis.values {
            let canonical = value.canonical();
            if !known.contains(&canonical) && seen.insert(canonical) {
                missing.push(format!("{} = {value}", axis.name));
            }
        }
    }
    missing
}

fn constants(before: &[Setting], now: &[Setting]) -> Vec<String> {
    let find = |settings: &[Setting], name: &str| {
        settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.clone())
    };
    let mut changed = Vec::new();
    for setting in now {
        let name = &setting.name;
        match find(before, name) {
            Some(old) if old.canonical() == setting.value.canonical() => {}
            Some(old) => changed.push(format!("{name} = {} (was {old})", setting.value)),
            None => changed.push(format!("{name} = {} (was not set)", setting.value)),
        }
    }
    let gone = before.iter().filter(|setting| find(now, &setting.name).is_none());
    changed.extend(gone.map(|setting| format!("{} is not set (was {})", setting.name, setting.value)));
    changed
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn changes_are_named() {
        let before = parse("[params]\nbatches = 5\nnoise = 0\n[grid]\ntau = [1, 3]").expect("a sweep");
        let now = parse(
            "[params]\nbatches = 6\n[grid]\ntau = [1.0, 1000]\nmodulator_input = [\"x\"]\n[replicates]\nseed = 2",
        )
        .expect("a sweep");
        let changes = now.changes_since(&before);
        assert_eq!(changes.added, ["tau = 1000", "the axis modulator_input", "the axis seed"]);
        assert_eq!(changes.removed, ["tau = 3"]);
        assert_eq!(changes.changed, ["batches = 6 (was 5)", "noise is not set (was 0)"]);
        assert_eq!(now.changes_since(&now), super::SweepChanges::default());
    }
}
