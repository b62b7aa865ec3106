//! Cancels.

use std::io;

use rustix::process::{Pid, Signal};

use crate::commands::control::{cancel, ensure_runner, resolve};
use crate::commands::filter::{Target, is_this_user, items};
use crate::commands::sbatch::signal_number;
use crate::commands::{Context, Said};
use crate::options::{Known, Options};
use crate::state::State;

const KNOWN: &[Known] = &[
    ('b', "batch", false),
    ('f', "full", false),
    ('n', "name", true),
    ('p', "partition", true),
    ('Q', "quiet", false),
    ('s', "signal", true),
    ('t', "state", true),
    ('u', "user", true),
    ('v', "verbose", false),
];

/// scancel: what it does not know, or is over, it passes over without a word.
pub(crate) fn scancel(context: &Context) -> io::Result<Said> {
    let options = match Options::parse(context.arguments, KNOWN, false) {
        Ok(options) => options,
        Err(error) => return Ok(Said::failed(format!("scancel: {error}"))),
    };
    let words: Vec<&str> = options.rest.iter().flat_map(|word| split(word)).collect();
    let filters = ["name", "user", "partition", "state"].iter().any(|name| options.has(name));
    if words.is_empty() && !filters {
        return Ok(Said::failed("scancel: error: No job identification provided"));
    }
    let mut targets = Vec::new();
    for word in words {
        match Target::parse(word) {
            Some(target) => targets.push(target),
            None => return Ok(Said::failed(format!("scancel: error: Invalid job id {word}"))),
        }
    }
    context.folder.change(|state| {
        for target in chosen(state, &options, &targets) {
            match options.value("signal").map(signal_number) {
                Some(Some(signal)) if signal != Signal::KILL.as_raw() => {
                    send(state, &target, signal, options.has("batch"));
                }
                None | Some(_) => cancel(state, &target),
            }
        }
        ensure_runner(context.folder).map(|()| Said::default())
    })?
}

/// A list of jobs may stand in one word; commas in brackets are no separators.
fn split(word: &str) -> Vec<&str> {
    if word.contains('[') { vec![word] } else { items(word) }
}

fn chosen(state: &State, options: &Options, targets: &[Target]) -> Vec<Target> {
    if options.value("user").is_some_and(|list| !is_this_user(list)) {
        return Vec::new();
    }
    let all: Vec<Target> = if targets.is_empty() {
        state.jobs.iter().map(|job| Target { job: job.id, tasks: None }).collect()
    } else {
        targets.iter().filter_map(|target| resolve(state, target)).collect()
    };
    let fits = |target: &Target| {
        let job = state.jobs.iter().find(|job| job.id == target.job);
        let named = options
            .value("name")
            .is_none_or(|name| job.is_some_and(|job| items(name).contains(&job.name.as_str())));
        let placed =
            options.value("partition").is_none_or(|name| job.is_some_and(|job| job.partition == name));
        named && placed
    };
    all.into_iter().filter(fits).collect()
}

/// Signals the batch shells, or everything that they started.
fn send(state: &mut State, target: &Target, signal: i32, shell_only: bool) {
    let Some(signal) = Signal::from_named_raw(signal) else { return };
    let Some(job) = state.job(target.job) else { return };
    for task in job.tasks.iter().filter(|task| target.covers(task.first, task.last)) {
        if let Some(pid) = task.pid.and_then(Pid::from_raw) {
            let _ = if shell_only {
                rustix::process::kill_process(pid, signal)
            } else {
                rustix::process::kill_process_group(pid, signal)
            };
        }
    }
}
