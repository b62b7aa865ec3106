//! The folder of a cell: prepared, and completed.

use std::path::Path;
use std::time::{Duration, Instant};

use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_contract::{Parameters, exit, params_file};
use gainsweep_store::{CellFolder, atomic};
use rustix::time::{ClockId, clock_gettime};

use crate::engine::Compute;
use crate::failure::{Failure, tell};

/// Prepares the folder for these parameters; fails if it belongs to others. `None`, with a message, if they
/// are done.
pub(crate) fn claim(out: &Path, parameters: &Parameters) -> Result<Option<CellFolder>, Failure> {
    let folder = CellFolder::at(out);
    fs_err::create_dir_all(folder.root())?;
    let path = folder.parameters();
    let text = params_file::render(parameters.values());
    match fs_err::read_to_string(&path) {
        Ok(present) if present == text => {}
        Ok(present) => {
            let other = params_file::parse(&present).ok().and_then(|given| Parameters::resolve(&given).ok());
            let Some(other) = other else {
                return Err(Failure::Other(format!(
                    "`{}` is damaged or from another version: remove it to use this folder, or choose another",
                    path.display(),
                )));
            };
            if other.id() != parameters.id() {
                return Err(Failure::Usage(format!(
                    "`{}` contains another parameterisation (its {} differs): choose another folder",
                    folder.root().display(),
                    gainsweep_contract::files::PARAMETERS,
                )));
            }
            atomic::write(&path, text.as_bytes())?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => atomic::write(&path, text.as_bytes())?,
        Err(error) => return Err(error.into()),
    }
    atomic::remove_leftovers(folder.root(), Duration::ZERO);
    if folder.is_done().map_err(|error| error.0)? {
        clean_up(&folder);
        tell(&format!("{}: already done", folder.root().display()));
        return Ok(None);
    }
    Ok(Some(folder))
}

/// Writes `done.json`, the last file of a finished cell; `engine` names the engine that computed it.
pub(crate) fn complete(
    folder: &CellFolder,
    engine: String,
    compute: &Compute,
    clocks: &Clocks,
) -> Result<Done, Failure> {
    let (wall_seconds, cpu_seconds) = clocks.elapsed();
    let done = Done {
        format: RECORD_FORMAT,
        exit: exit::worker::DONE,
        wall_seconds,
        cpu_seconds,
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("GAINSWEEP_COMMIT").into(),
        engine,
        device: compute.device.clone(),
        threads: usize::from(compute.threads),
        code: None,
    };
    let mut bytes = serde_json::to_vec_pretty(&done).map_err(anyhow::Error::from)?;
    bytes.push(b'\n');
    atomic::write(&folder.done(), &bytes)?;
    clean_up(folder);
    Ok(done)
}

/// A finished cell has no checkpoint and no progress. Errors are ignored: left-over files do no harm.
fn clean_up(folder: &CellFolder) {
    for path in [folder.checkpoint(), folder.progress()] {
        let _ = fs_err::remove_file(path);
    }
}

/// Wall-clock time and this process's processor time since an instant, plus the time spent before it.
#[derive(Clone, Copy)]
pub(crate) struct Clocks {
    wall: Instant,
    cpu: f64,
    before: (f64, f64),
}

impl Clocks {
    pub(crate) fn now() -> Clocks {
        Clocks { wall: Instant::now(), cpu: cpu_seconds(), before: (0.0, 0.0) }
    }

    /// The same, after this many wall-clock and processor seconds of earlier attempts.
    pub(crate) fn after(self, wall: f64, cpu: f64) -> Clocks {
        Clocks { before: (wall, cpu), ..self }
    }

    /// Wall-clock and processor seconds.
    pub(crate) fn elapsed(self) -> (f64, f64) {
        let (wall, cpu) = self.before;
        (wall + self.wall.elapsed().as_secs_f64(), cpu + cpu_seconds() - self.cpu)
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
