//! The attempts at cells: one CSV file a process below `attempts/`, each with one writer. Readers merge them.
//!
//! A row is appended when an attempt starts, and another when it ends. Of the rows of one attempt the last
//! counts. So an attempt of a killed executor is still known: it stays `started`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use gainsweep_contract::{CellId, CellState};
use jiff::Timestamp;
use rayon::prelude::*;

use crate::atomic::{self, WriteError};
use crate::csv_table::{self, Ending};
use crate::read_error::ReadError;

/// The version of these files. Raise it when [`COLUMNS`] or their meaning change.
pub const ATTEMPTS_FORMAT: u32 = 3;

/// The columns. `format` comes first, so that every row has its version.
pub const COLUMNS: [&str; 13] = [
    "format",
    "cell",
    "attempt",
    "started",
    "ended",
    "seconds",
    "outcome",
    "exit_code",
    "signal",
    "host",
    "job",
    "peak_bytes",
    "reason",
];

/// The columns of format 1: the first ten.
const COLUMNS_OF_FORMAT_1: usize = 10;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It has not ended, or its executor was killed before it recorded the end.
    Started,
    /// The cell is done.
    Done,
    /// The worker failed; its last line is the reason.
    Failed,
    /// The loss was not finite.
    Diverged,
    /// The worker was asked to stop, and can resume.
    Stopped,
    /// The worker was killed by a signal.
    Killed,
    /// It was ended before it made progress, as often as the sweep allows: more of the same would change nothing.
    TimedOut,
}

impl Outcome {
    /// All outcomes with their names in files.
    pub const NAMES: [(Outcome, &str); 7] = [
        (Outcome::Started, "started"),
        (Outcome::Done, "done"),
        (Outcome::Failed, "failed"),
        (Outcome::Diverged, "diverged"),
        (Outcome::Stopped, "stopped"),
        (Outcome::Killed, "killed"),
        (Outcome::TimedOut, "timeout"),
    ];

    /// The state of a cell with this last attempt, as far as the attempt alone tells.
    pub fn cell_state(self) -> CellState {
        match self {
            Outcome::Started => CellState::Running,
            Outcome::Done => CellState::Done,
            Outcome::Failed | Outcome::Killed => CellState::Failed,
            Outcome::Diverged => CellState::Diverged,
            Outcome::Stopped => CellState::Stopped,
            Outcome::TimedOut => CellState::Timeout,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Outcome::NAMES.iter().find(|(outcome, _)| outcome == self).map_or("", |(_, name)| name);
        formatter.pad(name)
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Outcome, String> {
        let known = Outcome::NAMES.iter().find(|(_, name)| *name == text);
        known.map(|(outcome, _)| *outcome).ok_or_else(|| format!("`{text}` is not an outcome"))
    }
}

/// One try at a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The cell.
    pub cell: CellId,
    /// 1 for the first try.
    pub number: u32,
    /// When it started.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// How long it took, in seconds, by a monotonic clock.
    pub seconds: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// The worker's exit code, if it left one.
    pub exit_code: Option<i32>,
    /// The signal that killed it, if one did.
    pub signal: Option<i32>,
    /// Name of the machine.
    pub host: String,
    /// The name of its job in the batch system, for example `48213_2`, if it ran in one.
    pub job: Option<String>,
    /// The worker's peak memory in bytes, if known.
    pub peak_bytes: Option<u64>,
    /// Why the cell is not done, in one line; may be empty.
    pub reason: String,
    /// The name of the process that made it: its file's. It is unique, and a job's number is not. No column.
    pub run: Arc<str>,
}

/// The attempts of one process, appended as they happen.
#[derive(Debug)]
pub struct AttemptsWriter {
    path: PathBuf,
    file: Option<fs_err::File>,
    /// Did the last append fail, possibly in the middle of a line?
    torn: bool,
    /// Is its name on disk?
    named: bool,
}

impl AttemptsWriter {
    /// A writer of `<folder>/<name>.csv`; the first row creates the file. `name` must belong to this process
    /// alone.
    pub fn new(folder: &Path, name: &str) -> AttemptsWriter {
        AttemptsWriter { path: folder.join(format!("{name}.csv")), file: None, torn: false, named: false }
    }

    /// Appends a row.
    ///
    /// # Errors
    /// The file cannot be created (also if another process created it), or cannot be written.
    pub fn append(&mut self, attempt: &Attempt) -> Result<(), WriteError> {
        let mut line = if self.torn { "\n".to_string() } else { String::new() };
        if self.file.is_none() {
            let new = fs_err::OpenOptions::new().append(true).create_new(true).open(&self.path);
            self.file = Some(new.map_err(|error| WriteError::new(&self.path, "make", error))?);
            line += &COLUMNS.join(",");
            line.push('\n');
        }
        line.push_str(&render(attempt));
        let Some(file) = &mut self.file else { return Ok(()) };
        // One write for a row: a reader sees whole rows, and at most one torn row at the end.
        let result = file.write_all(line.as_bytes());
        self.torn = result.is_err();
        result.map_err(|error| WriteError::new(&self.path, "append to", error))
    }

    /// Forces the rows so far to disk.
    ///
    /// # Errors
    /// The system refuses.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        let Some(file) = &self.file else { return Ok(()) };
        let synced = file.sync_data().and_then(|()| match self.path.parent() {
            Some(folder) if !self.named => atomic::sync_folder(folder),
            Some(_) | None => Ok(()),
        });
        self.named |= synced.is_ok();
        synced.map_err(|error| WriteError::new(&self.path, "force to disk", error))
    }
}

/// One row, line break included.
fn render(attempt: &Attempt) -> String {
    let optional = |value: Option<String>| value.unwrap_or_default();
    let fields = [
        ATTEMPTS_FORMAT.to_string(),
        attempt.cell.to_string(),
        attempt.number.to_string(),
        format!("{:.0}", attempt.started),
        optional(attempt.ended.map(|time| format!("{time:.0}"))),
        optional(attempt.seconds.map(|seconds| format!("{seconds:.3}"))),
        attempt.outcome.to_string(),
        optional(attempt.exit_code.map(|code| code.to_string())),
        optional(attempt.signal.map(|signal| signal.to_string())),
        attempt.host.clone(),
        optional(attempt.job.clone()),
        optional(attempt.peak_bytes.map(|bytes| bytes.to_string())),
        attempt.reason.clone(),
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields);
    String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
}

/// All attempts of a sweep.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    /// By cell, in the order of their starts.
    pub by_cell: BTreeMap<CellId, Vec<Attempt>>,
    /// What could not be read, with file names.
    pub damage: Vec<String>,
}

impl Attempts {
    /// Merges the files of all processes. A missing folder means no attempts.
    ///
    /// # Errors
    /// The folder exists but cannot be listed. Files that cannot be read are listed as damage.
    pub fn read(folder: &Path) -> Result<Attempts, ReadError> {
        Attempts::read_of(folder, |_| true)
    }

    /// The same for some cells: in a large sweep that is nearly done, few rows matter.
    ///
    /// # Errors
    /// As for [`Attempts::read`].
    pub fn read_of(folder: &Path, wanted: impl Fn(CellId) -> bool + Sync) -> Result<Attempts, ReadError> {
        let mut all = Attempts::default();
        // There are few files with many rows, or many with few: each is read alone, and they are merged in
        // order.
        let files: Vec<Attempts> = files(folder)?
            .par_iter()
            .map(|path| {
                let mut own = Attempts::default();
                own.read_file(path, &wanted);
                own
            })
            .collect();
        for file in files {
            all.damage.extend(file.damage);
            for (cell, attempts) in file.by_cell {
                all.by_cell.entry(cell).or_default().extend(attempts);
            }
        }
        for attempts in all.by_cell.values_mut() {
            // By number: the clocks of two machines need not agree.
            attempts.sort_by_key(|attempt| (attempt.number, attempt.started));
        }
        Ok(all)
    }

    fn read_file(&mut self, path: &Path, wanted: impl Fn(CellId) -> bool + Sync) {
        // The rows of one attempt: the later one counts.
        let mut own: BTreeMap<(CellId, u32), Attempt> = BTreeMap::new();
        let run: Arc<str> = path.file_stem().unwrap_or_default().to_string_lossy().into();
        let named = |attempt| Attempt { run: Arc::clone(&run), ..attempt };
        for attempt in rows(path, wanted, &mut self.damage, named) {
            own.insert((attempt.cell, attempt.number), attempt);
        }
        for ((cell, _), attempt) in own {
            self.by_cell.entry(cell).or_default().push(attempt);
        }
    }

    /// The attempts at one cell.
    pub fn of(&self, cell: CellId) -> &[Attempt] {
        self.by_cell.get(&cell).map_or(&[], Vec::as_slice)
    }
}

/// The files of all processes, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ReadError(error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    Ok(paths)
}

/// The results of `make` for the wanted rows of one file, in order.
fn rows<T: Send>(
    path: &Path,
    wanted: impl Fn(CellId) -> bool + Sync,
    damage: &mut Vec<String>,
    make: impl Fn(Attempt) -> T + Sync,
) -> Vec<T> {
    // A row without a readable cell is damage, and wanted.
    let cell = |row: &csv::ByteRecord| std::str::from_utf8(row.get(1)?).ok()?.parse().ok();
    let make = |row: &csv::ByteRecord| cell(row).is_none_or(&wanted).then(|| parse(row).map(&make));
    let table = match csv_table::read_map(path, Ending::Growing, make) {
        // Empty: its rows did not reach the disk before a power cut.
        Ok(Some(table)) if table.header.is_empty() && table.damage.len() == 1 => return Vec::new(),
        Ok(Some(table)) => table,
        Ok(None) => return Vec::new(),
        Err(error) => {
            damage.push(error.to_string());
            return Vec::new();
        }
    };
    damage.extend(table.damage.iter().map(|what| format!("{}: {what}", path.display())));
    let mut made = Vec::with_capacity(table.rows.len());
    for row in table.rows {
        match row {
            Ok(row) => made.push(row),
            Err(reason) => damage.push(format!("{}: {reason}", path.display())),
        }
    }
    made
}

/// Reads one row.
fn parse(row: &csv::ByteRecord) -> Result<Attempt, String> {
    let mut fields: Vec<&str> = row.iter().map(|field| std::str::from_utf8(field).unwrap_or("")).collect();
    if fields.len() == COLUMNS_OF_FORMAT_1 {
        fields.resize(COLUMNS.len(), "");
    }
    let fields: [&str; COLUMNS.len()] =
        fields.try_into().map_err(|_| "it does not have the columns of attempts".to_string())?;
    let [format, cell, number, started, ended, seconds, outcome, exit_code, signal, host, job, peak, reason] =
        fields;
    let format: u32 = required("format", format)?;
    if format > ATTEMPTS_FORMAT {
        return Err(format!(
            "attempts of format {format}; this program reads formats up to {ATTEMPTS_FORMAT}"
        ));
    }
    Ok(Attempt {
        cell: cell.parse()?,
        number: required("attempt", number)?,
        started: required("started", started)?,
        ended: optional("ended", ended)?,
        seconds: optional("seconds", seconds)?,
        outcome: outcome.parse()?,
        exit_code: optional("exit_code", exit_code)?,
        signal: optional("signal", signal)?,
        host: host.to_string(),
        job: optional("job", job)?,
        peak_bytes: optional("peak_bytes", peak)?,
        reason: reason.to_string(),
        run: Arc::default(),
    })
}

fn required<T: FromStr>(column: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a value of the column `{column}`"))
}

fn optional<T: FromStr>(column: &str, text: &str) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { required(column, text).map(Some) }
}

mod counts;

pub use counts::AttemptCounts;

#[cfg(test)]
mod tests;
