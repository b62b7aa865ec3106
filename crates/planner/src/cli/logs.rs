//! `gainsweep logs`.

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::cells::evidence::Evidence;
use crate::cells::logs;
use crate::screen;
use crate::screen::failure::Failure;
use crate::sweep_file::{ResultsChoice, SweepArgs, load, selectors};

/// Print what the worker of a cell wrote; without a cell, list the log files.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// The beginning of a cell's id.
    pub(crate) cell: Option<String>,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    let Some(cell) = &options.cell else {
        let paths = logs::files(&folder);
        screen::data(|out| paths.iter().try_for_each(|path| writeln!(out, "{}", path.display())))?;
        return Ok(FINE);
    };
    let cell = selectors::one(&loaded.sweep, cell)?;
    let evidence = Evidence::on_disk(&folder)?;
    let lines = logs::last_lines(&evidence, &[cell.id], usize::MAX).remove(&cell.id).unwrap_or_default();
    if lines.is_empty() {
        screen::talk(&format!("the worker of {} wrote nothing", cell.id.short()));
    }
    screen::data(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(FINE)
}
