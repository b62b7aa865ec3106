//! `gainsweep release`: takes cells from a process that is gone, where only a person can know that.

use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_store::claims::{self, Claimant};

use crate::cells::selected::look_and_select;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{ResultsChoice, SweepArgs, load};

/// Free cells that a process holds which is gone.
///
/// A process that was killed on this machine, or whose job the scheduler no longer knows, loses its cells by itself.
/// Use this if its machine or container is gone for good. Should the process still run, it goes on in vain: its
/// results do not count.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Which cells: tau=100, noise=0,0.1, state=failed, the beginning of an id.
    #[arg(value_name = "SELECTOR", required = true)]
    pub(crate) cells: Vec<String>,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let claims = loaded.folder().claims();
    let (cells, _) = look_and_select(&loaded, &options.cells)?;
    // All are looked at before one is released.
    for cell in &cells {
        if let Some(holder) = claims::holder(&claims, cell.id).filter(|holder| holder.lives() == Some(true)) {
            return Err(Failure::user_hint(
                format!("{} is running: {}", cell.id.short(), who(&holder)),
                "stop that process first; with Ctrl-C or SIGTERM it writes a checkpoint",
            ));
        }
    }
    let (mut released, mut free) = (0, Vec::new());
    for cell in &cells {
        let holder = claims::holder(&claims, cell.id).filter(|holder| !holder.has_ended());
        if !claims::release(&claims, cell.id)? {
            free.push(cell.id.short());
            continue;
        }
        released += 1;
        let who = holder.map_or_else(|| "an unreadable claim".into(), |holder| who(&holder));
        screen::talk(&format!(
            "warning: {} was taken from {who}; if that process still runs, its results do not count",
            cell.id.short()
        ));
    }
    if !free.is_empty() {
        let it = if free.len() == 1 { "it" } else { "them" };
        screen::talk(&format!("{}: nobody holds {it}", wording::some(&free)));
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
