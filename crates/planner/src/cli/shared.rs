//! Options that several commands share.

use clap::Args;

/// Which cells, and what they may cost.
#[derive(Args, Debug)]
pub(crate) struct CellOptions {
    /// Only these cells: tau=100, noise=0,0.1, state=failed, the beginning of an id.
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) only: Vec<String>,

    /// At most this many core-hours, as predicted: the first cells of the sweep that fit.
    #[arg(long, value_name = "CORE_HOURS", value_parser = hours)]
    pub(crate) budget: Option<f64>,

    /// Without finished cells: time some batches here first and predict from them.
    #[arg(long)]
    pub(crate) bench: bool,
}

/// A number of hours above 0.
fn hours(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|hours: &f64| *hours > 0.0 && hours.is_finite())
        .ok_or_else(|| "a number above 0".into())
}
