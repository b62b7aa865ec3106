//! `gainsweep plan`: what is done, what would run, and how long that takes. It writes nothing.

use std::io::{self, Write};
use std::path::Path;

use gainsweep_contract::exit::planner::FINE;
use gainsweep_store::SweepFolder;
use gainsweep_sweep::Changes;

use crate::cli::PlanArgs;
use crate::commands::{Loaded, check, load, plan_json};
use crate::estimate::Estimate;
use crate::failure::Failure;
use crate::standing::{Standing, State};
use crate::{screen, words};

pub(crate) fn execute(args: &PlanArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep)?;
    let folder = SweepFolder::new(results, &loaded.name);
    let standing = Standing::read(&loaded.sweep, &folder)?;
    let estimate = Estimate::from_records(&standing.records(&folder));
    if args.json {
        screen::data(|out| plan_json::write(out, &loaded, &folder, &standing, estimate))?;
        return Ok(FINE);
    }
    screen::data(|out| write(out, &loaded, &standing, estimate))?;
    if standing.count(State::Done) < loaded.sweep.count() {
        screen::talk(&format!("here: gainsweep run {}", words::quoted(&args.sweep.file)));
    } else {
        screen::talk(&format!("all are done. tables: gainsweep gather {}", words::quoted(&args.sweep.file)));
    }
    Ok(FINE)
}

fn write(
    out: &mut dyn Write,
    loaded: &Loaded,
    standing: &Standing,
    estimate: Option<Estimate>,
) -> io::Result<()> {
    writeln!(out, "{}", check::headline(loaded))?;
    let changes = standing.earlier.as_ref().map(|earlier| loaded.sweep.changes_since(earlier));
    for (state, words) in [
        (State::Done, "kept".to_string()),
        (State::Failed, "failed before; they run again".into()),
        (State::Started, "begun before; they go on from their checkpoints".into()),
        (State::New, changes.as_ref().map_or_else(String::new, why_new)),
    ] {
        let count = standing.count(state);
        if count > 0 {
            writeln!(out, "{}", format!("  {:8} {count:6}   {words}", state.name()).trim_end())?;
        }
    }
    let orphaned = standing.orphaned.len();
    if orphaned > 0 {
        let gone = changes.filter(|changes| !changes.removed.is_empty()).map_or_else(
            || "not in the file".into(),
            |changes| format!("{} no longer in the file", are(&changes.removed)),
        );
        writeln!(out, "  {:8} {orphaned:6}   {gone}; their results stay", "orphaned")?;
    }
    let to_run = loaded.sweep.count() - standing.count(State::Done);
    if to_run > 0 {
        writeln!(out, "to run: {}{}", words::count(to_run, "cell"), time(to_run, estimate))?;
    }
    Ok(())
}

fn why_new(changes: &Changes) -> String {
    let mut reasons = Vec::new();
    if !changes.added.is_empty() {
        let were = if changes.added.len() == 1 { "was" } else { "were" };
        reasons.push(format!("{} {were} added", words::some(&changes.added)));
    }
    if !changes.changed.is_empty() {
        reasons.push(format!("now {}", words::some(&changes.changed)));
    }
    reasons.join("; ")
}

fn are(things: &[String]) -> String {
    format!("{} {}", words::some(things), if things.len() == 1 { "is" } else { "are" })
}

fn time(to_run: u64, estimate: Option<Estimate>) -> String {
    let Some(estimate) = estimate else {
        return "; how long one takes shows when the first is finished".into();
    };
    let (low, high) = (words::duration(estimate.low), words::duration(estimate.high));
    let range = if low == high { String::new() } else { format!("{low} to {high}, ") };
    format!(
        ", about {} each ({range}from {}), {} core-hours",
        words::duration(estimate.seconds),
        words::count(estimate.finished as u64, "finished cell"),
        core_hours(to_run as f64 * estimate.core_hours),
    )
}

fn core_hours(hours: f64) -> String {
    if hours < 0.095 { format!("{hours:.2}") } else { format!("{hours:.1}") }
}
