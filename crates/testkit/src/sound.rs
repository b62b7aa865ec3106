//! What must hold of a sweep whatever happened to it: after faults, kills, power cuts, lost answers.

use gainsweep_store::{Attempts, CellFolder, Outcome, submissions};

use crate::fake_slurm::FakeSlurm;
use crate::folder::read;
use crate::sweep::{Sweep, table};

/// What every cell of a sweep writes: the whole of these files.
#[derive(Clone, Copy, Debug)]
pub struct Results {
    /// `metrics.csv`
    pub metrics: &'static str,
    /// `contexts.csv`, if it writes one.
    pub contexts: Option<&'static str>,
}

/// What [`crate::workers::quick`] writes.
pub const QUICK: Results = Results { metrics: "clarity\n0.5\n", contexts: None };

/// What [`crate::workers::plain`] writes.
pub const PLAIN: Results =
    Results { metrics: "clarity\n0.5\n", contexts: Some("context,clarity\n0,0.25\n1,0.75\n") };

/// At any moment, also in the middle of a fault: what is called done has all its results.
#[track_caller]
pub fn assert_no_lie(sweep: &Sweep, results: Results, what: &str) {
    let cells = fs_err::read_dir(sweep.results().cells()).into_iter().flatten().flatten();
    for cell in cells.map(|entry| CellFolder::at(&entry.path())).filter(|cell| cell.done().exists()) {
        assert_results(&cell, results, what);
    }
}

#[track_caller]
fn assert_results(cell: &CellFolder, results: Results, what: &str) {
    let place = cell.root().display();
    assert_eq!(read(&cell.metrics()), results.metrics, "{what}: metrics of {place}");
    if let Some(contexts) = results.contexts {
        let found = read(&cell.contexts());
        assert!(found == contexts, "{what}: {} bytes of contexts in {place}", found.len());
    }
}

/// When a command has succeeded in the end: so many cells are done with all their results, nothing is left over, each
/// attempt's rows are whole, and the tables equal those of a gathering from nothing.
#[track_caller]
pub fn assert_sound(sweep: &Sweep, results: Results, cells: usize, what: &str) {
    let folder = sweep.results();
    let found = sweep.cells();
    assert_eq!(found.len(), cells, "{what}: cells on disk");
    for cell in &found {
        assert!(cell.is_done().expect("read"), "{what}: {} is not done", cell.root().display());
        assert_results(cell, results, what);
    }
    let left = fs_err::read_dir(folder.works()).into_iter().flatten().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{what}: attempts are left over: {left:?}");
    assert_attempts(sweep, what);
    assert_gathered(sweep, what);
    let done = table(&folder.cells_table()).iter().filter(|row| row["state"] == "done").count();
    assert_eq!(done, cells, "{what}: {:?}", read(&folder.cells_table()));
}

/// All rows of attempts can be read, but for last ones that a power cut left torn; no cell has two that count.
#[track_caller]
pub fn assert_attempts(sweep: &Sweep, what: &str) {
    let attempts = Attempts::read(&sweep.results().attempts()).expect("read");
    let strange = attempts.damage.iter().find(|damage| !damage.contains("the last line is torn"));
    assert!(strange.is_none(), "{what}: {strange:?}");
    for (cell, all) in &attempts.by_cell {
        let done = all.iter().filter(|attempt| attempt.outcome == Outcome::Done).count();
        assert!(done <= 1, "{what}: {cell} was published twice: {all:?}");
    }
}

/// The tables are those of a gathering from nothing.
#[track_caller]
pub fn assert_gathered(sweep: &Sweep, what: &str) {
    let folder = sweep.results();
    let name = sweep.name();
    let tables = || [folder.cells_table(), folder.summary_table()].map(|path| read(&path));
    sweep.talk(0, &["gather", name]);
    let gathered = tables();
    fs_err::remove_dir_all(folder.tables()).expect("removed");
    sweep.talk(0, &["gather", name]);
    assert_eq!(tables(), gathered, "{what}: gathered from nothing it is another table");
}

/// No job is in the queue that the records do not know: each is announced, and none that lives is called void.
#[track_caller]
pub fn assert_no_unknown_job(sweep: &Sweep, cluster: &FakeSlurm, what: &str) {
    let (submitted, damage) = submissions::read_all(&sweep.results().submissions()).expect("read");
    assert!(damage.is_empty(), "{what}: {damage:?}");
    let known: Vec<_> = submitted.iter().flat_map(|one| &one.jobs).collect();
    // The small job between two waves has no cells.
    for job in cluster.jobs().iter().filter(|job| !job.name.ends_with("-next")) {
        let record = known.iter().find(|known| known.announcement.name == job.name);
        let sending = record.map(|record| &record.sending);
        let lives = job.tasks.iter().any(|task| ["PENDING", "RUNNING"].contains(&task.state.as_str()));
        let void = matches!(sending, Some(submissions::Sending::Void(_)));
        assert!(sending.is_some() && !(lives && void), "{what}: {job:?} is {sending:?}");
        let number = sending.and_then(submissions::Sending::receipt).map(|receipt| receipt.job);
        assert!(number.is_none_or(|number| number == u64::from(job.id)), "{what}: {job:?} is {number:?}");
    }
}
