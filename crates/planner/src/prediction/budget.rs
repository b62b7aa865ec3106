//! How many cells may run within a limit on their cost.

use std::fmt::Write;

use gainsweep_language::Sweep;
use gainsweep_store::{Attempts, SweepFolder, submissions};

use crate::prediction::costs::Costs;
use crate::prediction::spending::{Spending, hours};
use crate::screen::failure::Failure;
use crate::screen::wording;

/// A limit on what cells may cost, in core-hours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Budget {
    left: f64,
    words: String,
}

impl Budget {
    /// The budget of this command and that of the sweep file for all attempts together: the smaller one.
    /// Cells of `under_way` wait or run elsewhere. `None` without a limit.
    ///
    /// # Errors
    /// The records of earlier attempts cannot be read.
    pub(crate) fn read(
        typed: Option<f64>,
        sweep: &Sweep,
        folder: &SweepFolder,
        costs: Option<&Costs>,
        under_way: &[u64],
    ) -> Result<Option<Budget>, Failure> {
        let typed = typed.map(|left| Budget { left, words: format!("budget of {left} core-hours") });
        let Some(limit) = sweep.budget_core_hours else { return Ok(typed) };
        let attempts = Attempts::read(&folder.attempts())?;
        let (submitted, _) = submissions::read_all(&folder.submissions())?;
        let spent = Spending::of(&attempts, &submitted).spent;
        let taken = costs.and_then(|costs| costs.outlook(under_way, |index| sweep.cell(index).parameters));
        let taken = taken.map_or(0.0, |outlook| outlook.core_hours.middle);
        let mut words = format!("budget of {limit} core-hours, {} of them spent", hours(spent));
        if taken > 0.0 {
            let _ = write!(words, " and {} under way", hours(taken));
        }
        let whole = Budget { left: limit - spent - taken, words };
        Ok(Some(typed.filter(|typed| typed.left < whole.left).unwrap_or(whole)))
    }

    /// How many of the cells to run, from the first, fit into the budget, and a message about that. If costs
    /// are unknown, one cell goes first.
    ///
    /// # Errors
    /// Not even one fits.
    pub(crate) fn of(
        &self,
        sweep: &Sweep,
        costs: Option<&Costs>,
        to_run: &[u64],
    ) -> Result<(usize, String), Failure> {
        let Budget { left, words } = self;
        let fit = match costs {
            Some(costs) => costs.within(to_run, |index| sweep.cell(index).parameters, *left),
            None => usize::from(*left > 0.0).min(to_run.len()),
        };
        if fit == 0 && !to_run.is_empty() {
            let message = if *left <= 0.0 {
                format!("{words}: nothing is left of it")
            } else {
                format!("{words}: not even one cell is predicted to take no more than what is left")
            };
            return Err(Failure::user_hint(
                message,
                "`gainsweep plan FILE` predicts what cells take; the budget is `--budget`, or `budget_core_hours` in the \
                 sweep file",
            ));
        }
        let rest = to_run.len() - fit;
        let cells = wording::count(to_run.len() as u64, "cell");
        let fits = match (costs, rest) {
            (_, 0) => format!("{fit} of {cells} fit"),
            (Some(_), _) => format!("{fit} of {cells} fit; the other {rest} wait for another time"),
            (None, _) => format!(
                "the cost of a cell is not known yet (--bench measures it), so one of {cells} goes first; the other \
                 {rest} wait"
            ),
        };
        Ok((fit, format!("{words}: {fits}")))
    }
}
