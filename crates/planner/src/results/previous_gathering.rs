//! What can be reused of the last gathering.

use std::collections::HashMap;
use std::fmt::Write;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use csv::ByteRecord;
use gainsweep_contract::{CellId, Value};
use gainsweep_language::Sweep;
use gainsweep_report::{Measured, Results, cells_header};
use gainsweep_store::atomic::FileStamp;
use gainsweep_store::csv_table::{self, Ending};
use gainsweep_store::previous_gathering::{KnownCell, PreviousGathering, Stamp, Tables};
use gainsweep_store::{SweepFolder, regular_file};
use rayon::prelude::*;

use super::read::Cell;

/// The last gathering, if its tables are unchanged.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) metrics: Vec<String>,
    /// For each cell of the sweep, the records about it and its row in the table of cells.
    known: Vec<Option<(KnownCell, usize)>>,
    /// The tables that they stand in.
    pub(super) tables: Tables,
    table: Rows,
    /// Number of fields of a row before the attempts.
    axes: usize,
}

/// The rows of the table of cells.
#[derive(Debug)]
enum Rows {
    /// A text without quotes, and the range of each line, without its end.
    Plain(Arc<String>, Vec<Range<usize>>),
    /// A table with quotes.
    Quoted(Vec<ByteRecord>),
}

impl Default for Rows {
    fn default() -> Rows {
        Rows::Quoted(Vec::new())
    }
}

/// What the last gathering left on disk, whatever the cells are now.
pub(super) struct Left {
    metrics: Vec<String>,
    cells: Vec<(CellId, Option<KnownCell>)>,
    tables: Tables,
    table: Rows,
    /// Number of axes.
    axes: usize,
}

impl Left {
    /// `None` if a table was changed, or this sweep would have another table, or other statistics.
    pub(super) fn read(sweep: &Sweep, folder: &SweepFolder, statistics: &str) -> Option<Left> {
        let (gathered, table) =
            rayon::join(|| PreviousGathering::read(folder), || read_table(&folder.cells_table()));
        let gathered = gathered.filter(|gathered| gathered.statistics == statistics)?;
        let PreviousGathering { metrics, cells, tables, .. } = gathered;
        let (table, stamp) = table?;
        if tables[0] != Some(stamp) {
            return None;
        }
        // The header for these axes and metrics: the sweep may have other axes now.
        let axes: Vec<String> = sweep.axes().iter().map(|axis| axis.name.clone()).collect();
        let count = axes.len();
        let header = cells_header(&Results { axes, metrics: metrics.clone(), ..Results::default() });
        let table = Rows::read(table, &header).filter(|rows| rows.len() == cells.len())?;
        Some(Left { metrics, cells, tables, table, axes: count })
    }
}

/// The text of a table, and the stamp of the file that it was read from.
fn read_table(path: &Path) -> Option<(String, FileStamp)> {
    let mut file = regular_file::open(path).ok()?;
    let stamp = FileStamp::of(&file.metadata().ok()?);
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    Some((text, stamp))
}

impl Before {
    /// `None` if the way of gathering has changed: then everything is read again.
    pub(super) fn new(left: Option<Left>, cells: &[Cell], stamps: &[Option<Stamp>]) -> Option<Before> {
        let Left { metrics, cells: gathered, tables, table, axes } = left?;
        let places = places(cells, &gathered);
        let known: Vec<Option<(KnownCell, usize)>> = (cells.iter().zip(stamps).zip(places))
            .map(|((_, stamp), place)| {
                let known = gathered[place?].1?;
                (*stamp == Some(known.stamp)).then_some((known, place?))
            })
            .collect();
        let all = gathered.iter().filter(|(_, known)| known.is_some()).count();
        if known.iter().flatten().count() != all {
            return None;
        }
        let before = Before { metrics, known, tables, table, axes };
        // A case may have a new name now: then its rows are out of date.
        let as_it_was = |(cell, known): (&Cell, &Option<(KnownCell, usize)>)| {
            known.is_none_or(|(_, row)| before.table.is_of(row, cell))
        };
        cells.par_iter().zip(&before.known).all(as_it_was).then_some(before)
    }

    /// Is there a cell that need not be read?
    pub(super) fn knows_something(&self) -> bool {
        self.known.iter().any(Option::is_some)
    }

    /// The records about the cell at that place in the sweep.
    pub(super) fn known(&self, place: usize) -> Option<KnownCell> {
        self.known.get(place)?.map(|(known, _)| known)
    }

    /// The row of a cell that need not be read: its attempts, and its metrics.
    pub(super) fn row(&self, place: usize) -> Option<(usize, Measured)> {
        let (_, row) = (*self.known.get(place)?)?;
        // Skip the id, the axes and the state.
        let skipped = self.axes + 2;
        match &self.table {
            Rows::Plain(text, lines) => {
                let line = lines[row].clone();
                let mut commas = memchr::memchr_iter(b',', text[line.clone()].as_bytes());
                let attempts = line.start + commas.nth(skipped - 1)? + 1;
                let end = commas.next().map_or(line.end, |comma| line.start + comma);
                let metrics = (end + 1).min(line.end)..line.end;
                Some((text[attempts..end].parse().ok()?, Measured::of_part(Arc::clone(text), metrics)))
            }
            Rows::Quoted(rows) => {
                let text = |value: &[u8]| Some(String::from_utf8_lossy(value).into_owned());
                let attempts = std::str::from_utf8(rows[row].get(skipped)?).ok()?.parse().ok()?;
                Some((attempts, rows[row].iter().skip(skipped + 1).map(text).collect()))
            }
        }
    }

    /// The byte range of that row in the table, its end included, if it can be copied unchanged.
    pub(super) fn line(&self, place: usize) -> Option<Range<usize>> {
        let (_, row) = (*self.known.get(place)?)?;
        match &self.table {
            Rows::Plain(_, lines) => Some(lines[row].start..lines[row].end + 1),
            Rows::Quoted(_) => None,
        }
    }

    /// The text of the table, for [`Before::line`].
    pub(super) fn text(&self) -> &str {
        match &self.table {
            Rows::Plain(text, _) => text,
            Rows::Quoted(_) => "",
        }
    }
}

/// For each cell its place in the last gathering. Nearly always it is the same.
fn places(cells: &[Cell], gathered: &[(CellId, Option<KnownCell>)]) -> Vec<Option<usize>> {
    let is_there = |(place, cell): (usize, &Cell)| gathered.get(place).is_some_and(|one| one.0 == cell.id);
    if cells.iter().enumerate().all(is_there) {
        return (0..cells.len()).map(Some).collect();
    }
    let by_id: HashMap<CellId, usize> =
        gathered.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    cells.iter().map(|cell| by_id.get(&cell.id).copied()).collect()
}

impl Rows {
    /// `None` if the table has another header.
    fn read(text: String, header: &[String]) -> Option<Rows> {
        if !csv_table::is_plain(text.as_bytes()) {
            let table = csv_table::parse(text.as_bytes(), Ending::Whole);
            return (table.header == *header).then_some(Rows::Quoted(table.rows));
        }
        let end = memchr::memchr(b'\n', text.as_bytes())?;
        if !text[..end].split(',').eq(header) || !text.ends_with('\n') {
            return None;
        }
        let mut start = end + 1;
        let lines = memchr::memchr_iter(b'\n', &text.as_bytes()[start..])
            .map(|stop| {
                let line = start..end + 1 + stop;
                start = line.end + 1;
                line
            })
            .collect();
        Some(Rows::Plain(Arc::new(text), lines))
    }

    fn len(&self) -> usize {
        match self {
            Rows::Plain(_, lines) => lines.len(),
            Rows::Quoted(rows) => rows.len(),
        }
    }

    /// Is this the row of that cell, with the same values on the axes?
    fn is_of(&self, row: usize, cell: &Cell) -> bool {
        match self {
            Rows::Plain(text, lines) => is_of(text[lines[row].clone()].split(',').map(str::as_bytes), cell),
            Rows::Quoted(rows) => is_of(rows[row].iter(), cell),
        }
    }
}

fn is_of<'a>(mut fields: impl Iterator<Item = &'a [u8]>, cell: &Cell) -> bool {
    let mut text = String::new();
    let mut is = |field: Option<&[u8]>, value: &Value| {
        text.clear();
        // Writing to a string cannot fail.
        let _ = write!(text, "{value}");
        field == Some(text.as_bytes())
    };
    fields.next() == Some(&cell.id.digits()[..]) && cell.axes.iter().all(|value| is(fields.next(), value))
}
