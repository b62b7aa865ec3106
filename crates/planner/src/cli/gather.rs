//! `gainsweep gather`: writes tables of what the cells measured.

use std::path::Path;

use clap::Args;
use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE};

use crate::results::gather::{existing, gather, show};
use crate::screen;
use crate::screen::failure::Failure;
use crate::sweep_file::{SweepArgs, load};

/// Write tables of what the cells measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Also write the tables as Parquet. Each later `gather` updates these files.
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
    Ok(if gathered.refused == 0 { FINE } else { CELLS_FAILED })
}
