//! Asks the scheduler and sends the next wave, on its own thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use gainsweep_scheduler::of_this_machine;
use jiff::Timestamp;

use super::Heard;
use super::pace::Pace;
use crate::cells::evidence::Evidence;
use crate::cli::status::overview::Cells;
use crate::cli::status::{self, Options};
use crate::screen::diagnostics;
use crate::screen::failure::Failure;
use crate::sweep_file::{Loaded, ResultsChoice, load};

/// What the thread learned.
pub(super) struct Answer {
    learned: Result<(Loaded, Cells, Evidence), Failure>,
    sent: Result<Vec<u64>, Failure>,
    took: Duration,
}

/// Who asks, and when.
#[derive(Debug, Default)]
pub(super) struct Asking {
    pace: Pace,
    /// When to ask next; `None` before the first time.
    next: Option<Instant>,
    /// The same, as a time to show.
    again: Option<Timestamp>,
    busy: bool,
    answered: bool,
    away: Option<Timestamp>,
    sending: Arc<AtomicBool>,
    sent: Option<String>,
    trouble: Option<String>,
    took: Duration,
}

impl Asking {
    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.busy && self.next.is_none_or(|next| next <= now)
    }

    /// When to ask next; `None` while an answer is waited for.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next.filter(|_| !self.busy)
    }

    /// Has the first answer come, whatever it said?
    pub(super) fn was_answered(&self) -> bool {
        self.answered
    }

    /// Since when the scheduler does not answer.
    pub(super) fn away(&self) -> Option<Timestamp> {
        self.away
    }

    /// When it is asked again.
    pub(super) fn again(&self) -> Option<Timestamp> {
        self.again
    }

    /// What was sent last, in words.
    pub(super) fn sent(&self) -> Option<&str> {
        self.sent.as_deref()
    }

    /// Why the last question, or the sending after it, came to nothing.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Is the next wave being sent at this moment?
    pub(super) fn is_sending(&self) -> bool {
        self.busy && self.sending.load(Ordering::Acquire)
    }

    /// Starts asking; the answer goes to the sender.
    pub(super) fn begin(&mut self, args: &Options, results: &ResultsChoice, sender: &Sender<Heard>) {
        self.busy = true;
        let (args, results, sender) = (args.clone(), results.clone(), sender.clone());
        let sending = Arc::clone(&self.sending);
        let ask = move || {
            let began = Instant::now();
            let (learned, sent) = match ask(&args, &results, &sending) {
                Ok((learned, sent)) => (Ok(learned), sent),
                Err(failure) => (Err(failure), Ok(Vec::new())),
            };
            sending.store(false, Ordering::Release);
            // The receiver may be gone.
            let _ = sender.send(Heard::Scheduler(Box::new(Answer { learned, sent, took: began.elapsed() })));
        };
        if let Err(error) = std::thread::Builder::new().name("asking".into()).spawn(ask) {
            self.busy = false;
            self.trouble = Some(diagnostics::plain_text(&Failure::no_thread(error)));
            self.plan(true);
        }
    }

    /// Takes the answer. The watch survives a sweep file with mistakes and records that cannot be read.
    ///
    /// # Errors
    /// The first answer is a failure.
    pub(super) fn end(&mut self, answer: Answer) -> Result<Option<(Loaded, Cells, Evidence)>, Failure> {
        self.busy = false;
        self.took = answer.took;
        self.trouble = None;
        match answer.sent {
            Ok(jobs) if jobs.is_empty() => {}
            Ok(jobs) => self.sent = Some(status::sent_words(&jobs)),
            Err(failure) => {
                self.trouble =
                    Some(format!("the next wave is not sent: {}", diagnostics::plain_text(&failure)));
            }
        }
        match answer.learned {
            Ok(learned) => Ok(Some(learned)),
            Err(failure) if !self.answered => Err(failure),
            Err(failure) => {
                self.trouble = Some(diagnostics::plain_text(&failure));
                self.plan(true);
                Ok(None)
            }
        }
    }

    /// Notes whether the scheduler answered.
    pub(super) fn note(&mut self, evidence: &Evidence) {
        self.answered = true;
        let away = evidence.is_unanswered();
        self.away = if away { self.away.or_else(|| Some(Timestamp::now())) } else { None };
        self.plan(!away);
    }

    fn plan(&mut self, answered: bool) {
        let pause = self.pace.after(answered, self.took);
        self.next = Some(Instant::now() + pause);
        self.again = Some(Timestamp::now() + pause);
    }
}

type Learned = (Loaded, Cells, Evidence);

fn ask(
    args: &Options,
    results: &ResultsChoice,
    sending: &AtomicBool,
) -> Result<(Learned, Result<Vec<u64>, Failure>), Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = loaded.folder();
    let cells = Cells::of(&loaded.sweep, loaded.indices());
    let scheduler = of_this_machine();
    let mut evidence = Evidence::look(&folder, &*scheduler)?;
    if !args.may_send(&folder) {
        return Ok(((loaded, cells, evidence), Ok(Vec::new())));
    }
    // The next reader of the attempts reports damage in them.
    let known = evidence.trouble.len();
    evidence.look_at(&cells.ids)?;
    sending.store(true, Ordering::Release);
    let sent = status::send_waiting(&folder, &*scheduler, &mut evidence);
    sending.store(false, Ordering::Release);
    if sent.as_ref().is_ok_and(|jobs| !jobs.is_empty()) {
        // The scheduler was asked before the wave was sent: ask again.
        evidence = Evidence::look(&folder, &*scheduler)?;
    } else {
        evidence.trouble.truncate(known);
    }
    Ok(((loaded, cells, evidence), sent))
}
