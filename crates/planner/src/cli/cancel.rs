//! `gainsweep cancel`: cancels what waits or runs on Slurm. Checkpoints are kept.

use std::collections::BTreeMap;

use clap::Args;
use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_scheduler::of_this_machine;
use jiff::Timestamp;

use super::shared::SelectorArgs;
use crate::cells::evidence::Evidence;
use crate::cells::selected::select;
use crate::cluster::send_wave::look_and_settle;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::sweep_lock::SweepLock;
use crate::sweep_file::{ResultsChoice, SweepArgs, load};

/// Cancel what waits or runs on Slurm; checkpoints stay.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    #[command(flatten)]
    pub(crate) cells: SelectorArgs,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let folder = loaded.folder();
    let scheduler = of_this_machine();
    // Nobody submits while we cancel.
    let _lock = SweepLock::to_send(&folder)?;
    // A job whose answer was lost is cancelled, too.
    let mut evidence = look_and_settle(&*scheduler, &folder)?;
    let cells = select(&loaded.sweep, &options.cells.selectors, &mut evidence)?;
    let cells: Vec<CellId> = cells.into_iter().map(|cell| cell.id).collect();
    let mut tasks: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut targets = Vec::new();
    let mut count = 0;
    for cell in &cells {
        let Some(place) = evidence.sent.place(*cell).filter(|_| evidence.verdict(*cell).state.is_open())
        else {
            continue;
        };
        count += 1;
        let known = tasks.entry(place.submission).or_default();
        if known.contains(&place.task) {
            continue;
        }
        known.push(place.task);
        targets.extend(evidence.queued_task(place));
    }
    if count == 0 {
        screen::talk(&format!("{}: nothing waits or runs", loaded.name));
        return Ok(FINE);
    }
    let others = sharing(&evidence, &tasks, &cells);
    if others > 0 {
        return Err(Failure::user_hint(
            format!("this would also cancel {} in the same tasks", wording::count(others, "other cell")),
            "name those as well, or cancel the whole sweep",
        ));
    }
    // Write the record first: the scheduler keeps no account of tasks that are cancelled while they wait.
    let now = format!("{:.0}", Timestamp::now());
    for (submission, tasks) in tasks {
        evidence.sent.submitted[submission].cancel(tasks, &now)?;
    }
    scheduler.cancel(&targets)?;
    screen::talk(&format!("{}: cancelled {}", loaded.name, wording::count(count, "cell")));
    screen::talk(&format!("again: gainsweep submit {}", loaded.typed()));
    Ok(FINE)
}

/// Cells in these tasks that are not done and were not named.
fn sharing(evidence: &Evidence, tasks: &BTreeMap<usize, Vec<u32>>, named: &[CellId]) -> u64 {
    let named: std::collections::HashSet<&CellId> = named.iter().collect();
    let in_tasks =
        |(submission, task): &(usize, u32)| tasks.get(submission).is_some_and(|tasks| tasks.contains(task));
    let others = evidence.sent.places.iter().filter(|(cell, place)| in_tasks(place) && !named.contains(cell));
    others.filter(|(cell, _)| !evidence.is_done(**cell)).count() as u64
}
