//! What each cell needs: the command line over the sweep's rules over the sweep over the site's profile.

use std::path::PathBuf;

use gainsweep_sweep::slurm::{Resolved, SlurmSection};
use gainsweep_sweep::{Cell, Sweep, parse_profile};

use crate::failure::{BadSweep, Failure};

/// The name of the profile that is used when none is named.
const DEFAULT_PROFILE: &str = "profile";

/// The needs of a sweep's cells.
pub(crate) struct Needs<'a> {
    sweep: &'a Sweep,
    profile: SlurmSection,
}

impl<'a> Needs<'a> {
    /// Of this sweep at this site.
    pub(crate) fn new(sweep: &'a Sweep, profile: SlurmSection) -> Needs<'a> {
        Needs { sweep, profile }
    }

    /// What this cell needs.
    pub(crate) fn of(&self, cell: &Cell) -> Resolved {
        let below = self.profile.settings_for(&cell.parameters);
        self.sweep.slurm.settings_for(&cell.parameters).over(below).resolve()
    }
}

/// The site's profile: `~/.config/gainsweep/NAME.toml`; without a name `profile.toml`, if it is there.
///
/// # Errors
/// It was named and is not there, or cannot be read, or has mistakes.
pub(crate) fn profile(name: Option<&str>) -> Result<SlurmSection, Failure> {
    let Some(folder) = configuration() else { return Ok(SlurmSection::default()) };
    let path = folder.join(format!("{}.toml", name.unwrap_or(DEFAULT_PROFILE)));
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && name.is_none() => {
            return Ok(SlurmSection::default());
        }
        Err(error) => return Err(Failure::user(format!("the profile cannot be read: {error}"))),
    };
    parse_profile(&text)
        .map_err(|diagnostics| Failure::Sweep(Box::new(BadSweep { path, text: text.clone(), diagnostics })))
}

/// The folder of this user's settings.
fn configuration() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")))?;
    Some(folder.join("gainsweep"))
}
