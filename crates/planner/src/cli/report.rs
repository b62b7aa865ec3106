//! `gainsweep report`: writes one HTML page with everything known about a sweep.

use std::path::Path;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::results::gather::existing;
use crate::results::report;
use crate::screen::failure::Failure;
use crate::sweep_file::{SweepArgs, load};

/// Write one HTML page: question, parameters, figures, tables, failures, costs, provenance.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

pub(crate) fn execute(options: &Options, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = existing(results, &loaded, &options.sweep.file)?;
    report::write(&loaded, &folder, options.sweep.typed())?;
    Ok(FINE)
}
