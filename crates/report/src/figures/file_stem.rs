//! Names of the files of figures.

use std::collections::HashSet;

use crate::results::Results;

/// The name of a figure's files without extension.
pub(super) struct FileStem {
    /// The name, if no other figure has it.
    name: String,
    /// The axis that distinguishes it from another figure with that name.
    by: Option<usize>,
}

impl FileStem {
    /// A name; it contains the [`plain`] names of metrics and columns.
    pub(super) fn new(name: String, by: Option<usize>) -> FileStem {
        FileStem { name, by }
    }

    /// `clarity_over_tau`; where two figures would share it, `clarity_over_tau_by_seed`, `clarity_over_tau_2`, ...
    pub(super) fn untaken(self, results: &Results, taken: &mut HashSet<String>) -> String {
        let FileStem { name, by } = self;
        let by = by.map(|by| format!("{name}_by_{}", plain(&results.axes[by])));
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = [Some(name.clone()), by].into_iter().flatten().chain(numbered);
        // The last part of the chain is infinite.
        candidates.find(|candidate| taken.insert(candidate.clone())).unwrap_or(name)
    }
}

/// The name of a metric, column or axis as part of a file's name: metrics of other workers may have any name.
pub(super) fn plain(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().take(60).map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example;

    #[test]
    fn no_two_figures_have_the_same_files() {
        let (results, mut taken) = (example(), HashSet::new());
        let mut stem = |by| FileStem::new(plain("a/b"), by).untaken(&results, &mut taken);
        assert_eq!(stem(Some(0)), "a_b");
        assert_eq!(stem(Some(0)), "a_b_by_tau");
        assert_eq!(stem(Some(0)), "a_b_2");
        assert_eq!(stem(None), "a_b_3");
    }
}
