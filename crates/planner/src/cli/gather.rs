//! `gainsweep gather`: tables from what the cells measured.

use std::path::Path;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::results::gather::{existing, gather, show};
use crate::screen;
use crate::screen::failure::Failure;
use crate::sweep_file::{SweepArgs, load};

/// Write the tables from what the cells measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Write the tables as Parquet, too; later gatherings keep them up to date.
    #[arg(long)]
    pub(crate) parquet: bool,
}

pub(crate) fn execute(options: &Options, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = existing(results, &loaded, &options.sweep.file)?;
    let gathered = gather(&loaded, &folder, options.parquet)?;
    show(&loaded, &gathered)?;
    screen::talk(&format!("figures   gainsweep plot {}", options.sweep.typed()));
    screen::talk(&format!("report    gainsweep report {}", options.sweep.typed()));
    Ok(FINE)
}
