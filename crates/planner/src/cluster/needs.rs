//! What each cell needs. The command line overrides the sweep's rules, these the sweep, and that the site's
//! profile.

use std::path::PathBuf;
use std::time::Duration;

use gainsweep_contract::ValueMap;
use gainsweep_language::slurm::{Predicted, SlurmSection};
use gainsweep_language::{Cell, Sweep, parse_profile};

use super::grouping::Wanted;
use crate::prediction::costs::Costs;
use crate::screen::failure::{BadSweep, Failure};

/// The profile that is used by default.
const DEFAULT_PROFILE: &str = "profile";

/// The upper end of a prediction is multiplied by this.
const MARGIN: f64 = 1.5;
/// What a task needs besides its cells: to start, and for the planner in it.
const START: Duration = Duration::from_mins(1);
const PLANNER_MEMORY: f64 = 128.0;

/// Predicted times are rounded up to one of these (in minutes), and above them to whole days. So cells with
/// similar times share an array.
const TIMES: [u64; 17] = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1080, 1440, 2160];

/// The needs of a sweep's cells.
pub(crate) struct Needs<'a> {
    sweep: &'a Sweep,
    profile: SlurmSection,
}

impl<'a> Needs<'a> {
    /// Needs of this sweep at this site.
    pub(crate) fn new(sweep: &'a Sweep, profile: SlurmSection) -> Needs<'a> {
        Needs { sweep, profile }
    }

    /// Do the needs depend on finished cells?
    pub(crate) fn ask_for_predictions(&self) -> bool {
        self.sweep.slurm.asks_for_predictions() || self.profile.asks_for_predictions()
    }

    /// What this cell needs, as far as known.
    pub(crate) fn of(&self, cell: &Cell, costs: Option<&Costs>) -> Wanted {
        let below = self.profile.settings_for(&cell.parameters);
        let settings = self.sweep.slurm.settings_for(&cell.parameters).over(below);
        let own = costs.map(|costs| predicted(costs, &cell.parameters)).unwrap_or_default();
        let time = settings.clone().resolve_with(own).time;
        let shared = Predicted { time: own.time.map(common_time), memory: own.memory.map(common_memory) };
        let predicted = costs.map(|costs| costs.of(&cell.parameters).middle);
        let resources = settings.resolve_with(shared);
        Wanted { index: cell.index, cell: cell.id, resources, time, predicted }
    }
}

/// What a cell is predicted to need, with a margin.
fn predicted(costs: &Costs, parameters: &ValueMap) -> Predicted {
    let seconds = costs.of(parameters).high * MARGIN;
    let longest = gainsweep_language::quantity::LONGEST;
    let time = Duration::try_from_secs_f64(seconds).map_or(longest, |time| (time + START).min(longest));
    let memory =
        costs.memory_of(parameters).map(|memory| (memory.high * MARGIN + PLANNER_MEMORY).ceil() as u64);
    Predicted {
        time: Some(time),
        memory: memory.map(|mib| mib.min(gainsweep_language::quantity::MOST_MEMORY)),
    }
}

fn common_time(time: Duration) -> Duration {
    let step = TIMES.iter().map(|minutes| Duration::from_mins(*minutes)).find(|step| time <= *step);
    step.unwrap_or_else(|| Duration::from_hours(24 * time.as_secs().div_ceil(24 * 3600)))
}

/// A power of two or one and a half times one.
fn common_memory(mib: u64) -> u64 {
    let power = mib.next_power_of_two();
    if mib <= power / 4 * 3 { power / 4 * 3 } else { power }
}

/// The site's profile: `~/.config/gainsweep/NAME.toml`; by default `profile.toml`, if it exists.
///
/// # Errors
/// The named profile does not exist, cannot be read, or has mistakes.
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

#[cfg(test)]
mod tests {
    use gainsweep_contract::records::Done;
    use gainsweep_language::parse;

    use super::*;
    use crate::prediction::costs::Finished;
    use crate::prediction::costs::Source;

    #[test]
    fn what_is_predicted_is_asked_for_with_a_margin() {
        let sweep = parse(
            "[grid]\nbatches = [100, 120, 10000]\n[slurm]\ntime = \"auto\"\nmemory = \"auto\"\n\
             [[slurm.rule]]\nwhen = \"batches == 120\"\ntime = \"3 h\"",
        )
        .expect("a sweep");
        let done: Done = serde_json::from_str(
            "{\"format\":1,\"exit\":0,\"wall_seconds\":100.0,\"cpu_seconds\":0.0,\"host\":\"\",\"version\":\"\",\
             \"commit\":\"\",\"engine\":\"\",\"device\":\"\",\"threads\":1}",
        )
        .expect("a record");
        let one = Finished { parameters: sweep.cell(0).parameters, done, peak_bytes: Some(50 << 20) };
        let costs = Costs::learn(&[one], true, Source::Finished).expect("costs");
        let needs = Needs::new(&sweep, SlurmSection::default());
        assert!(needs.ask_for_predictions());
        let of = |index, costs| {
            let wanted = needs.of(&sweep.cell(index), costs);
            (wanted.time.as_secs(), wanted.resources.time.as_secs() / 60, wanted.resources.memory)
        };
        // One cell says 100 s and 50 MiB, or twice that: 1.5 * 200 + 60 s, 1.5 * 100 + 128 MiB.
        assert_eq!(of(0, Some(&costs)), (360, 10, 384));
        assert_eq!(of(1, Some(&costs)), (3 * 3600, 180, 384), "set by the rule");
        assert_eq!(of(2, Some(&costs)), (30_060, 720, 384));
        assert_eq!(of(0, None), (3600, 60, 1024), "nothing is known yet");
        assert_eq!(common_time(Duration::from_hours(37)), Duration::from_hours(48));
        assert_eq!([100, 128, 129, 192, 193].map(common_memory), [128, 128, 192, 192, 256]);
    }
}
