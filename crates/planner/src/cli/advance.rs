//! `gainsweep advance`: the command of the small job that Slurm runs between two waves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_scheduler::{Scheduler, of_this_machine};
use gainsweep_store::SweepFolder;

use crate::cluster::send_wave::Wave;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};

/// Seconds between two tries. All tries fit into the ten minutes of the job.
const PAUSES: [u64; 5] = [10, 20, 40, 60, 120];

/// Send the next wave. The small job between two waves runs this.
#[derive(Args, Debug)]
#[command(hide = true)]
pub(crate) struct Options {
    /// The sweep's folder.
    pub(crate) folder: PathBuf,
}

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    let root: &Path = &options.folder;
    let name = root.file_name().and_then(|name| name.to_str());
    let (results, name) = root
        .parent()
        .zip(name)
        .with_context(|| format!("{} is not the folder of a sweep", root.display()))?;
    let folder = SweepFolder::new(results, name);
    let scheduler = of_this_machine();
    let mut pauses = PAUSES.iter();
    loop {
        // Retry: nobody watches this job, and the scheduler may be away for a moment.
        match advance(&*scheduler, &folder) {
            Err(Failure::System(error)) if let Some(pause) = pauses.next() => {
                screen::talk(&format!("{error:#}; retrying in {pause} s"));
                std::thread::sleep(Duration::from_secs(*pause));
            }
            Err(failure) => return Err(failure),
            Ok(()) => return Ok(FINE),
        }
    }
}

fn advance(scheduler: &dyn Scheduler, folder: &SweepFolder) -> Result<(), Failure> {
    let (wave, mut evidence) = Wave::begin(scheduler, folder)?;
    let cells: Vec<_> = evidence.sent.places.keys().copied().collect();
    evidence.look_at(&cells)?;
    let sent = wave.send(&mut evidence, [])?;
    let because = if sent.because.is_empty() { String::new() } else { format!(": {}", sent.because) };
    screen::talk(&format!(
        "sent {}; {} left{because}",
        wording::count(sent.jobs.len() as u64, "job"),
        wording::count(u64::from(sent.waiting), "task")
    ));
    Ok(())
}
