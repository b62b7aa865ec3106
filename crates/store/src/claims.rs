//! Who runs a cell: a file that only one process can create, so that a cell that was sent twice runs once.
//!
//! `claims/<cell>.<number>.json` is the cell's claim of that number; the highest number counts. It is created
//! whole under a name that must be free, so only one of several processes gets it, also on network file
//! systems. No other process moves or replaces it: a process that finds the claimant gone creates the next
//! number. When the cell is done, its claims are removed. So a process that has claimed a cell checks
//! afterwards whether it is done.

use std::io;
use std::path::{Path, PathBuf};

use gainsweep_contract::CellId;
use serde::{Deserialize, Serialize};

use crate::atomic::{self, WriteError};
use crate::this_machine;

/// The version of [`Claimant`].
pub const CLAIM_FORMAT: u32 = 1;

/// Who has a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claimant {
    /// [`CLAIM_FORMAT`].
    pub format: u32,
    /// Name of the machine.
    pub host: String,
    /// Identifies this boot of the machine.
    pub boot: String,
    /// Process id.
    pub pid: u32,
    /// The batch system's job, if it runs in one.
    pub job: Option<u64>,
    /// The task of that job.
    pub task: Option<u32>,
    /// How often that task was restarted.
    pub restart: u32,
    /// Since when, ISO 8601 in UTC.
    pub since: String,
    /// Has it ended, so that the cell is free?
    pub released: bool,
    /// Seconds of this and all earlier attempts; set on release.
    pub seconds: f64,
}

impl Claimant {
    /// Is it alive? `None` if that is unknown on this machine.
    pub fn lives(&self) -> Option<bool> {
        if self.released {
            return Some(false);
        }
        let is_here = self.host == this_machine::host();
        is_here.then(|| self.boot == this_machine::boot() && this_machine::is_alive(self.pid))
    }
}

/// The outcome of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// The cell is ours until the claim is released.
    Ours(Claim),
    /// Another process has it: which one, if the file can be read.
    Held(Option<Box<Claimant>>),
}

/// A cell that is ours.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    cell: CellId,
    claimant: Claimant,
    /// 1 for the first claim of the cell, and so the number of the attempt.
    pub number: u32,
    /// Seconds that earlier attempts took.
    pub seconds_before: f64,
}

/// Claims a cell. `is_gone` decides about a holder that did not release it.
///
/// # Errors
/// The claim cannot be written.
pub fn claim(
    folder: &Path,
    cell: CellId,
    claimant: &Claimant,
    is_gone: impl FnOnce(&Claimant) -> bool,
) -> Result<Claimed, WriteError> {
    let last = last(folder, cell);
    let mut seconds_before = 0.0;
    if last > 0 {
        let path = path(folder, cell, last);
        match read(&path) {
            Ok(Some(holder)) if holder.released || is_gone(&holder) => seconds_before = holder.seconds,
            Ok(Some(holder)) => return Ok(Claimed::Held(Some(Box::new(holder)))),
            // The holder has just finished the cell and removed its claims.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(None) | Err(_) => return Ok(Claimed::Held(None)),
        }
    }
    let number = last + 1;
    let claimant = Claimant { seconds: seconds_before, released: false, ..claimant.clone() };
    let ours = atomic::create_new(&path(folder, cell, number), &render(&claimant))?;
    Ok(if ours {
        Claimed::Ours(Claim { folder: folder.to_path_buf(), cell, claimant, number, seconds_before })
    } else {
        Claimed::Held(None)
    })
}

/// The current or last holder of a cell, if its claims exist.
pub fn holder(folder: &Path, cell: CellId) -> Option<Claimant> {
    let last = last(folder, cell);
    if last == 0 { None } else { read(&path(folder, cell, last)).ok().flatten() }
}

impl Claim {
    /// Releases the cell after that many seconds, for another attempt.
    ///
    /// # Errors
    /// The claim cannot be written; it then ends with our process.
    pub fn release(mut self, seconds: f64) -> Result<(), WriteError> {
        self.claimant.released = true;
        self.claimant.seconds = self.seconds_before + seconds;
        atomic::write(&path(&self.folder, self.cell, self.number), &render(&self.claimant))
    }

    /// The cell is done, so its claims are no longer needed. Errors are ignored: old claims do no harm.
    pub fn finish(self) {
        for number in (1..=self.number).rev() {
            let _ = fs_err::remove_file(path(&self.folder, self.cell, number));
        }
    }
}

/// The highest number of a cell's claims; 0 without any.
fn last(folder: &Path, cell: CellId) -> u32 {
    let mut last = 0;
    while path(folder, cell, last + 1).exists() {
        last += 1;
    }
    last
}

fn path(folder: &Path, cell: CellId, number: u32) -> PathBuf {
    folder.join(format!("{cell}.{number}.json"))
}

fn render(claimant: &Claimant) -> Vec<u8> {
    // A struct of texts and numbers always has a JSON form.
    serde_json::to_vec(claimant).unwrap_or_default()
}

fn read(path: &Path) -> io::Result<Option<Claimant>> {
    let claimant: Option<Claimant> = serde_json::from_slice(&fs_err::read(path)?).ok();
    Ok(claimant.filter(|claimant| claimant.format <= CLAIM_FORMAT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> CellId {
        "14c4641a39128249".parse().expect("an id")
    }

    fn claimant(pid: u32) -> Claimant {
        Claimant {
            format: CLAIM_FORMAT,
            host: "node07".into(),
            boot: "b".into(),
            pid,
            job: Some(48213),
            task: Some(2),
            restart: 0,
            since: "2026-01-01T00:00:00Z".into(),
            released: false,
            seconds: 0.0,
        }
    }

    fn ours(claimed: Claimed) -> Claim {
        match claimed {
            Claimed::Ours(claim) => claim,
            Claimed::Held(holder) => panic!("held by {holder:?}"),
        }
    }

    /// If this fails, the shape of the files has changed: raise `CLAIM_FORMAT`.
    #[test]
    fn the_shape_of_format_1() {
        assert_eq!(CLAIM_FORMAT, 1);
        insta::assert_snapshot!(String::from_utf8_lossy(&render(&claimant(7))), @r#"{"format":1,"host":"node07","boot":"b","pid":7,"job":48213,"task":2,"restart":0,"since":"2026-01-01T00:00:00Z","released":false,"seconds":0.0}"#);
    }

    #[test]
    fn a_cell_has_one_claimant_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let claim_as = |pid, gone| claim(folder.path(), cell(), &claimant(pid), |_| gone).expect("written");
        let first = ours(claim_as(1, false));
        assert!(matches!(claim_as(2, false), Claimed::Held(Some(holder)) if holder.pid == 1));
        first.release(2.0).expect("written");
        let second = ours(claim_as(2, false));
        assert_eq!((second.number, second.seconds_before), (2, 2.0));
        // Its process died without a release.
        let third = ours(claim_as(3, true));
        assert_eq!(third.number, 3);
        assert_eq!(holder(folder.path(), cell()).map(|holder| holder.pid), Some(3));
        third.finish();
        assert_eq!(fs_err::read_dir(folder.path()).expect("list").count(), 0);
    }

    #[test]
    fn of_many_that_find_the_claimant_gone_one_gets_the_cell() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(claim(folder.path(), cell(), &claimant(1), |_| false));
        let got = std::thread::scope(|scope| {
            let folder = folder.path();
            let tries: Vec<_> = (2..10)
                .map(|pid| {
                    scope.spawn(move || claim(folder, cell(), &claimant(pid), |holder| holder.pid == 1))
                })
                .collect();
            tries
                .into_iter()
                .map(|thread| thread.join().expect("ended").expect("written"))
                .filter(|claimed| matches!(claimed, Claimed::Ours(_)))
                .count()
        });
        assert_eq!(got, 1);
    }

    #[test]
    fn a_claim_that_makes_no_sense_is_respected() {
        let folder = tempfile::tempdir().expect("a folder");
        fs_err::write(path(folder.path(), cell(), 1), "{").expect("written");
        let claimed = claim(folder.path(), cell(), &claimant(2), |_| true).expect("read");
        assert!(matches!(claimed, Claimed::Held(None)));
    }
}
