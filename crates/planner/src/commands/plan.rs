//! `gainsweep plan`: what is done, what would run, and how long that takes. It writes nothing.

use std::io::{self, Write};
use std::path::Path;

use gainsweep_contract::exit::planner::{FINE, TO_DO};
use gainsweep_store::SweepFolder;

use crate::cli::PlanArgs;
use crate::commands::select::{Selection, none};
use crate::commands::{Loaded, check, load, plan_json};
use crate::costs::Outlook;
use crate::failure::Failure;
use crate::forecast::{Budget, learn_or_measure};
use crate::reasons::Reasons;
use crate::stale::own_code;
use crate::standing::{Standing, State};
use crate::{render, screen, words};

pub(crate) fn execute(args: &PlanArgs, results: &Path) -> Result<u8, Failure> {
    let loaded = load(&args.sweep, results)?;
    let folder = SweepFolder::new(results, &loaded.name);
    let mut standing = Standing::read(&loaded.sweep, &loaded.indices(), &folder)?;
    let selection = Selection::read(&loaded.sweep, &args.cells.only)?;
    if !selection.is_all() {
        let sweep = &loaded.sweep;
        standing.select(|cell| {
            selection.fits_state(cell.state.name()) && selection.fits(sweep, &sweep.cell(cell.index))
        });
        if standing.cells.is_empty() {
            return Err(none(&args.cells.only));
        }
    }
    let to_run = standing.places(false);
    let costs = if to_run.is_empty() {
        None
    } else {
        learn_or_measure(&loaded.sweep, &folder, &standing.places(true), &to_run, args.cells.bench)?
    };
    let outlook =
        costs.as_ref().and_then(|costs| costs.outlook(&to_run, |index| loaded.sweep.cell(index).parameters));
    let budget = Budget::read(args.cells.budget, &loaded.sweep, &folder, costs.as_ref(), &[])?;
    let budget = match budget.filter(|_| !to_run.is_empty()) {
        // That nothing fits hides nothing of the plan.
        Some(budget) => Some(match budget.of(&loaded.sweep, costs.as_ref(), &to_run) {
            Ok((_, words)) => words,
            Err(error) => render::plain_text(&error),
        }),
        None => None,
    };
    let reasons = Reasons::new(&loaded.sweep, &standing);
    let to_do = standing.to_run() > 0;
    let code = if args.exit_code && to_do { TO_DO } else { FINE };
    if args.json {
        screen::data(|out| plan_json::write(out, &loaded, &folder, &standing, &reasons, outlook.as_ref()))?;
        return Ok(code);
    }
    screen::data(|out| write(out, &loaded, &standing, &reasons, outlook.as_ref()))?;
    if let Some(budget) = budget {
        screen::data(|out| writeln!(out, "{budget}"))?;
    }
    if standing.stale.count() > 0 {
        screen::talk(&format!(
            "stale results stay: to make them anew, remove these cells' folders below {} (`plan --json` names the \
             cells) and run",
            folder.cells().display()
        ));
    }
    if to_do {
        screen::talk(&format!("here: gainsweep run {}", args.sweep.typed()));
    } else {
        screen::talk(&format!("all are done. tables: gainsweep gather {}", args.sweep.typed()));
    }
    Ok(code)
}

fn write(
    out: &mut dyn Write,
    loaded: &Loaded,
    standing: &Standing,
    reasons: &Reasons<'_>,
    outlook: Option<&Outlook>,
) -> io::Result<()> {
    writeln!(out, "{}", check::headline(loaded))?;
    let shown = standing.cells.len() as u64;
    if shown < loaded.indices().len() as u64 {
        writeln!(out, "  {} selected", words::count(shown, "cell"))?;
    }
    if let Some(networks) = &loaded.networks {
        writeln!(out, "  {}", networks.words())?;
    }
    if let Some(rounds) = &loaded.rounds {
        writeln!(out, "  {}", rounds.words())?;
    }
    let mut line = |state: &str, count: u64, words: String| match count {
        0 => Ok(()),
        _ => writeln!(out, "{}", format!("  {state:8} {count:6}   {words}").trim_end()),
    };
    line(State::Done.name(), standing.count(State::Done), "kept".into())?;
    let codes = words::some(&standing.stale.codes);
    let stale = format!("of these, made by gainsweep {codes}; this is {}", own_code());
    line("stale", standing.stale.count(), stale)?;
    let failed = standing.count(State::Failed);
    if failed > 0 {
        let why = reasons.failures();
        line(
            State::Failed.name(),
            failed,
            format!("{why}{}they run again", if why.is_empty() { "" } else { "; " }),
        )?;
    }
    let begun = "begun before; they go on from their checkpoints";
    line(State::Started.name(), standing.count(State::Started), begun.into())?;
    line(State::New.name(), standing.count(State::New), reasons.new_cells())?;
    let orphaned = standing.orphaned.len() as u64;
    line("orphaned", orphaned, format!("{}; their results stay", reasons.orphaned()))?;
    let to_run = standing.to_run();
    if to_run > 0 {
        let time = outlook.map_or_else(
            || "; how long one takes shows when the first is finished, or with --bench".into(),
            |outlook| format!(", {}", outlook.words()),
        );
        writeln!(out, "to run: {}{time}", words::count(to_run, "cell"))?;
    }
    Ok(())
}
