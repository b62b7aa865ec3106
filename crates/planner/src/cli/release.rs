//! `gainsweep release`: takes cells from a process that is gone, where only a person can know that.

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_store::claims::{self, Claimant};

use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{ResultsChoice, SweepArgs, load, selectors};

/// Free cells that a process holds which is gone.
///
/// A process that was killed on this machine, or whose job the scheduler no longer knows, loses its cells by itself.
/// Use this if its machine or container is gone for good. Should the process still run, it goes on in vain: its
/// results do not count.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// The beginnings of ids of cells.
    #[arg(value_name = "CELL", required = true)]
    pub(crate) cells: Vec<String>,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let claims = loaded.folder().claims();
    let cells: Vec<_> =
        options.cells.iter().map(|text| selectors::one(&loaded.sweep, text)).collect::<Result<_, _>>()?;
    // All are looked at before one is released.
    for cell in &cells {
        if let Some(holder) = claims::holder(&claims, cell.id).filter(|holder| holder.lives() == Some(true)) {
            return Err(Failure::user_hint(
                format!("{} is running: {}", cell.id.short(), who(&holder)),
                "stop that process first; with Ctrl-C or SIGTERM it writes a checkpoint",
            ));
        }
    }
    let mut released = 0;
    for cell in &cells {
        let holder = claims::holder(&claims, cell.id).filter(|holder| !holder.has_ended());
        if !claims::release(&claims, cell.id)? {
            screen::talk(&format!("{}: nobody holds it", cell.id.short()));
            continue;
        }
        released += 1;
        let who = holder.map_or_else(|| "an unreadable claim".into(), |holder| who(&holder));
        screen::talk(&format!(
            "warning: {} was taken from {who}; if that process still runs, its results do not count",
            cell.id.short()
        ));
    }
    if released > 0 {
        screen::talk(&format!("{}: released {}", loaded.name, wording::count(released, "cell")));
        screen::talk(&format!("next: gainsweep run {0}   or   gainsweep submit {0}", loaded.typed()));
    }
    Ok(FINE)
}

/// A holder, in words.
fn who(holder: &Claimant) -> String {
    let job = holder.job.map(|job| format!(" (job {job})")).unwrap_or_default();
    format!("process {} on {}{job}, since {}", holder.pid, holder.host, holder.since)
}
