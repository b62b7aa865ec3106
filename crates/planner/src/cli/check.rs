//! `gainsweep check`: validates the sweep file and counts its cells.

use std::io::{self, Write};

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_store::{CellsOnDisk, OnDisk, UsualNames};

use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load, own_program};

/// Validate a sweep file and count its cells.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let code = own_program::check(&loaded, own_program::Place::on_a_cluster(&loaded, None))?;
    refuse_unmeasured(&loaded)?;
    screen::data(|out| write(out, &loaded))?;
    if loaded.sweep.worker.as_ref().is_some_and(|worker| worker.command.is_by_contract()) {
        screen::talk(
            "note: `command` has no placeholder, so the program is called with train --params FILE --out DIR",
        );
    }
    if loaded.sweep.worker.is_some() && code.is_none() {
        screen::talk(
            "note: the program runs where it lies; name what it is made of in `code`, and an edit never reaches cells that wait",
        );
    }
    screen::talk(&format!("next: gainsweep plan {}", loaded.typed()));
    Ok(FINE)
}

/// So many done cells are asked what they measured.
const ASKED: usize = 100;

/// Refuses metrics of `[gather]` that no result has, if there are results.
fn refuse_unmeasured(loaded: &Loaded) -> Result<(), Failure> {
    if loaded.sweep.gather.metrics.is_empty() {
        return Ok(());
    }
    let folder = loaded.folder();
    let on_disk = CellsOnDisk::read(&folder)?;
    let usual = UsualNames::default();
    let done = on_disk.cells().filter(|cell| on_disk.of(*cell) == Some(OnDisk::Done)).take(ASKED);
    let metrics = done.filter_map(|cell| folder.cell(cell).read_metrics(&usual).ok()?);
    let mut measured: Vec<String> = metrics
        .flat_map(|metrics| {
            metrics.names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>()
        })
        .collect();
    measured.sort();
    measured.dedup();
    let mistakes = if measured.is_empty() { Vec::new() } else { loaded.sweep.unmeasured(&measured) };
    if mistakes.is_empty() { Ok(()) } else { Err(loaded.refuse(mistakes)) }
}

fn write(out: &mut dyn Write, loaded: &Loaded) -> io::Result<()> {
    writeln!(out, "{}", headline(loaded))?;
    let sweep = &loaded.sweep;
    let width = sweep.axes().iter().map(|axis| axis.name.len()).max().unwrap_or(0);
    for (index, axis) in sweep.axes().iter().enumerate() {
        let role = if sweep.replicate_axis() == Some(index) { "   (replicates)" } else { "" };
        writeln!(out, "  {:width$}   {}{role}", axis.name, wording::values(&axis.values))?;
    }
    if let Some(networks) = &loaded.networks {
        writeln!(out, "  {}", networks.words())?;
    }
    if let Some(rounds) = &loaded.replicates_wanted {
        writeln!(out, "  {}", rounds.words())?;
    }
    Ok(())
}

/// A line longer than this becomes two.
const WIDE: usize = 110;

/// Name, question and count: the first line of every screen of a sweep.
pub(super) fn headline(loaded: &Loaded) -> String {
    let sweep = &loaded.sweep;
    let question = sweep.question.as_ref().map_or_else(String::new, |question| format!(": {question}"));
    let cells = wording::count(sweep.count(), "cell");
    let cells = if sweep.precision.is_some() { format!("at most {cells}") } else { cells };
    let product = sweep.product();
    let product = if product.is_empty() { product } else { format!(" = {product}") };
    let title = format!("{}{question}", loaded.name);
    let line = format!("{title:60}  {cells}{product}");
    if line.chars().count() <= WIDE { line } else { format!("{title}\n  {cells}{product}") }
}
