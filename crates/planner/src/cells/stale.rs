//! Done cells that were made by other code than this program's.

use std::collections::HashMap;

use gainsweep_contract::CellId;
use gainsweep_contract::records::Done;
use gainsweep_store::SweepFolder;
use rayon::prelude::*;

/// Up to this many done cells are all checked.
const FEW: usize = 20_000;

/// Of more cells, a sample of this size is checked first, spread evenly. All are checked only if one of these
/// is stale.
const ASKED: usize = 2_000;

/// Done cells that other code made.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    /// The codes, as text, in the order of the sweep's cells.
    pub(crate) codes: Vec<String>,
    /// Which code made which cell.
    cells: HashMap<CellId, usize>,
}

impl Stale {
    /// Reads `done.json` of these done cells.
    pub(crate) fn read(folder: &SweepFolder, done: &[CellId]) -> Stale {
        if done.len() > FEW {
            let stride = done.len().div_ceil(ASKED);
            let some: Vec<CellId> = done.iter().step_by(stride).copied().collect();
            if of(folder, &some).is_empty() {
                return Stale::default();
            }
        }
        let mut stale = Stale::default();
        for (cell, code) in of(folder, done) {
            let known = stale.codes.iter().position(|known| *known == code);
            let place = known.unwrap_or_else(|| {
                stale.codes.push(code);
                stale.codes.len() - 1
            });
            stale.cells.insert(cell, place);
        }
        stale
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
fn of(folder: &SweepFolder, done: &[CellId]) -> Vec<(CellId, String)> {
    let code = |cell: &CellId| Some((*cell, other_code(&folder.cell(*cell).read_record()?)?));
    done.par_iter().filter_map(code).collect()
}

/// The code of this program, as text. Planner and worker are built and shipped together.
pub(crate) fn own_code() -> String {
    words(env!("CARGO_PKG_VERSION"), env!("GAINSWEEP_COMMIT"))
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
