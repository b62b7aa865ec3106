//! `gainsweep check`: is the sweep right, and how many cells is it?

use std::io::{self, Write};
use std::path::Path;

use gainsweep_contract::exit::planner::FINE;

use crate::cli::CheckArgs;
use crate::commands::{Loaded, load};
use crate::failure::Failure;
use crate::{screen, words};

pub(crate) fn execute(args: &CheckArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    screen::data(|out| write(out, &loaded))?;
    screen::talk(&format!("next: gainsweep plan {}", args.sweep.typed()));
    Ok(FINE)
}

fn write(out: &mut dyn Write, loaded: &Loaded) -> io::Result<()> {
    writeln!(out, "{}", headline(loaded))?;
    let sweep = &loaded.sweep;
    let width = sweep.axes().iter().map(|axis| axis.name.len()).max().unwrap_or(0);
    for (index, axis) in sweep.axes().iter().enumerate() {
        let role = if sweep.replicate_axis() == Some(index) { "   (replicates)" } else { "" };
        writeln!(out, "  {:width$}   {}{role}", axis.name, words::values(&axis.values))?;
    }
    if let Some(networks) = &loaded.networks {
        writeln!(out, "  {}", networks.words())?;
    }
    if let Some(rounds) = &loaded.rounds {
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
    let cells = words::count(sweep.count(), "cell");
    let cells = if sweep.precision.is_some() { format!("at most {cells}") } else { cells };
    let product = sweep.product();
    let product = if product.is_empty() { product } else { format!(" = {product}") };
    let title = format!("{}{question}", loaded.name);
    let line = format!("{title:60}  {cells}{product}");
    if line.chars().count() <= WIDE { line } else { format!("{title}\n  {cells}{product}") }
}
