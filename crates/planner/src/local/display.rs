//! The progress of a run on stderr: a panel on a terminal, else a line now and then.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use gainsweep_contract::records::Progress;
use gainsweep_language::{Cell, Sweep};
use gainsweep_store::{CellFolder, Outcome};

use super::attempt::Ended;
use super::panel::Panel;
use crate::prediction::costs::Costs;
use crate::prediction::forecast;
use crate::prediction::time_left::{self, Running, Speed};
use crate::screen::running::RunningCell;
use crate::screen::terminal::{self, InPlace};
use crate::screen::{self, diagnostics, wording};

/// Time between two looks at `progress.json`: workers write it every few seconds.
const LOOK: Duration = Duration::from_secs(1);

/// Time between two summaries without a terminal.
const SUMMARY: Duration = Duration::from_mins(1);

/// What is shown.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    /// What to type to resume.
    pub(crate) again: &'a str,
    pub(crate) sweep: &'a Sweep,
    /// What is known beforehand of the time that a cell takes.
    pub(crate) costs: Option<&'a Costs>,
}

/// What a person sees of a run.
pub(crate) struct Display<'a> {
    subject: Subject<'a>,
    jobs: usize,
    total: u64,
    done: u64,
    failed: u64,
    /// Weight of the waiting cells.
    queued: f64,
    speed: Speed,
    running: BTreeMap<usize, CellLine>,
    panel: Option<InPlace>,
    looked: Instant,
    summarised: Instant,
    asked_to_stop: bool,
}

/// A cell that runs.
struct CellLine {
    /// Where its worker writes, once it does.
    folder: Option<CellFolder>,
    label: String,
    weight: f64,
    since: Instant,
    /// When the progress was written that an earlier attempt left.
    before: Option<SystemTime>,
    progress: Option<Progress>,
}

impl Subject<'_> {
    fn weight(&self, cell: &Cell) -> f64 {
        forecast::weight(self.sweep, self.costs, cell)
    }
}

impl<'a> Display<'a> {
    /// A display for a run of these cells; all others of `total` are done.
    pub(crate) fn new(subject: Subject<'a>, jobs: usize, queue: &[u64], total: u64) -> Display<'a> {
        let now = Instant::now();
        Display {
            subject,
            jobs,
            total,
            done: total - queue.len() as u64,
            failed: 0,
            queued: queue.iter().map(|index| subject.weight(&subject.sweep.cell(*index))).sum(),
            speed: Speed { predicted: subject.costs.is_some(), ..Speed::default() },
            running: BTreeMap::new(),
            panel: terminal::can_draw(&std::io::stderr()).then(|| InPlace::new(diagnostics::colours())),
            looked: now,
            summarised: now,
            asked_to_stop: false,
        }
    }

    pub(super) fn started(&mut self, slot: usize, index: u64) {
        let cell = self.subject.sweep.cell(index);
        let weight = self.subject.weight(&cell);
        // Rounding can make the difference slightly negative.
        self.queued = (self.queued - weight).max(0.0);
        let line = CellLine {
            folder: None,
            label: format!("{}  {}", cell.id.short(), wording::one_line(&self.subject.sweep.label(&cell))),
            weight,
            since: Instant::now(),
            before: None,
            progress: None,
        };
        self.running.insert(slot, line);
    }

    pub(super) fn working(&mut self, slot: usize, folder: CellFolder) {
        if let Some(line) = self.running.get_mut(&slot) {
            line.before = written(&folder);
            line.folder = Some(folder);
        }
    }

    pub(super) fn ended(&mut self, slot: usize, index: u64, ended: &Ended) {
        let weight = self.running.remove(&slot).map_or(0.0, |line| line.weight);
        match ended.outcome {
            Outcome::Done => {
                self.done += 1;
                self.speed.finished += weight;
                self.speed.seconds += ended.seconds;
            }
            Outcome::Stopped if self.asked_to_stop => {}
            Outcome::Started
            | Outcome::Failed
            | Outcome::Diverged
            | Outcome::Stopped
            | Outcome::Killed
            | Outcome::TimedOut => self.failed += 1,
        }
        if self.panel.is_none() && !(ended.outcome == Outcome::Stopped && self.asked_to_stop) {
            self.say_ended(index, ended);
        }
    }

    /// A cell needed no attempt: it is done, or another process has it.
    pub(super) fn left(&mut self, slot: usize, done: bool) {
        self.running.remove(&slot);
        self.done += u64::from(done);
    }

    /// Prints one plain line for an ended cell.
    fn say_ended(&self, index: u64, ended: &Ended) {
        let cell = self.subject.sweep.cell(index);
        let reason = if ended.reason.is_empty() {
            String::new()
        } else {
            format!("   {}", wording::one_line(&ended.reason))
        };
        screen::talk(&format!(
            "{}/{}  {:8}  {}  {}   {}{reason}",
            self.done,
            self.total,
            ended.outcome.cell_state().to_string(),
            cell.id.short(),
            wording::one_line(&self.subject.sweep.label(&cell)),
            wording::duration(ended.seconds),
        ));
    }

    /// Reads the workers' progress and draws. Nothing else draws, so the number of events does not matter.
    pub(super) fn tick(&mut self) {
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            for line in self.running.values_mut() {
                line.look();
            }
        }
        // The terminal may have another size now.
        self.redraw();
        if self.panel.is_none() && self.summarised.elapsed() >= SUMMARY {
            self.summarised = Instant::now();
            screen::talk(&format!("{}  {}", self.subject.name, self.counts().join("   ")));
        }
    }

    /// `29/63 cells`, `1 failed`, `2 running`, `ETA 2 h 51 min`
    fn counts(&self) -> Vec<String> {
        let mut parts = vec![format!("{}/{} cells", self.done, self.total)];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        parts.push(format!("{} running", self.running.len()));
        let running: Vec<Running> = self.running.values().map(CellLine::running).collect();
        let seconds = time_left::remaining(self.speed, &running, self.queued, self.jobs);
        parts.extend(seconds.map(|seconds| format!("ETA {}", wording::duration(seconds))));
        parts
    }

    fn redraw(&mut self) {
        let Some(mut place) = self.panel.take() else { return };
        let panel = Panel {
            name: self.subject.name.into(),
            done: self.done,
            total: self.total,
            counts: self.counts(),
            running: self.running.values().map(CellLine::shown).collect(),
        };
        let size = terminal::size(std::io::stderr());
        place.draw(panel.lines(size), size);
        self.panel = Some(place);
    }

    /// All workers were asked to stop.
    pub(super) fn stopping(&mut self, running: usize) {
        self.asked_to_stop = true;
        self.clear();
        let plural = if running == 1 {
            "1 cell writes a checkpoint".into()
        } else {
            format!("{running} cells write a checkpoint")
        };
        screen::talk_on(&format!("stopping: {plural} ... "));
    }

    /// The run is over.
    pub(super) fn finish(&mut self, stopped: bool) {
        self.clear();
        if stopped {
            screen::talk(&format!("done. `{}` resumes from here.", self.subject.again));
        }
    }

    fn clear(&mut self) {
        if let Some(mut panel) = self.panel.take() {
            panel.clear();
        }
    }
}

/// When a cell's progress was written last.
fn written(folder: &CellFolder) -> Option<SystemTime> {
    fs_err::metadata(folder.progress()).and_then(|metadata| metadata.modified()).ok()
}

impl CellLine {
    /// Reads the progress of a worker. A file from an earlier attempt does not count.
    fn look(&mut self) {
        let Some(folder) = &self.folder else { return };
        if written(folder) != self.before {
            self.progress = folder.read_progress();
        }
    }

    fn left(&self) -> Option<f64> {
        self.progress.as_ref()?.seconds_left()
    }

    fn running(&self) -> Running {
        Running { weight: self.weight, elapsed: self.since.elapsed().as_secs_f64(), left: self.left() }
    }

    fn shown(&self) -> RunningCell {
        let elapsed = self.since.elapsed().as_secs_f64();
        RunningCell { label: self.label.clone(), elapsed, progress: self.progress.clone() }
    }
}
