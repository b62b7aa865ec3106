//! `gainsweep gather`: writes tables of what the cells measured.

use clap::Args;
use gainsweep_contract::exit::planner::{CELLS_FAILED, FINE};

use crate::results::gather::{existing, gather, show};
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{ResultsChoice, SweepArgs, load};

/// Write tables of what the cells measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Also write the tables as Parquet. Each later `gather` updates these files.
    #[arg(long)]
    pub(crate) parquet: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = existing(&loaded)?;
    let gathered = gather(&loaded, &folder, options.parquet)?;
    show(&loaded, &gathered)?;
    screen::talk(&wording::results(&folder));
    screen::talk(&format!("figures   gainsweep plot {}", loaded.typed()));
    screen::talk(&format!("report    gainsweep report {}", loaded.typed()));
    Ok(if gathered.refused == 0 { FINE } else { CELLS_FAILED })
}
