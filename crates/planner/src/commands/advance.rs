//! `gainsweep advance`: what the small job between two waves runs.

use std::path::Path;

use anyhow::Context;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_slurm::Slurm;
use gainsweep_store::SweepFolder;

use crate::cli::AdvanceArgs;
use crate::cluster::advance::{Turn, room, send_all};
use crate::cluster::send::Sender;
use crate::cluster::view::View;
use crate::commands::submit;
use crate::failure::Failure;
use crate::screen;

pub(crate) fn execute(args: &AdvanceArgs) -> Result<u8, Failure> {
    let root: &Path = &args.folder;
    let name = root.file_name().and_then(|name| name.to_str());
    let (results, name) =
        root.parent().zip(name).with_context(|| format!("{} is no sweep's folder", root.display()))?;
    let folder = SweepFolder::new(results, name);
    let slurm = Slurm::new();
    let _turn = Turn::take(&folder, true)?;
    let limits = slurm.limits(None, None, None)?;
    let sender = Sender { slurm: &slurm, folder: &folder, limits: &limits };
    let mut view = View::look(&folder, &slurm)?;
    submit::refuse_if_blind(&view)?;
    sender.settle(&mut view.submitted)?;
    let cells: Vec<_> = view.places.keys().copied().collect();
    view.look_at(&cells)?;
    let mut room = room(&slurm, &limits)?;
    let sent = send_all(&sender, &mut view, &mut room)?;
    screen::talk(&format!("sent {} jobs; {} tasks wait {}", sent.jobs.len(), sent.waiting, sent.because));
    Ok(FINE)
}
