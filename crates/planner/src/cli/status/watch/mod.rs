//! `gainsweep status --watch`: a screen that follows a sweep, or one line a change without a terminal.
//!
//! One thread draws, looks at files and listens for keys. Another asks Slurm, which may take a minute.
//! [`picture`], [`frame`], [`change`] and [`pace`] are pure.

mod asking;
mod change;
mod frame;
mod pace;
mod picture;

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use gainsweep_contract::CellState;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cells::evidence::Evidence;
use crate::cli::status::overview::{Cells, Overview};
use crate::cli::status::{self, Options};
use crate::screen::failure::Failure;
use crate::screen::terminal::{self, Event, Full};
use crate::screen::{self, diagnostics};
use crate::sweep_file::{Loaded, ResultsChoice, load};
use asking::{Answer, Asking};
use change::{Changes, Counts};
use pace::Pace;
use picture::{Picture, Scheduler};

/// Messages to the drawing thread.
enum Heard {
    Terminal(Event),
    Scheduler(Box<Answer>),
}

/// Follows a sweep until nothing changes any more or the user quits. The exit code is that of `status` at the
/// end.
///
/// # Errors
/// A sweep file with mistakes, records that cannot be read, a terminal that cannot be written.
pub(crate) fn watch(args: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let on_screen = terminal::can_draw(&io::stdout());
    let mut follower = Follower::new(args, results)?;
    let (sender, receiver) = mpsc::channel();
    let tell = sender.clone();
    terminal::listen(on_screen, move |event| tell.send(Heard::Terminal(event)).is_ok())?;
    let mut full = if on_screen { Some(Full::enter(diagnostics::colours_on(&io::stdout()))?) } else { None };
    let mut lines = Lines { zone: TimeZone::system(), said: None };
    let mut leaving = false;
    loop {
        if follower.asks.is_due(Instant::now()) && !leaving {
            follower.asks.begin(args, results, &sender);
        }
        if follower.looks_at <= Instant::now() {
            follower.look()?;
        }
        match &mut full {
            Some(full) => {
                let size = terminal::size(io::stdout());
                let picture = follower.picture(leaving);
                full.draw(frame::frame(&picture, size, &lines.zone), size)?;
            }
            None => lines.say(&follower)?,
        }
        // Finish sending a wave before leaving.
        if (leaving || follower.is_over()) && !follower.asks.is_sending() {
            break;
        }
        match receiver.recv_timeout(follower.next().saturating_duration_since(Instant::now())) {
            Ok(Heard::Scheduler(answer)) => follower.hear(*answer)?,
            Ok(Heard::Terminal(Event::Quit)) => leaving = true,
            Ok(Heard::Terminal(event)) => {
                if let Some(full) = &mut full {
                    match event {
                        Event::Suspend => full.suspend()?,
                        Event::Continued => full.resume()?,
                        Event::Quit | Event::Redraw | Event::End(_) => full.forget(),
                    }
                }
                if let Event::End(signal) = event {
                    drop(full.take());
                    signal_hook::low_level::emulate_default_handler(signal)?;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
    if full.take().is_some() {
        // The full screen is gone: print the last one below it.
        follower.say_all()?;
    }
    Ok(follower.overview.exit(&follower.evidence))
}

/// One line a change.
struct Lines {
    zone: TimeZone,
    said: Option<(Counts, String)>,
}

impl Lines {
    fn say(&mut self, follower: &Follower) -> Result<(), Failure> {
        // Print nothing before the first answer.
        if !follower.asks.was_answered() {
            return Ok(());
        }
        let counts = Counts::of(&follower.overview);
        let news = follower.news();
        if self.said.as_ref().is_some_and(|said| said.0 == counts && said.1 == news) {
            return Ok(());
        }
        let earlier = self.said.as_ref().map(|said| &said.0);
        let line = change::line(&follower.loaded.name, &counts, earlier, &news);
        let time =
            Timestamp::now().to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        screen::data(|out| writeln!(out, "{time}  {line}"))?;
        self.said = Some((counts, news));
        Ok(())
    }
}

/// What is known about the sweep, and when to look again.
struct Follower {
    loaded: Loaded,
    cells: Cells,
    evidence: Evidence,
    /// How many entries of the evidence's trouble are older than the last look at files.
    trouble: usize,
    overview: Overview,
    changes: Changes,
    looked: Timestamp,
    looks_at: Instant,
    asks: Asking,
}

impl Follower {
    /// Starts from the sweep's files.
    fn new(args: &Options, results: &ResultsChoice) -> Result<Follower, Failure> {
        let loaded = load(&args.sweep, results)?;
        let mut evidence = Evidence::on_disk(&loaded.folder())?;
        let trouble = evidence.trouble.len();
        let cells = Cells::of(&loaded.sweep, loaded.indices());
        let overview = Overview::look(&mut evidence, &loaded.sweep, &cells)?;
        Ok(Follower {
            loaded,
            cells,
            evidence,
            trouble,
            changes: Changes::new(),
            overview,
            looked: Timestamp::now(),
            looks_at: Instant::now() + pace::LOOK,
            asks: Asking::default(),
        })
    }

    /// Looks at the files: done cells, attempts, progress of running cells.
    fn look(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        self.looked = Timestamp::now();
        self.evidence.trouble.truncate(self.trouble);
        self.overview = Overview::look(&mut self.evidence, &self.loaded.sweep, &self.cells)?;
        if self.asks.was_answered() {
            self.changes.see(Counts::of(&self.overview), self.looked);
        }
        self.looks_at = Instant::now() + Pace::between_looks(began.elapsed());
        Ok(())
    }

    /// Takes an answer of the asking thread.
    fn hear(&mut self, answer: Answer) -> Result<(), Failure> {
        if let Some((loaded, cells, mut evidence)) = self.asks.end(answer)? {
            evidence.remember(&mut self.evidence);
            self.asks.note(&evidence);
            self.trouble = evidence.trouble.len();
            (self.loaded, self.cells, self.evidence) = (loaded, cells, evidence);
        }
        self.look()
    }

    /// When the next action is due.
    fn next(&self) -> Instant {
        self.asks.next().map_or(self.looks_at, |asks| asks.min(self.looks_at))
    }

    /// Will nothing change by itself any more?
    fn is_over(&self) -> bool {
        // Cells that a killed run left behind have no process any more.
        let is_open = |state: CellState| match self.overview.states.get(&state) {
            Some(cells) if state == CellState::Unknown => {
                cells.iter().any(|(cell, _)| self.evidence.sent.place(*cell).is_some())
            }
            Some(_) => state.is_open(),
            None => false,
        };
        self.asks.was_answered() && !self.overview.states.keys().any(|state| is_open(*state))
    }

    /// News other than counts: Slurm stopped or resumed answering, a wave was sent.
    fn news(&self) -> String {
        let away = self.asks.away().map(|_| "Slurm does not answer".to_string());
        away.or_else(|| self.asks.sent().map(String::from)).unwrap_or_default()
    }

    fn picture(&self, leaving: bool) -> Picture {
        let scheduler = if !self.evidence.has_sent() {
            Scheduler::Unused
        } else if let Some(since) = self.asks.away() {
            Scheduler::Away { since, last: self.evidence.asked(), again: self.asks.again() }
        } else {
            self.evidence.asked().map_or(Scheduler::Asked, Scheduler::Known)
        };
        let mut trouble = self.evidence.trouble.clone();
        trouble.extend(self.asks.trouble().map(String::from));
        Picture::new(
            &self.loaded.name,
            &self.loaded.sweep,
            &self.overview,
            picture::Around {
                jobs: status::jobs(&self.evidence),
                scheduler,
                looked: self.looked,
                changes: self.changes.clone(),
                trouble,
                sent: self.asks.sent().map(String::from),
                next: self.overview.next(&self.loaded.typed()),
                leaving,
            },
        )
    }

    /// Prints the screen of `gainsweep status`, as of now.
    fn say_all(&self) -> Result<(), Failure> {
        let asked = match self.evidence.asked() {
            Some(time) if self.evidence.has_sent() => format!(", Slurm as of {time:.0}"),
            _ => String::new(),
        };
        screen::data(|out| status::write(out, &self.overview, &self.evidence, &self.loaded.name, &asked))?;
        status::talk(&self.overview, &self.evidence, &self.loaded);
        Ok(())
    }
}
