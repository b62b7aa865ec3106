//! What several commands have in common: lists in options, jobs and tasks as people name them.

use crate::ranges;

/// A job, or some of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) job: u32,
    /// `None`: all of it.
    pub(crate) tasks: Option<Vec<(u32, u32)>>,
}

impl Target {
    /// Reads `123`, `123_4`, `123_[5-9,12]`.
    pub(crate) fn parse(text: &str) -> Option<Target> {
        match text.split_once('_') {
            None => Some(Target { job: text.parse().ok()?, tasks: None }),
            Some((job, tasks)) => {
                let list = tasks.trim_start_matches('[').trim_end_matches(']');
                Some(Target { job: job.parse().ok()?, tasks: Some(ranges::parse(list)?.0) })
            }
        }
    }

    /// Is all of this range meant?
    pub(crate) fn covers(&self, first: u32, last: u32) -> bool {
        let covering = |(from, to): &(u32, u32)| *from <= first && last <= *to;
        self.tasks.as_ref().is_none_or(|ranges| ranges.iter().any(covering))
    }
}

/// The items of a comma list.
pub(crate) fn items(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

/// Is the user of this list this user? Names are taken for its own: there is nobody else here.
pub(crate) fn is_this_user(list: &str) -> bool {
    let own = rustix::process::getuid().as_raw();
    items(list).iter().any(|user| user.parse::<u32>().map_or(true, |number| number == own))
}
