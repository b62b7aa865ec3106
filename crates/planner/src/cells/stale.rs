//! Done cells that were made by other code than this program's.

use std::collections::HashMap;

use gainsweep_contract::CellId;
use gainsweep_contract::records::Done;
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::Submission;
use rayon::prelude::*;

use crate::sealing::{self, code::Code};
use crate::sweep_file::Loaded;

/// Up to this many done cells are all checked.
const FEW: usize = 20_000;

/// Of more cells, a sample of this size is checked first, spread evenly. All are checked only if one of these
/// is stale.
const ASKED: usize = 2_000;

/// The code that would make a sweep's cells now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CurrentCode {
    /// The built-in worker's: planner and worker are built and shipped together.
    OfThisProgram,
    /// That of another program, as it lies: its hash.
    Sealed(String),
    /// Nobody knows: the sweep file does not say what the program is made of, or it cannot be read.
    Unknown,
}

impl CurrentCode {
    /// That of a sweep.
    pub(crate) fn of(loaded: &Loaded) -> CurrentCode {
        match &loaded.sweep.worker {
            None => CurrentCode::OfThisProgram,
            Some(worker) if worker.code.is_empty() => CurrentCode::Unknown,
            Some(worker) => Code::read(&loaded.project.root, &worker.code, &loaded.not_code())
                .map_or(CurrentCode::Unknown, |code| CurrentCode::Sealed(code.hash)),
        }
    }

    /// For people: `gainsweep 0.2.0 (4f1c2a9)`, `code 4f1c2a9d`.
    pub(crate) fn words(&self) -> String {
        match self {
            CurrentCode::OfThisProgram => {
                format!("gainsweep {}", words(env!("CARGO_PKG_VERSION"), env!("GAINSWEEP_COMMIT")))
            }
            CurrentCode::Sealed(hash) => code_words(hash),
            CurrentCode::Unknown => "unknown code".into(),
        }
    }

    /// For programs: version and commit of this program, or the hash of another program's code.
    pub(crate) fn name(&self) -> String {
        match self {
            CurrentCode::OfThisProgram | CurrentCode::Unknown => {
                words(env!("CARGO_PKG_VERSION"), env!("GAINSWEEP_COMMIT"))
            }
            CurrentCode::Sealed(hash) => hash.clone(),
        }
    }

    /// The code that made a cell, if it is other code. Unknown commits are not compared.
    fn other(&self, done: &Done) -> Option<String> {
        match self {
            CurrentCode::OfThisProgram => other_code(done).map(|words| format!("gainsweep {words}")),
            CurrentCode::Sealed(hash) => {
                done.code.as_ref().filter(|made| *made != hash).map(|made| code_words(made))
            }
            CurrentCode::Unknown => None,
        }
    }
}

fn code_words(hash: &str) -> String {
    format!("code {}", hash.get(..8).unwrap_or(hash))
}

/// What a person should know about the code of the cells that wait or run, if they are of the newest submission.
pub(crate) fn note_on_waiting_cells(submission: &Submission, loaded: &Loaded) -> Option<String> {
    let since = "has changed since this was submitted; what waits runs the sealed";
    match (&submission.code, submission.foreign) {
        (_, false) => {
            let moved_on = sealing::has_moved_on(&submission.worker, &submission.worker_from);
            moved_on.then(|| format!("note: the worker {since} one"))
        }
        (Some(name), true) => {
            let now = CurrentCode::of(loaded);
            let moved_on = matches!(&now, CurrentCode::Sealed(hash) if !name.starts_with(hash));
            moved_on.then(|| format!("note: the code {since} {}, not {}", code_words(name), now.words()))
        }
        (None, true) => Some(
            "note: the program's code is not sealed: what waits runs it as it lies then (`code` below [worker] \
             seals it)"
                .into(),
        ),
    }
}

/// Done cells that other code made.
#[derive(Debug)]
pub(crate) struct Stale {
    /// The code that would make them now.
    pub(crate) current: CurrentCode,
    /// The codes, as text, in the order of the sweep's cells.
    pub(crate) codes: Vec<String>,
    /// Which code made which cell.
    cells: HashMap<CellId, usize>,
}

impl Stale {
    /// Reads `done.json` of these done cells.
    pub(crate) fn read(folder: &SweepFolder, done: &[CellId], current: CurrentCode) -> Stale {
        let mut stale = Stale { current, codes: Vec::new(), cells: HashMap::new() };
        if stale.current == CurrentCode::Unknown {
            return stale;
        }
        if done.len() > FEW {
            let stride = done.len().div_ceil(ASKED);
            let some: Vec<CellId> = done.iter().step_by(stride).copied().collect();
            if of(folder, &some, &stale.current).is_empty() {
                return stale;
            }
        }
        for (cell, code) in of(folder, done, &stale.current) {
            let known = stale.codes.iter().position(|known| *known == code);
            let place = known.unwrap_or_else(|| {
                stale.codes.push(code);
                stale.codes.len() - 1
            });
            stale.cells.insert(cell, place);
        }
        stale
    }

    /// Is that cell stale?
    pub(crate) fn contains(&self, cell: CellId) -> bool {
        self.cells.contains_key(&cell)
    }

    /// Keeps only these cells.
    pub(crate) fn select(&mut self, cells: &[CellId]) {
        self.cells = cells.iter().filter_map(|cell| self.cells.remove_entry(cell)).collect();
    }

    /// The code that made the cell, if it was other code.
    pub(crate) fn code(&self, cell: CellId) -> Option<&str> {
        self.cells.get(&cell).map(|place| self.codes[*place].as_str())
    }

    /// The number of stale cells.
    pub(crate) fn count(&self) -> u64 {
        self.cells.len() as u64
    }
}

/// The stale ones, each with the code that made it.
fn of(folder: &SweepFolder, done: &[CellId], current: &CurrentCode) -> Vec<(CellId, String)> {
    let code = |cell: &CellId| Some((*cell, current.other(&folder.cell(*cell).read_record()?)?));
    done.par_iter().filter_map(code).collect()
}

/// The code that made it, if it is not this program's. Unknown commits are not compared.
fn other_code(done: &Done) -> Option<String> {
    let own = env!("GAINSWEEP_COMMIT");
    let same_commit = done.commit == own || [done.commit.as_str(), own].iter().any(|commit| unknown(commit));
    let same = done.version.is_empty() || (done.version == env!("CARGO_PKG_VERSION") && same_commit);
    (!same).then(|| words(&done.version, &done.commit))
}

fn unknown(commit: &str) -> bool {
    commit.is_empty() || commit == "unknown"
}

fn words(version: &str, commit: &str) -> String {
    if unknown(commit) { version.to_string() } else { format!("{version} ({commit})") }
}
