//! `gainsweep report`: writes one HTML page with everything known about a sweep.

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::results::gather::existing;
use crate::results::report;
use crate::screen::failure::Failure;
use crate::sweep_file::{ResultsChoice, SweepArgs, load};

/// Write one HTML page: question, parameters, figures, tables, failures, costs, provenance.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = existing(&loaded)?;
    report::write(&loaded, &folder, loaded.typed())?;
    Ok(FINE)
}
