//! `gainsweep plot`: draws figures of what the cells measured.

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::results::figures::draw;
use crate::results::gather::existing;
use crate::results::read::collect;
use crate::screen::failure::Failure;
use crate::sweep_file::{ResultsChoice, SweepArgs, load};

/// Draw the figures from the cells' results.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = existing(&loaded)?;
    let collected = collect(&loaded.sweep, &loaded.indices(), &folder)?;
    if draw(&loaded, &folder, &collected.results)?.is_empty() {
        return Err(Failure::user_hint(
            "there is nothing to draw",
            format!(
                "a figure needs an axis and a metric with numbers: see gainsweep gather {}",
                loaded.typed()
            ),
        ));
    }
    Ok(FINE)
}
