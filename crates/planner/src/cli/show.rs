//! `gainsweep show`: what a cell measured, and the commands that compute it again.

use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::records::Done;
use gainsweep_language::Cell;
use gainsweep_store::{CellFolder, UsualNames};

use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load, selectors};

/// The entry of a record for an unknown value.
const UNKNOWN: &str = "unknown";

/// Show what one cell measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// The beginning of a cell's id.
    pub(crate) cell: String,

    /// Print a shell script that computes these numbers again and compares them.
    #[arg(long)]
    pub(crate) reproduce: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let cell = selectors::one(&loaded.sweep, &options.cell)?;
    let home = loaded.folder().cell(cell.id);
    let Some(done) = home.read_record() else {
        return Err(Failure::user_hint(
            format!("{} is not done: it has no numbers", cell.id),
            format!("see: gainsweep explain {} {}", loaded.typed(), cell.id.short()),
        ));
    };
    if options.reproduce {
        screen::data(|out| recipe(out, &loaded, &cell, &home, &done))?;
    } else {
        screen::data(|out| numbers(out, &loaded, &cell, &home, &done))?;
    }
    Ok(FINE)
}

/// The metrics as the worker wrote them, and their provenance.
fn numbers(
    out: &mut dyn Write,
    loaded: &Loaded,
    cell: &Cell,
    home: &CellFolder,
    done: &Done,
) -> io::Result<()> {
    head(out, "", loaded, cell, done)?;
    let contents = home.read(&UsualNames::default());
    for damage in &contents.damage {
        screen::talk(&format!("warning: {damage}"));
    }
    let metrics = contents.metrics.unwrap_or_default();
    let width = metrics.names.iter().map(<[u8]>::len).max().unwrap_or(0);
    for (name, value) in metrics.names.iter().zip(metrics.fields()) {
        let name = wording::one_line(&String::from_utf8_lossy(name));
        writeln!(out, "{name:width$}  {}", wording::one_line(value))?;
    }
    Ok(())
}

/// A shell script that computes the numbers again in a new folder, and compares them.
fn recipe(
    out: &mut dyn Write,
    loaded: &Loaded,
    cell: &Cell,
    home: &CellFolder,
    done: &Done,
) -> io::Result<()> {
    head(out, "# ", loaded, cell, done)?;
    let built_in = loaded.sweep.worker.is_none();
    let commit = wording::one_line(&done.commit);
    if built_in && !commit.is_empty() && commit != UNKNOWN {
        writeln!(out, "# with the program that made them: git checkout {commit}; cargo build --release")?;
    }
    // Paths may be relative to the current folder.
    writeln!(out, "cd {}", wording::quoted(&std::env::current_dir()?))?;
    // A new folder each time: in an old one the worker would find finished results.
    writeln!(out, "again=$(mktemp -d \"${{TMPDIR:-/tmp}}/gainsweep-{}-XXXXXX\") || exit", cell.id)?;
    writeln!(out, "{}", training(loaded, home, "\"$again\""))?;
    writeln!(out, "diff {} \"$again\"/metrics.csv && echo the same", wording::quoted(&home.metrics()))
}

fn head(out: &mut dyn Write, before: &str, loaded: &Loaded, cell: &Cell, done: &Done) -> io::Result<()> {
    let label = wording::one_line(&loaded.sweep.label(cell));
    writeln!(out, "{before}cell {}   {}   {label}", cell.id, loaded.name)?;
    let program = format!(
        "{}{}, {} with {}, on {}, in {}",
        done.engine,
        // A worker that writes no record of its own has no known version.
        if done.version == UNKNOWN {
            String::new()
        } else {
            format!(", version {} ({})", done.version, done.commit)
        },
        if done.device == UNKNOWN { "one process" } else { done.device.as_str() },
        wording::count(done.threads as u64, "thread"),
        done.host,
        wording::duration(done.wall_seconds),
    );
    writeln!(out, "{before}made by {}", wording::one_line(&program))
}

/// The command that trains a cell again, into a folder given as a shell word.
pub(super) fn training(loaded: &Loaded, home: &CellFolder, into: &str) -> String {
    let foreign = loaded.sweep.worker.as_ref();
    let program = foreign.map_or_else(
        || "gainsweep-worker".to_string(),
        |worker| worker.iter().map(|word| wording::quoted(Path::new(word))).collect::<Vec<_>>().join(" "),
    );
    let networks = loaded.sweep.networks.as_ref();
    let networks = networks
        .map_or_else(String::new, |networks| format!(" --networks {}", wording::quoted(&networks.folder)));
    let params = wording::quoted(&home.parameters());
    format!("{program} train --params {params} --out {into}{networks}")
}
