//! What was sent to a batch system: one folder a submission, two files a job.
//!
//! A submission's folder appears whole, by rename, before anything is sent. It has `submission.json`,
//! `sweep.toml` (the sweep as it was then), `cells.csv` (which task runs which cells) and `task.sh`. Each job
//! is sent in three steps:
//!
//! 1. `job-0001.json` announces it, with a unique name.
//! 2. The job is sent.
//! 3. `job-0001.receipt.json` records its number, or `job-0001.void.json` that it was certainly not sent.
//!
//! If a job is announced without either, the planner was killed in between: look its name up before sending
//! anything again. No file is ever rewritten.

mod records;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gainsweep_contract::CellId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::atomic::{self, WriteError};
use crate::csv_table::{self, Ending};
use crate::read_error::ReadError;
use crate::regular_file;

pub use records::{Announcement, Cancel, Job, Receipt, SUBMISSION_FORMAT, Sending, Submission, Void};

/// The beginning of the name of an incomplete folder.
const UNFINISHED: &str = ".unfinished-";

/// A submission on disk.
#[derive(Clone, Debug)]
pub struct Submitted {
    folder: PathBuf,
    /// The user who made it.
    owner: u32,
    /// What is common to all its jobs.
    pub submission: Submission,
    /// Its jobs, in the order of their announcements.
    pub jobs: Vec<Job>,
}

/// The cells of a submission's tasks: for each task, position in the sweep and id.
pub type TaskCells = Vec<Vec<(u64, CellId)>>;

/// The scripts of a submission's jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripts {
    /// What its tasks run.
    pub task: String,
    /// What the small job between two waves runs.
    pub next: String,
}

/// Creates a complete submission folder.
///
/// # Errors
/// A file cannot be written; then there is no such submission.
pub fn create(
    submissions: &Path,
    submission: &Submission,
    sweep: &str,
    tasks: &TaskCells,
    scripts: &Scripts,
) -> Result<Submitted, WriteError> {
    let folder = submissions.join(&submission.name);
    let unfinished = submissions.join(format!("{UNFINISHED}{}", submission.name));
    let fail = |step, error| WriteError::new(&folder, step, error);
    fs_err::create_dir_all(&unfinished).map_err(|error| fail("make", error))?;
    atomic::write(&sweep_file(&unfinished), sweep.as_bytes())?;
    atomic::write(&cells_file(&unfinished), &render_tasks(tasks))?;
    atomic::write(&script_file(&unfinished), scripts.task.as_bytes())?;
    atomic::write(&next_script_file(&unfinished), scripts.next.as_bytes())?;
    atomic::write(&unfinished.join("submission.json"), &render(submission))?;
    fs_err::rename(&unfinished, &folder).map_err(|error| fail("rename", error))?;
    atomic::sync_folder(submissions).map_err(|error| fail("force to disk", error))?;
    let owner = owner(&folder).map_err(|error| fail("look at", error))?;
    Ok(Submitted { folder, owner, submission: submission.clone(), jobs: Vec::new() })
}

/// All submissions, the oldest first, and messages about unreadable ones.
///
/// # Errors
/// The folder exists but cannot be listed.
pub fn read_all(submissions: &Path) -> Result<(Vec<Submitted>, Vec<String>), ReadError> {
    let entries = match fs_err::read_dir(submissions) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(ReadError(error)),
    };
    let (mut all, mut damage) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry.map_err(ReadError)?;
        let is_folder = entry.file_type().map_err(ReadError)?.is_dir();
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) || !is_folder {
            continue;
        }
        match Submitted::read(&entry.path()) {
            Ok(submitted) => all.push(submitted),
            Err(error) => damage.push(error.to_string()),
        }
    }
    all.sort_by(|a, b| {
        let key =
            |submitted: &Submitted| (submitted.submission.created.clone(), submitted.submission.name.clone());
        key(a).cmp(&key(b))
    });
    Ok((all, damage))
}

impl Submitted {
    /// Reads a submission's folder.
    ///
    /// # Errors
    /// It is not a submission, or it is damaged, or its format is newer.
    pub fn read(folder: &Path) -> Result<Submitted, ReadError> {
        let submission: Submission = read(&folder.join("submission.json"))?;
        let known = submission.format <= SUBMISSION_FORMAT;
        let newer =
            || io::Error::other(format!("{} has a newer format: use a newer gainsweep", folder.display()));
        if !known {
            return Err(ReadError(newer()));
        }
        let owner = owner(folder).map_err(ReadError)?;
        let mut submitted = Submitted { folder: folder.to_path_buf(), owner, submission, jobs: Vec::new() };
        submitted.jobs = submitted.read_jobs()?;
        Ok(submitted)
    }

    /// Reads the jobs again: another process may have sent some.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn read_jobs(&self) -> Result<Vec<Job>, ReadError> {
        let mut jobs = Vec::new();
        for number in 1.. {
            let path = self.job_file(number, "");
            if !is_there(&path)? {
                break;
            }
            let (receipt, void) = (self.job_file(number, ".receipt"), self.job_file(number, ".void"));
            let sending = if is_there(&receipt)? {
                Sending::Sent(read(&receipt)?)
            } else if is_there(&void)? {
                Sending::Void(read(&void)?)
            } else {
                Sending::Unknown
            };
            jobs.push(Job { number, announcement: read(&path)?, sending });
        }
        Ok(jobs)
    }

    /// Does it belong to the user of this process? Nobody sends the jobs of others under an account of his own.
    pub fn is_ours(&self) -> bool {
        self.owner == rustix::process::geteuid().as_raw()
    }

    /// Was its folder moved or renamed, or copied, since it was made? Its scripts lead to where it was.
    pub fn has_moved(&self) -> bool {
        let identity = |path: &Path| fs_err::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        let made_at = self.submission.folder.as_ref();
        made_at.is_some_and(|folder| *folder != self.folder && identity(folder) != identity(&self.folder))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The script that its tasks run.
    pub fn script(&self) -> PathBuf {
        script_file(&self.folder)
    }

    /// The script of the small job between two waves.
    pub fn next_script(&self) -> PathBuf {
        next_script_file(&self.folder)
    }

    /// The sweep as it was when this was submitted.
    pub fn sweep_file(&self) -> PathBuf {
        sweep_file(&self.folder)
    }

    /// The cells of its tasks.
    ///
    /// # Errors
    /// The table cannot be read or is damaged.
    pub fn tasks(&self) -> Result<TaskCells, ReadError> {
        let path = cells_file(&self.folder);
        let bad = || ReadError(io::Error::other(format!("{}: damaged", path.display())));
        let table = csv_table::read(&path, Ending::Whole)?.ok_or_else(bad)?;
        // Each task has a cell, so a number beyond the rows is damage, and not worth its memory.
        if self.submission.tasks as usize > table.rows.len() {
            return Err(bad());
        }
        let mut tasks: TaskCells = vec![Vec::new(); self.submission.tasks as usize];
        for row in &table.rows {
            let field = |index: usize| std::str::from_utf8(&row[index]).ok();
            let parsed = || {
                let task: usize = field(0)?.parse().ok()?;
                Some((task, field(1)?.parse().ok()?, field(2)?.parse().ok()?))
            };
            let (task, index, cell) = parsed().ok_or_else(bad)?;
            tasks.get_mut(task).ok_or_else(bad)?.push((index, cell));
        }
        if table.damage.is_empty() && tasks.iter().all(|cells| !cells.is_empty()) {
            Ok(tasks)
        } else {
            Err(bad())
        }
    }

    /// The first task that is in no job that was, or may have been, sent.
    pub fn next_task(&self) -> u32 {
        let sent = self.jobs.iter().filter(|job| !matches!(job.sending, Sending::Void(_)));
        sent.map(|job| job.announcement.first + job.announcement.count).max().unwrap_or(0)
    }

    /// Announces a job, before it is sent. `None` if another process announced one meanwhile.
    ///
    /// # Errors
    /// The announcement cannot be written: then the job must not be sent.
    pub fn announce(&mut self, first: u32, count: u32, created: &str) -> Result<Option<Job>, WriteError> {
        let number = self.jobs.len() as u32 + 1;
        let announcement = Announcement {
            format: SUBMISSION_FORMAT,
            name: format!("{}-{number}", self.submission.name),
            first,
            count,
            created: created.to_string(),
        };
        if !atomic::create_new(&self.job_file(number, ""), &render(&announcement))? {
            return Ok(None);
        }
        let job = Job { number, announcement, sending: Sending::Unknown };
        self.jobs.push(job.clone());
        Ok(Some(job))
    }

    /// Records whether a job was sent. The first record counts; it cannot be changed.
    ///
    /// # Errors
    /// It cannot be written: then the job's name must be looked up.
    pub fn settle(&mut self, number: u32, sending: &Sending) -> Result<(), WriteError> {
        match sending {
            Sending::Unknown => return Ok(()),
            Sending::Sent(receipt) => {
                atomic::create_new(&self.job_file(number, ".receipt"), &render(receipt))?
            }
            Sending::Void(void) => atomic::create_new(&self.job_file(number, ".void"), &render(void))?,
        };
        if let Some(job) = self.jobs.iter_mut().find(|job| job.number == number) {
            job.sending = sending.clone();
        }
        Ok(())
    }

    /// Records that we are about to cancel tasks.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn cancel(&self, tasks: Vec<u32>, at: &str) -> Result<(), WriteError> {
        let record = render(&Cancel { format: SUBMISSION_FORMAT, at: at.to_string(), tasks });
        let mut number = 1;
        while !atomic::create_new(&self.cancel_file(number), &record)? {
            number += 1;
        }
        Ok(())
    }

    /// The tasks that we cancelled.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn cancelled(&self) -> Result<BTreeSet<u32>, ReadError> {
        let mut tasks = BTreeSet::new();
        for number in 1.. {
            let path = self.cancel_file(number);
            if !is_there(&path)? {
                break;
            }
            tasks.extend(read::<Cancel>(&path)?.tasks);
        }
        Ok(tasks)
    }

    fn cancel_file(&self, number: u32) -> PathBuf {
        self.folder.join(format!("cancel-{number:04}.json"))
    }

    fn job_file(&self, number: u32, what: &str) -> PathBuf {
        self.folder.join(format!("job-{number:04}{what}.json"))
    }
}

/// Only what is surely not there is not there.
fn is_there(path: &Path) -> Result<bool, ReadError> {
    let explain = |error| io::Error::other(format!("cannot look at {}: {error}", path.display()));
    path.try_exists().map_err(|error| ReadError(explain(error)))
}

fn owner(folder: &Path) -> io::Result<u32> {
    Ok(fs_err::metadata(folder)?.uid())
}

fn sweep_file(folder: &Path) -> PathBuf {
    folder.join("sweep.toml")
}

fn cells_file(folder: &Path) -> PathBuf {
    folder.join("cells.csv")
}

fn next_script_file(folder: &Path) -> PathBuf {
    folder.join("next.sh")
}

fn script_file(folder: &Path) -> PathBuf {
    folder.join("task.sh")
}

fn render_tasks(tasks: &TaskCells) -> Vec<u8> {
    let mut text = String::from("task,index,cell\n");
    for (task, cells) in tasks.iter().enumerate() {
        for (index, cell) in cells {
            // Writing to memory cannot fail.
            let _ = writeln!(text, "{task},{index},{cell}");
        }
    }
    text.into_bytes()
}

fn render(record: &impl Serialize) -> Vec<u8> {
    // Structs of texts and numbers always have a JSON form.
    let mut bytes = serde_json::to_vec_pretty(record).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ReadError> {
    let bytes = regular_file::read(path).map_err(ReadError)?;
    let explain = |error| ReadError(io::Error::other(format!("{}: {error}", path.display())));
    serde_json::from_slice(&bytes).map_err(explain)
}
