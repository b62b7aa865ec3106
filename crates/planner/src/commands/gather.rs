//! `gainsweep gather`: tables from what the cells measured.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gainsweep_contract::exit::planner::FINE;
use gainsweep_report::{Results, Row, cells_csv, columns, compact, summary_csv};
use gainsweep_store::gathered::{self, Known, Stamp};
use gainsweep_store::long_table::{self, Extent, Merged, Source};
use gainsweep_store::table::Ending;
use gainsweep_store::{CellFolder, SweepFolder, atomic};

use crate::cli::GatherArgs;
use crate::collect::{Collected, collect, counts};
use crate::commands::{Loaded, load};
use crate::failure::Failure;
use crate::{screen, words};

/// Points that the table on the terminal shows.
const MOST_POINTS: usize = 40;

/// Damages that are listed; the rest is counted.
const MOST_DAMAGES: usize = 8;

/// The metric of the built-in worker that people look at first.
const FIRST_METRIC: &str = "clarity";

/// Temporary files in the folder of tables that are older than this belong to nobody.
const ABANDONED: Duration = Duration::from_hours(1);

pub(crate) fn execute(args: &GatherArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = existing(results, &loaded, &args.sweep.file)?;
    let gathered = gather(&loaded, &folder)?;
    show(&loaded, &gathered)?;
    screen::talk(&format!("figures   gainsweep plot {}", args.sweep.typed()));
    screen::talk(&format!("report    gainsweep report {}", args.sweep.typed()));
    Ok(FINE)
}

/// The sweep's folder, if the sweep was ever run.
///
/// # Errors
/// It was not.
pub(crate) fn existing(results: &Path, loaded: &Loaded, file: &Path) -> Result<SweepFolder, Failure> {
    let folder = SweepFolder::new(results, &loaded.name);
    if folder.cells().is_dir() {
        return Ok(folder);
    }
    Err(Failure::user_hint(
        format!("`{}` has no results in `{}`", loaded.name, folder.root().display()),
        format!("run it first: gainsweep run {}", words::quoted(file)),
    ))
}

/// What was gathered.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) results: Results,
    /// What was torn, missing or unreadable, with file names.
    pub(crate) damage: Vec<String>,
    /// The tables that were written.
    tables: Vec<String>,
    folder: SweepFolder,
}

/// Reads all cells and writes all tables. What is torn or missing is said on stderr and stops nothing.
///
/// # Errors
/// A table cannot be written.
pub(crate) fn gather(loaded: &Loaded, folder: &SweepFolder) -> Result<Gathered, Failure> {
    let Collected { results, mut damage, stamps, known } = collect(&loaded.sweep, &loaded.indices(), folder)?;
    fs_err::create_dir_all(folder.tables())?;
    atomic::remove_leftovers(&folder.tables(), ABANDONED);
    atomic::write(&folder.cells_table(), &cells_csv(&results))?;
    atomic::write(&folder.summary_table(), &summary_csv(&results, &metrics(loaded, &results)))?;
    let mut tables = vec!["cells".to_string(), "summary".to_string()];
    let contexts =
        long(&results, folder, "contexts", CellFolder::contexts, &folder.contexts_table(), |row| {
            known[row].map(|known| known.contexts)
        })?;
    let history = long(&results, folder, "history", CellFolder::history, &folder.history_table(), |row| {
        known[row].map(|known| known.history)
    })?;
    remember(&results, folder, &stamps, &contexts, &history)?;
    for (name, merged) in [("contexts", contexts), ("history", history)] {
        if merged.files > 0 {
            tables.push(name.into());
        }
        damage.extend(merged.damage);
    }
    for what in damage.iter().take(MOST_DAMAGES) {
        screen::talk(&format!("warning: {}", words::one_line(what)));
    }
    if damage.len() > MOST_DAMAGES {
        screen::talk(&format!("warning: and {} more like these", damage.len() - MOST_DAMAGES));
    }
    Ok(Gathered { results, damage, tables, folder: folder.clone() })
}

/// Prints the short table and says where the tables are.
///
/// # Errors
/// stdout cannot be written, or nobody reads it.
pub(crate) fn show(loaded: &Loaded, gathered: &Gathered) -> Result<(), Failure> {
    let results = &gathered.results;
    let marked = if results.missing() > 0 { "; every table says which" } else { "" };
    screen::talk(&format!("{}: {}{marked}", loaded.name, counts(results)));
    match metrics(loaded, results).first() {
        Some(metric) => {
            let table = compact(results, *metric, MOST_POINTS);
            screen::data(|out| table.lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
            if table.left_out > 0 {
                screen::talk(&format!(
                    "  and {} in the summary table",
                    words::count(table.left_out as u64, "more point")
                ));
            }
        }
        None => screen::talk("no cell has measured a number yet"),
    }
    let names = gathered.tables.join(",");
    screen::talk(&format!("tables    {}/{{{names}}}.csv", gathered.folder.tables().display()));
    Ok(())
}

/// The metrics of summary and screen: those that the sweep names, else all that have numbers, clarity first.
pub(crate) fn metrics(loaded: &Loaded, results: &Results) -> Vec<usize> {
    let numeric = results.numeric_metrics();
    let named = &loaded.sweep.gather.metrics;
    if named.is_empty() {
        let mut all = numeric;
        all.sort_by_key(|metric| results.metrics[*metric] != FIRST_METRIC);
        return all;
    }
    let mut found = Vec::new();
    for name in named {
        match results.metric(name).filter(|metric| numeric.contains(metric)) {
            Some(metric) => found.push(metric),
            None if numeric.is_empty() => {}
            None => screen::talk(&format!(
                "warning: no cell has a number for the metric `{}` of [gather]; there are {}",
                words::one_line(name),
                words::some(
                    &numeric.iter().map(|metric| results.metrics[*metric].clone()).collect::<Vec<_>>()
                )
            )),
        }
    }
    found
}

/// The metric that is drawn when nobody says.
pub(crate) fn first_metric(loaded: &Loaded, results: &Results) -> Option<usize> {
    let numeric = results.numeric_metrics();
    let named = loaded.sweep.gather.metrics.iter().find_map(|name| results.metric(name));
    named
        .or_else(|| results.metric(FIRST_METRIC))
        .filter(|metric| numeric.contains(metric))
        .or(numeric.first().copied())
}

/// One long table: axes, cell, state, then the columns of the cells' files.
fn long(
    results: &Results,
    folder: &SweepFolder,
    name: &str,
    file: fn(&CellFolder) -> PathBuf,
    target: &Path,
    known: impl Fn(usize) -> Option<Extent>,
) -> Result<Merged, Failure> {
    let mut prefix = columns(results).axes;
    prefix.extend(["cell", "state"].map(String::from));
    let of = |(place, row)| OneCell { row, folder, file, known: known(place) };
    let sources: Vec<OneCell> = results.rows.iter().enumerate().map(of).collect();
    Ok(long_table::merge(&prefix, &format!("{name}_"), &sources, target)?)
}

/// A cell's part of a long table.
struct OneCell<'a> {
    row: &'a Row,
    folder: &'a SweepFolder,
    file: fn(&CellFolder) -> PathBuf,
    known: Option<Extent>,
}

impl Source for OneCell<'_> {
    fn prefix(&self) -> Vec<String> {
        let mut values: Vec<String> = self.row.axes.iter().map(ToString::to_string).collect();
        values.extend([self.row.cell.clone(), self.row.state.clone()]);
        values
    }

    fn path(&self) -> PathBuf {
        self.row.cell.parse().map_or_else(|_| PathBuf::new(), |cell| (self.file)(&self.folder.cell(cell)))
    }

    fn ending(&self) -> Ending {
        long_table::ending(self.row.done)
    }

    fn known(&self) -> Option<Extent> {
        self.known
    }
}

/// Writes down which cells need not be read again.
fn remember(
    results: &Results,
    folder: &SweepFolder,
    stamps: &[Option<Stamp>],
    contexts: &Merged,
    history: &Merged,
) -> Result<(), Failure> {
    let damaged: HashSet<usize> = contexts.damaged.iter().chain(&history.damaged).copied().collect();
    let cells = (results.rows.iter().zip(stamps).enumerate())
        .filter(|(place, _)| !damaged.contains(place))
        .filter_map(|(place, (row, stamp))| {
            let known = Known {
                stamp: (*stamp)?,
                contexts: contexts.extents[place],
                history: history.extents[place],
            };
            Some((row.cell.parse().ok()?, known))
        })
        .collect();
    Ok(gathered::Gathered { metrics: results.metrics.clone(), cells }.write(folder)?)
}
