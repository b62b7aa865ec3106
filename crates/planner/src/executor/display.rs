//! The progress of a run on stderr: bars on a terminal, now and then a line elsewhere.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use gainsweep_contract::records::Progress;
use gainsweep_store::{CellFolder, Outcome, SweepFolder};
use gainsweep_sweep::{Cell, Sweep};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::attempt::Ended;
use crate::costs::Costs;
use crate::eta::{self, Running, Speed};
use crate::{forecast, render, screen, words};

/// Between two looks at `progress.json`: workers write it every few seconds.
const LOOK: Duration = Duration::from_secs(1);

/// Between two summaries where there is no terminal.
const SUMMARY: Duration = Duration::from_mins(1);

/// Running cells that have a line on a terminal; more would scroll the answer away.
const MOST_LINES: usize = 20;

/// What is shown.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    /// What to type to go on.
    pub(crate) again: &'a str,
    pub(crate) sweep: &'a Sweep,
    pub(crate) folder: &'a SweepFolder,
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
    /// Weight of the cells that wait.
    queued: f64,
    speed: Speed,
    running: BTreeMap<usize, CellLine>,
    bars: Option<Bars>,
    looked: Instant,
    summarised: Instant,
    asked_to_stop: bool,
}

/// A cell that runs.
struct CellLine {
    folder: CellFolder,
    label: String,
    weight: f64,
    since: Instant,
    since_system: SystemTime,
    progress: Option<Progress>,
}

/// The bars of a terminal.
struct Bars {
    all: MultiProgress,
    overall: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl Subject<'_> {
    fn weight(&self, cell: &Cell) -> f64 {
        forecast::weight(self.sweep, self.costs, cell)
    }
}

impl<'a> Display<'a> {
    /// A display of a run of these cells; all others of `total` are done.
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
            bars: Bars::on_a_terminal(jobs, total),
            looked: now,
            summarised: now,
            asked_to_stop: false,
        }
    }

    pub(super) fn started(&mut self, slot: usize, index: u64) {
        let cell = self.subject.sweep.cell(index);
        let weight = self.subject.weight(&cell);
        // What is left of many small numbers may be a little less than nothing.
        self.queued = (self.queued - weight).max(0.0);
        let line = CellLine {
            folder: self.subject.folder.cell(cell.id),
            label: format!("{}  {}", cell.id.short(), words::one_line(&self.subject.sweep.label(&cell))),
            weight,
            since: Instant::now(),
            since_system: SystemTime::now(),
            progress: None,
        };
        self.running.insert(slot, line);
        self.redraw();
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
            _ => self.failed += 1,
        }
        if self.bars.is_none() && !(ended.outcome == Outcome::Stopped && self.asked_to_stop) {
            self.say_ended(index, ended);
        }
        self.redraw();
    }

    /// A cell needed no attempt: it is done, or another process has it.
    pub(super) fn left(&mut self, slot: usize, done: bool) {
        self.running.remove(&slot);
        self.done += u64::from(done);
        self.redraw();
    }

    /// One plain line for a cell that is over.
    fn say_ended(&self, index: u64, ended: &Ended) {
        let cell = self.subject.sweep.cell(index);
        let reason = if ended.reason.is_empty() {
            String::new()
        } else {
            format!("   {}", words::one_line(&ended.reason))
        };
        screen::talk(&format!(
            "{}/{}  {:8}  {}  {}   {}{reason}",
            self.done,
            self.total,
            ended.outcome.to_string(),
            cell.id.short(),
            words::one_line(&self.subject.sweep.label(&cell)),
            words::duration(ended.seconds),
        ));
    }

    /// Time has passed: look at what the workers say.
    pub(super) fn tick(&mut self) {
        if self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            for line in self.running.values_mut() {
                line.look();
            }
            self.redraw();
        }
        if self.bars.is_none() && self.summarised.elapsed() >= SUMMARY {
            self.summarised = Instant::now();
            screen::talk(&format!("{}  {}", self.subject.name, self.counts()));
        }
    }

    /// `29/63 cells   1 failed   2 running   ETA 2 h 51 min`
    fn counts(&self) -> String {
        let mut parts = vec![format!("{}/{} cells", self.done, self.total)];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        parts.push(format!("{} running", self.running.len()));
        let running: Vec<Running> = self.running.values().map(CellLine::running).collect();
        let seconds = eta::remaining(self.speed, &running, self.queued, self.jobs);
        parts.extend(seconds.map(|seconds| format!("ETA {}", words::duration(seconds))));
        parts.join("   ")
    }

    fn redraw(&mut self) {
        let Some(bars) = &self.bars else { return };
        bars.overall.set_position(self.done);
        bars.overall.set_message(self.counts());
        let mut cells = self.running.values();
        for line in &bars.lines {
            line.set_message(cells.next().map(CellLine::text).unwrap_or_default());
        }
        bars.overall.set_prefix(self.subject.name.to_string());
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

    /// All is over.
    pub(super) fn finish(&mut self, stopped: bool) {
        self.clear();
        if stopped {
            screen::talk(&format!("done. `{}` goes on from here.", self.subject.again));
        }
    }

    fn clear(&mut self) {
        if let Some(bars) = self.bars.take() {
            let _ = bars.all.clear();
        }
    }
}

impl CellLine {
    /// Reads how far the worker is. What an earlier attempt left is not about this one.
    fn look(&mut self) {
        let written = fs_err::metadata(self.folder.progress()).and_then(|metadata| metadata.modified());
        if written.is_ok_and(|written| written >= self.since_system) {
            self.progress = self.folder.read_progress();
        }
    }

    fn left(&self) -> Option<f64> {
        self.progress.as_ref()?.seconds_left()
    }

    fn running(&self) -> Running {
        Running { weight: self.weight, elapsed: self.since.elapsed().as_secs_f64(), left: self.left() }
    }

    /// `7c1f0a2b  tau=100 input=xy seed=1   batch 1840/3000   loss 18.2   11.9 batches/s   1 min 37 s left`
    fn text(&self) -> String {
        let Some(progress) = &self.progress else {
            return format!("{}   {}", self.label, words::duration(self.since.elapsed().as_secs_f64()));
        };
        let width = progress.batches.to_string().len();
        let mut parts =
            vec![self.label.clone(), format!("batch {:width$}/{}", progress.batch, progress.batches)];
        parts.extend(progress.loss.map(|loss| format!("loss {loss:.3}")));
        parts.extend(progress.batches_per_second.map(|rate| format!("{rate:.1} batches/s")));
        parts.extend(self.left().map(|seconds| format!("{} left", words::duration(seconds))));
        parts.join("   ")
    }
}

impl Bars {
    /// Bars, where stderr is a terminal.
    fn on_a_terminal(jobs: usize, total: u64) -> Option<Bars> {
        let target = ProgressDrawTarget::stderr_with_hz(5);
        if target.is_hidden() {
            return None;
        }
        let all = MultiProgress::with_draw_target(target);
        let bar = if render::colours() { "[{bar:30.cyan}]" } else { "[{bar:30}]" };
        // Lines are cut at the terminal's width, whatever that is at the moment.
        let style = |template: String| {
            ProgressStyle::with_template(&template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=>-")
        };
        let overall = all.add(ProgressBar::new(total));
        overall.set_style(style(format!("{{prefix}}  {bar}  {{wide_msg}}")));
        let lines = (0..jobs.min(MOST_LINES)).map(|_| {
            let line = all.add(ProgressBar::new_spinner());
            line.set_style(style("  {wide_msg}".into()));
            line
        });
        let lines = lines.collect();
        Some(Bars { all, overall, lines })
    }
}
