//! Gathering: reads all cells, writes all tables, shows a short one.

use gainsweep_report::{Results, compact};
use gainsweep_store::SweepFolder;

use crate::results::parquet;
use crate::results::read::{Collected, collect, counts};
use crate::results::tables::{self, SUMMARY_CONTEXTS, Written};
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::Loaded;
use crate::sweep_file::sweep_lock::SweepLock;

/// Points that the table on the terminal shows.
const MOST_POINTS: usize = 40;

/// Damaged files that are listed; the others are counted.
const MOST_DAMAGES: usize = 8;

/// The built-in worker's metric that people look at first.
const FIRST_METRIC: &str = "clarity";

/// The sweep's folder.
///
/// # Errors
/// The sweep was never run.
pub(crate) fn existing(loaded: &Loaded) -> Result<SweepFolder, Failure> {
    let folder = loaded.folder();
    if folder.cells().is_dir() {
        return Ok(folder);
    }
    Err(Failure::user_hint(
        format!("`{}` has no results in `{}`", loaded.name, folder.root().display()),
        format!("run it first: gainsweep run {}", loaded.typed()),
    ))
}

/// What was gathered.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) results: Results,
    /// The metrics of the summary and the screen.
    pub(crate) metrics: Vec<usize>,
    /// What was torn, missing or unreadable, with file names.
    pub(crate) damage: Vec<String>,
    /// How many done cells have a file that is refused, or cannot be read.
    pub(crate) refused: usize,
    /// The tables that were written.
    tables: Vec<&'static str>,
    /// Those that also exist as Parquet.
    parquet: Vec<&'static str>,
    folder: SweepFolder,
}

/// Reads all cells and writes all tables, also as Parquet if that is asked for here or in the sweep file.
/// Torn or missing files are reported on stderr and stop nothing.
///
/// # Errors
/// A table cannot be written.
pub(crate) fn gather(loaded: &Loaded, folder: &SweepFolder, parquet: bool) -> Result<Gathered, Failure> {
    // Two processes at once would write into each other's tables, and record rows of the wrong ones.
    let lock = SweepLock::to_gather(folder)?;
    let alone = lock.is_effective();
    if !alone && folder.gathered().exists() {
        fs_err::remove_file(folder.gathered())?;
    }
    let Collected { results, mut damage, mut refused, mut again } =
        collect(&loaded.sweep, &loaded.indices(), folder)?;
    if !alone {
        again.forget();
    }
    let metrics = metrics(loaded, &results);
    let Written { tables, damage: of_tables, refused: of_long } =
        tables::write(&results, &metrics, &loaded.sweep.gather.metrics, folder, again)?;
    damage.extend(of_tables);
    refused.extend(of_long);
    refused.sort_unstable();
    refused.dedup();
    let parquet = parquet::keep(&results, folder, parquet || loaded.sweep.gather.parquet)?;
    for what in damage.iter().take(MOST_DAMAGES) {
        screen::talk(&format!("warning: {}", wording::one_line(what)));
    }
    if damage.len() > MOST_DAMAGES {
        screen::talk(&format!("warning: and {} more like these", damage.len() - MOST_DAMAGES));
    }
    if !refused.is_empty() {
        screen::talk(&format!(
            "warning: {} with files that are not gathered. Correct them and gather again, or remove the cells' folders \
             and run again",
            wording::count(refused.len() as u64, "cell")
        ));
    }
    let refused = refused.len();
    Ok(Gathered { results, metrics, damage, refused, tables, parquet, folder: folder.clone() })
}

/// Prints the short table, and where the tables are.
///
/// # Errors
/// stdout cannot be written, or its reader has left.
pub(crate) fn show(loaded: &Loaded, gathered: &Gathered) -> Result<(), Failure> {
    let results = &gathered.results;
    let marked = if results.missing() > 0 { "; every table says which" } else { "" };
    screen::talk(&format!("{}: {}{marked}", loaded.name, counts(results)));
    match gathered.metrics.first() {
        Some(metric) => {
            let table = compact(results, *metric, MOST_POINTS);
            screen::data(|out| table.lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
            if table.left_out > 0 {
                screen::talk(&format!(
                    "  and {} in the summary table",
                    wording::count(table.left_out as u64, "more point")
                ));
            }
        }
        None => screen::talk("no cell has measured a number yet"),
    }
    if gathered.tables.contains(&SUMMARY_CONTEXTS) {
        let over = match results.replicate {
            Some(axis) => format!("intervals are over {}: networks", wording::one_line(&results.axes[axis])),
            None => "each value is from one network".into(),
        };
        screen::talk(&format!("spread    {over}; over the contexts of one network: {SUMMARY_CONTEXTS}.csv"));
    }
    let names = gathered.tables.join(",");
    let folder = gathered.folder.tables();
    screen::talk(&format!("tables    {}/{{{names}}}.csv", folder.display()));
    if !gathered.parquet.is_empty() {
        let names = gathered.parquet.join(",");
        screen::talk(&format!("parquet   {}/{{{names}}}.parquet", folder.display()));
    }
    Ok(())
}

/// The metrics of the summary and the screen: those of the sweep file, else all with numbers, clarity first.
fn metrics(loaded: &Loaded, results: &Results) -> Vec<usize> {
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
                "warning: no cell has a number for the metric `{}` of [gather]; the metrics are {}",
                wording::one_line(name),
                wording::some(
                    &numeric.iter().map(|metric| results.metrics[*metric].clone()).collect::<Vec<_>>()
                )
            )),
        }
    }
    found
}

/// The metric that is drawn by default.
pub(crate) fn first_metric(loaded: &Loaded, results: &Results) -> Option<usize> {
    let numeric = results.numeric_metrics();
    let named = loaded.sweep.gather.metrics.iter().find_map(|name| results.metric(name));
    named
        .or_else(|| results.metric(FIRST_METRIC))
        .filter(|metric| numeric.contains(metric))
        .or(numeric.first().copied())
}
