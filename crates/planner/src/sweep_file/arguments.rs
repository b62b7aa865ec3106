//! A sweep on a command line.

use std::path::{Path, PathBuf};

use clap::Args;

use super::project::ResultsChoice;
use crate::screen::wording;

/// A sweep file and its overrides.
#[derive(Args, Clone, Debug)]
pub(crate) struct SweepArgs {
    /// A sweep file, or the name of a sweep in sweeps/ of this folder or one above it.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Refuse a sweep of more cells than this.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) limit: u64,

    /// Override a value of the sweep file: `batches=10`, `tau=[1,10]`, `model=spatial`.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,

    /// Another name for the sweep, and so another folder of results.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

impl SweepArgs {
    /// The sweep as it was typed, for the next commands.
    pub(crate) fn typed(&self, chosen: &ResultsChoice) -> String {
        let mut words = vec![wording::quoted(&self.file)];
        words.extend(self.set.iter().map(|set| format!("--set {}", wording::quoted(Path::new(set)))));
        words.extend(self.name.iter().map(|name| format!("--name {name}")));
        let results = chosen.folder.as_ref().filter(|_| chosen.is_typed);
        words.extend(results.map(|folder| format!("--results {}", wording::quoted(folder))));
        words.join(" ")
    }
}
