//! Options that several commands share.

use clap::Args;

/// Which cells.
#[derive(Args, Debug)]
pub(crate) struct SelectorArgs {
    /// Which cells: tau=100, noise=0,0.1, state=failed, the beginning of an id (default: all).
    #[arg(value_name = "SELECTOR")]
    pub(crate) selectors: Vec<String>,
}

/// Which cells, and what they may cost.
#[derive(Args, Debug)]
pub(crate) struct CellOptions {
    #[command(flatten)]
    which: SelectorArgs,

    /// The same as an argument: `--only tau=100`.
    #[arg(long, value_name = "SELECTOR")]
    only: Vec<String>,

    /// At most this many core-hours, as predicted: the first cells of the sweep that fit.
    #[arg(long, value_name = "CORE_HOURS", value_parser = hours)]
    pub(crate) budget: Option<f64>,

    /// Without finished cells: time some batches here first and predict from them.
    #[arg(long)]
    pub(crate) bench: bool,
}

impl CellOptions {
    /// All selectors, however they were typed.
    pub(crate) fn selectors(&self) -> Vec<String> {
        [self.which.selectors.as_slice(), &self.only].concat()
    }
}

/// A number of hours above 0.
fn hours(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|hours: &f64| *hours > 0.0 && hours.is_finite())
        .ok_or_else(|| "a number above 0".into())
}
