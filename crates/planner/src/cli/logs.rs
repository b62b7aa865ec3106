//! `gainsweep logs`.

use clap::Args;
use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::FINE;

use super::shared::SelectorArgs;
use crate::cells::logs;
use crate::cells::selected::look_and_select;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{ResultsChoice, SweepArgs, load};

/// Print what the workers of cells wrote; without a cell, list the log files.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: SelectorArgs,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    if options.cells.selectors.is_empty() {
        let paths = logs::files(&loaded.folder());
        screen::data(|out| paths.iter().try_for_each(|path| writeln!(out, "{}", path.display())))?;
        return Ok(FINE);
    }
    let (cells, evidence) = look_and_select(&loaded, &options.cells.selectors)?;
    let ids: Vec<CellId> = cells.iter().map(|cell| cell.id).collect();
    let mut lines = logs::last_lines(&evidence, &ids, usize::MAX);
    for id in ids.iter().filter(|id| lines.get(id).is_none_or(Vec::is_empty)) {
        screen::talk(&format!("the worker of {} wrote nothing", id.short()));
    }
    screen::data(|out| {
        for (number, cell) in cells.iter().enumerate() {
            if cells.len() > 1 {
                // As `tail` does it.
                let before = if number > 0 { "\n" } else { "" };
                let label = wording::one_line(&loaded.sweep.label(cell));
                writeln!(out, "{before}==> cell {}   {label} <==", cell.id.short())?;
            }
            let lines = lines.remove(&cell.id).unwrap_or_default();
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        Ok(())
    })?;
    Ok(FINE)
}
