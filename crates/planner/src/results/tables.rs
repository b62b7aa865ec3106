//! Writes the tables of a sweep, and what the next gathering can skip.

use std::collections::HashSet;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gainsweep_report::{ContextSummary, Results, Row, cells_first_line, cells_rows, columns, summary_csv};
use gainsweep_store::atomic::{self, FileStamp};
use gainsweep_store::csv_table::Ending;
use gainsweep_store::merged_table::{self, Digest, Digested, Extent, Merged, SourceTable};
use gainsweep_store::previous_gathering::{KnownCell, PreviousGathering};
use gainsweep_store::{AtomicFile, CellFolder, SweepFolder, WriteError};
use rayon::prelude::*;

use crate::results::read::Again;
use crate::screen::failure::Failure;

/// The name of the table of statistics over contexts.
pub(crate) const SUMMARY_CONTEXTS: &str = "summary_contexts";

/// Temporary files older than this in the folder of tables are left over.
const ABANDONED: Duration = Duration::from_hours(1);

/// Rows of the table of cells that one thread writes at once, and that are in memory at once.
const ROWS_AT_ONCE: [usize; 2] = [1024, 32 * 1024];

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// The names of the tables.
    pub(crate) tables: Vec<&'static str>,
    /// What could not be read, with file names.
    pub(crate) damage: Vec<String>,
    /// The rows of done cells with a table that is refused, or cannot be read.
    pub(crate) refused: Vec<usize>,
}

/// Writes all tables. The summary has these metrics; the summary over contexts has those of the sweep file.
///
/// # Errors
/// A table cannot be written.
pub(crate) fn write(
    results: &Results,
    metrics: &[usize],
    named: &[String],
    folder: &SweepFolder,
    again: Again,
) -> Result<Written, Failure> {
    fs_err::create_dir_all(folder.tables())?;
    atomic::remove_leftovers(&folder.tables(), ABANDONED);
    let (cells, summary) = rayon::join(
        || write_cells(results, &again, &folder.cells_table()),
        || atomic::write(&folder.summary_table(), &summary_csv(results, metrics)),
    );
    let cells = cells?;
    summary?;
    let mut tables = vec!["cells", "summary"];
    let over_contexts = OverContexts(ContextSummary { results, named });
    let target = folder.summary_contexts_table();
    let digested = Some(Digested { digest: &over_contexts, target: &target });
    let long = |what: Long, target: &Path, digested| long(results, folder, &again, what, target, digested);
    let contexts: Long = ("contexts", CellFolder::contexts, |known| [known.contexts, known.summary], [1, 3]);
    let contexts = long(contexts, &folder.contexts_table(), digested)?;
    let history: Long = ("history", CellFolder::history, |known| [known.history, Extent::default()], [2, 2]);
    let history = long(history, &folder.history_table(), None)?;
    remember(results, folder, again, cells, &contexts, &history)?;
    if contexts.files > 0 {
        tables.push(SUMMARY_CONTEXTS);
    }
    let (mut damage, mut refused) = (Vec::new(), Vec::new());
    for (name, merged) in [("contexts", contexts), ("history", history)] {
        if merged.files > 0 {
            tables.push(name);
        }
        damage.extend(merged.damage);
        // Of the others the state says more.
        refused.extend(merged.refused.into_iter().filter(|row| results.rows[*row].done));
    }
    Ok(Written { tables, damage, refused })
}

/// The table of cells, part by part. Unchanged rows are copied from the old table.
fn write_cells(results: &Results, again: &Again, target: &Path) -> Result<FileStamp, WriteError> {
    let fail = |error| WriteError::new(target, "write", error);
    let mut file = AtomicFile::create(target)?;
    file.write_all(&cells_first_line(results)).map_err(fail)?;
    let [one_thread, at_once] = ROWS_AT_ONCE;
    let rows = results.rows.len();
    for first in (0..rows).step_by(at_once) {
        let starts = (first..rows.min(first + at_once)).into_par_iter().step_by(one_thread);
        let parts = starts.map(|start| part(results, again, start..rows.min(start + one_thread)));
        let parts: Vec<Vec<u8>> = parts.collect();
        parts.iter().try_for_each(|part| file.write_all(part)).map_err(fail)?;
    }
    file.commit_stamped()
}

/// Some rows of the table of cells.
fn part(results: &Results, again: &Again, rows: Range<usize>) -> Vec<u8> {
    let mut part = Vec::new();
    let mut new = rows.start..rows.start;
    for row in rows {
        match again.line(row) {
            Some(line) => {
                part.extend(cells_rows(results, std::mem::replace(&mut new, row + 1..row + 1)));
                part.extend_from_slice(&again.table().as_bytes()[line]);
            }
            None => new.end = row + 1,
        }
    }
    part.extend(cells_rows(results, new));
    part
}

/// The name of a long table, the file of a cell's part, the range of its rows, and its places among the known tables.
type Long<'a> = (&'a str, fn(&CellFolder) -> PathBuf, fn(&KnownCell) -> [Extent; 2], [usize; 2]);

/// One long table: axes, cell, state, then the columns of the cells' files.
fn long(
    results: &Results,
    folder: &SweepFolder,
    again: &Again,
    (name, file, known, places): Long<'_>,
    target: &Path,
    digested: Option<Digested<'_>>,
) -> Result<Merged, Failure> {
    let believed = places.map(|place| again.tables()[place]);
    let mut prefix = columns(results).axes;
    prefix.extend(["cell", "state"].map(String::from));
    let rows = results.rows.iter().zip(&again.ids).enumerate();
    let sources: Vec<OneCell> = rows
        .map(|(place, (row, id))| OneCell {
            row,
            file: file(&again.home(folder, *id)),
            known: again.known(place).as_ref().map(known),
        })
        .collect();
    Ok(merged_table::merge(&prefix, &format!("{name}_"), &sources, target, digested, believed)?)
}

/// A cell's part of a long table.
struct OneCell<'a> {
    row: &'a Row,
    file: PathBuf,
    /// The range of its rows, and its row in the digest.
    known: Option<[Extent; 2]>,
}

impl SourceTable for OneCell<'_> {
    fn prefix(&self) -> Vec<String> {
        let mut values: Vec<String> = self.row.axes.iter().map(ToString::to_string).collect();
        values.extend([self.row.cell.clone(), self.row.state.to_string()]);
        values
    }

    fn path(&self) -> PathBuf {
        self.file.clone()
    }

    fn ending(&self) -> Ending {
        merged_table::ending(self.row.done)
    }

    fn known(&self) -> Option<Extent> {
        self.known.map(|[rows, _]| rows)
    }

    fn known_digest(&self) -> Option<Extent> {
        self.known.map(|[_, digest]| digest)
    }
}

/// Computes the statistics over contexts while the table of contexts is written.
struct OverContexts<'a>(ContextSummary<'a>);

impl Digest for OverContexts<'_> {
    fn wanted(&self, columns: &[Vec<u8>]) -> Vec<usize> {
        self.0.wanted(columns)
    }

    fn header(&self, wanted: &[&[u8]]) -> Vec<u8> {
        self.0.header(wanted)
    }

    fn row(&self, place: usize, rows: usize, numbers: &[Vec<f64>]) -> Vec<u8> {
        self.0.row(place, rows, numbers)
    }
}

/// Records which cells the next gathering can skip.
fn remember(
    results: &Results,
    folder: &SweepFolder,
    again: Again,
    cells_table: FileStamp,
    contexts: &Merged,
    history: &Merged,
) -> Result<(), Failure> {
    let damaged: HashSet<usize> = contexts.damaged.iter().chain(&history.damaged).copied().collect();
    let known = |place: usize| {
        let stamp = again.stamps[place].filter(|_| !damaged.contains(&place))?;
        let [contexts, history, summary] =
            [&contexts.extents, &history.extents, &contexts.digests].map(|extents| extents[place]);
        Some(KnownCell { stamp, contexts, history, summary })
    };
    let cells = again.ids.iter().enumerate().map(|(place, id)| (*id, known(place))).collect();
    let tables = [Some(cells_table), contexts.stamps[0], history.stamps[0], contexts.stamps[1]];
    let (metrics, statistics) = (results.metrics.clone(), again.statistics);
    Ok(PreviousGathering { metrics, statistics, tables, cells }.write(folder)?)
}
