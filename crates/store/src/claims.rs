//! Who runs a cell: files that one process alone can make, so that a cell which was sent twice is published once.
//!
//! `claims/<cell>.<number>.json` is entry `number` of the cell's log. An entry is made whole under a name that must be
//! free, so of all that try one has it, on network file systems, too. The last entry counts:
//!
//! | last entry | the cell |
//! |---|---|
//! | none | is free |
//! | a claimant that lives, or may live | is held |
//! | a claimant that is gone | is free: who wants it makes the next entry |
//! | `released` | is free |
//! | `finished` | is done, or will be when the folder of that attempt is published |
//!
//! A process gives a cell back, or finishes it, by making the entry after its own. When that name is taken, another
//! process took the cell over, and the attempt publishes nothing, however long it was cut off and whatever its caches
//! say. The entry `finished` says which folder of [`crate::work`] is the cell's; whoever reads it may publish that
//! folder.
//!
//! When the cell is published, the entry `finished` is written as entry 1, and then the others are removed. So a
//! finished cell keeps one file. Their names are free again, which is why whoever has made an entry reads entry 1 once
//! more: if it says `finished`, what he made does not count. `tests/claim_protocol.rs` looks at every order of these
//! steps.

use std::io;
use std::path::{Path, PathBuf};

use gainsweep_contract::CellId;

use crate::atomic::{self, WriteError};
pub use crate::claimant::{CLAIM_FORMAT, Claimant};
use crate::regular_file;

/// The outcome of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// The cell is ours until the claim is released.
    Ours(Box<Claim>),
    /// Another process has it: which one, if the file can be read.
    Held(Option<Box<Claimant>>),
    /// This attempt finished it.
    Finished(u32),
}

/// A cell that is ours.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    cell: CellId,
    claimant: Claimant,
    /// The number of its entry.
    entry: u32,
    /// Which attempt at the cell this is: 1 for the first. It names the folder of the attempt.
    pub attempt: u32,
    /// Did the one before give the cell back? Otherwise it may still write, although it seems gone.
    pub was_given_back: bool,
    /// Seconds that earlier attempts took.
    pub seconds_before: f64,
    /// How many attempts of this task before it left no newer checkpoint, in a row.
    pub in_vain: u32,
}

/// Claims a cell. `is_gone` decides about a holder that did not release it. `attempts_before` are known from elsewhere: the
/// log may have been lost.
///
/// # Errors
/// The claim cannot be written, or an earlier one cannot be read for another reason than that it is not there.
pub fn claim(
    folder: &Path,
    cell: CellId,
    claimant: &Claimant,
    attempts_before: u32,
    is_gone: impl FnOnce(&Claimant) -> bool,
) -> Result<Claimed, WriteError> {
    let (last, before) = match last_entry(folder, cell)? {
        Last::Free => (0, None),
        Last::Unclear(_) => return Ok(Claimed::Held(None)),
        Last::Entry(_, holder) if holder.finished => return Ok(Claimed::Finished(holder.attempt)),
        Last::Entry(number, holder) if holder.released || is_gone(&holder) => (number, Some(holder)),
        Last::Entry(_, holder) => return Ok(Claimed::Held(Some(holder))),
    };
    let entry = last + 1;
    let in_log = before.as_ref().map_or(0, |before| before.attempt.max(u32::from(before.format == 1) * last));
    let attempt = in_log.max(attempts_before) + 1;
    let seconds_before = before.as_ref().map_or(0.0, |before| before.seconds);
    let was_given_back = before.as_ref().is_none_or(|before| before.released && !before.forced);
    let in_vain = before.as_ref().map_or(0, |before| before.in_vain_before(claimant));
    let claimant = Claimant { attempt, seconds: seconds_before, in_vain, ..claimant.clone() };
    let path = path(folder, cell, entry);
    if !atomic::create_new(&path, &render(&claimant))? {
        // Someone was faster, or our view of the folder was old.
        return Ok(match last_entry(folder, cell)? {
            Last::Entry(_, holder) if holder.finished => Claimed::Finished(holder.attempt),
            Last::Entry(_, holder) => Claimed::Held(Some(holder)),
            Last::Free | Last::Unclear(_) => Claimed::Held(None),
        });
    }
    // The entry `finished` may have become entry 1 meanwhile, also in place of ours.
    if let Entry::Is(first) = read(&self::path(folder, cell, 1))?
        && first.finished
    {
        if entry > 1 {
            let _ = fs_err::remove_file(&path);
        }
        return Ok(Claimed::Finished(first.attempt));
    }
    let folder = folder.to_path_buf();
    let claim = Claim { folder, cell, claimant, entry, attempt, was_given_back, seconds_before, in_vain };
    Ok(Claimed::Ours(Box::new(claim)))
}

/// The one who has a cell or had it last, if its claims are still there and can be read.
pub fn holder(folder: &Path, cell: CellId) -> Option<Claimant> {
    match last_entry(folder, cell) {
        Ok(Last::Entry(_, holder)) => Some(*holder),
        Ok(Last::Free | Last::Unclear(_)) | Err(_) => None,
    }
}

/// Takes a cell from its holder, who is said to be gone: a person knows, we do not. `false` where nobody holds it.
///
/// # Errors
/// The claim cannot be written, or cannot be read.
pub fn release(folder: &Path, cell: CellId) -> Result<bool, WriteError> {
    let (last, before) = match last_entry(folder, cell)? {
        Last::Free => return Ok(false),
        Last::Entry(_, holder) if holder.has_ended() => return Ok(false),
        Last::Entry(number, holder) => (number, *holder),
        Last::Unclear(number) => {
            (number, Claimant { attempt: number, ..Claimant::this_process(String::new()) })
        }
    };
    // The holder, should it live, finds this entry when it finishes.
    let released = Claimant { released: true, forced: true, ..before };
    atomic::create_new(&path(folder, cell, last + 1), &render(&released))
}

/// Lets a cell be claimed again whose attempt finished, and whose results are gone.
///
/// # Errors
/// The claim cannot be written.
pub fn reopen(folder: &Path, cell: CellId, attempt: u32) -> Result<(), WriteError> {
    let free = Claimant { attempt, released: true, ..Claimant::this_process(String::new()) };
    let last = last_number(folder, cell);
    atomic::write(&path(folder, cell, 1), &render(&free))?;
    for number in (2..=last).rev() {
        let _ = fs_err::remove_file(path(folder, cell, number));
    }
    Ok(())
}

/// Leaves one entry of a cell that is published: that it is finished. What cannot be removed does no harm.
///
/// # Errors
/// The entry cannot be read or written.
pub fn settle(folder: &Path, cell: CellId) -> Result<(), WriteError> {
    let last = last_number(folder, cell);
    if last <= 1 {
        return Ok(());
    }
    if !is_finished(folder, cell)? {
        let Entry::Is(entry) = read(&path(folder, cell, last))? else { return Ok(()) };
        if !entry.finished {
            return Ok(());
        }
        // Written, not renamed: by now another process may have put its own claim under the name of the last entry.
        // Not synced: who finds it empty after a power cut finds the published cell first.
        atomic::write_unsynced(&path(folder, cell, 1), &render(&entry))?;
    }
    for number in (2..=last).rev() {
        let _ = fs_err::remove_file(path(folder, cell, number));
    }
    Ok(())
}

impl Claim {
    /// Releases the cell after that many seconds, for another attempt. `progressed`: it can resume, also where no
    /// checkpoint is known here.
    ///
    /// # Errors
    /// The claim cannot be written; the old one then ends with our process.
    pub fn release(self, seconds: f64, progressed: bool) -> Result<(), WriteError> {
        let seconds = self.seconds_before + seconds;
        // Where the name is taken, another process took the cell over; there is nothing to give back.
        self.next(&Claimant { released: true, seconds, progressed, ..self.claimant.clone() }).map(|_| ())
    }

    /// The attempt's folder holds the cell's results from now on. `false` when another process took the cell over
    /// meanwhile: then ours are not the cell's.
    ///
    /// # Errors
    /// The entry cannot be written.
    pub fn finish(&self) -> Result<bool, WriteError> {
        if !self.next(&Claimant { finished: true, ..self.claimant.clone() })? {
            return Ok(false);
        }
        // The name is free, too, where a successor finished, and its entries were removed.
        let first = read(&path(&self.folder, self.cell, 1))?;
        if matches!(first, Entry::Is(first) if first.finished && first.attempt != self.attempt) {
            let _ = fs_err::remove_file(path(&self.folder, self.cell, self.entry + 1));
            return Ok(false);
        }
        Ok(true)
    }

    /// Has this attempt left a newer checkpoint than the one that it began with?
    pub fn has_progressed(&self, checkpoint: Option<&str>) -> bool {
        checkpoint != self.claimant.checkpoint.as_deref()
    }

    fn next(&self, entry: &Claimant) -> Result<bool, WriteError> {
        // Not synced: a power cut ends all processes that would ask. The complete folder is published anyway.
        atomic::create_new_unsynced(&path(&self.folder, self.cell, self.entry + 1), &render(entry))
    }
}

/// The last entry of a cell's log.
enum Last {
    Free,
    Entry(u32, Box<Claimant>),
    /// It is there and cannot be understood.
    Unclear(u32),
}

/// What is under a name.
enum Entry {
    Nothing,
    Is(Box<Claimant>),
    Unclear,
}

fn last_entry(folder: &Path, cell: CellId) -> Result<Last, WriteError> {
    let mut last = Last::Free;
    for number in 1.. {
        match read(&path(folder, cell, number))? {
            Entry::Nothing => break,
            Entry::Unclear => last = Last::Unclear(number),
            Entry::Is(entry) => {
                let is_final = number == 1 && entry.finished;
                last = Last::Entry(number, entry);
                if is_final {
                    break;
                }
            }
        }
    }
    Ok(last)
}

/// Is entry 1 the last word?
fn is_finished(folder: &Path, cell: CellId) -> Result<bool, WriteError> {
    Ok(matches!(read(&path(folder, cell, 1))?, Entry::Is(first) if first.finished))
}

/// The highest number of a cell's claims; 0 without any.
fn last_number(folder: &Path, cell: CellId) -> u32 {
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

/// Only what is surely not there is nothing.
fn read(path: &Path) -> Result<Entry, WriteError> {
    let bytes = match regular_file::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Entry::Nothing),
        Err(error) => return Err(WriteError::new(path, "read", error)),
    };
    if bytes.is_empty() {
        // What a power cut leaves. Whoever made it is gone, but for its number nothing is known.
        let number = path.file_stem().and_then(|stem| stem.to_str()?.rsplit_once('.')?.1.parse().ok());
        let attempt = number.unwrap_or(1);
        let free =
            Claimant { attempt, released: true, forced: true, ..Claimant::this_process(String::new()) };
        return Ok(Entry::Is(Box::new(free)));
    }
    let entry: Option<Claimant> = serde_json::from_slice(&bytes).ok();
    let known = entry.filter(|entry| entry.format <= CLAIM_FORMAT);
    Ok(known.map_or(Entry::Unclear, |entry| Entry::Is(Box::new(entry))))
}

#[cfg(test)]
mod tests;
