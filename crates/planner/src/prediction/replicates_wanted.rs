//! Which replicates of a sweep with a precision are wanted: points with too wide an interval get more of
//! them.
//!
//! The rule looks at a point's replicates in their order, never at when they ended. So the same results
//! always want the same cells, whatever ran first.

use std::collections::HashSet;

use gainsweep_contract::schema::nearest;
use gainsweep_language::{Cell, Diagnostic, Precision, Sweep, Target};
use gainsweep_report::{Summary, half_width, summarise};
use gainsweep_store::{CellContents, SweepFolder, UsualNames};
use rayon::prelude::*;

use crate::screen::wording;

/// The state of the sweep's points, and the cells that are not wanted (yet).
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplicatesWanted {
    spare: HashSet<u64>,
    wanted: String,
    points: u64,
    narrow: u64,
    wide: u64,
    capped: u64,
}

/// The state of a replicate.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Replicate {
    /// It is not done.
    Open,
    /// It is done, with this value; not a number if it did not measure the metric.
    Done(f64),
}

/// The state of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// Some of its replicates are not done: the first ones, or `more`.
    Waiting { more: bool },
    /// Its interval is narrow enough.
    Narrow,
    /// Its interval is too wide, and there are no more replicates.
    Capped,
}

impl ReplicatesWanted {
    /// Looks at what the cells measured.
    ///
    /// # Errors
    /// No done cell measured that metric.
    pub(crate) fn look(
        sweep: &Sweep,
        precision: &Precision,
        folder: &SweepFolder,
    ) -> Result<ReplicatesWanted, Diagnostic> {
        let usual = UsualNames::default();
        let cells: Vec<(Cell, CellContents)> = (0..sweep.count())
            .into_par_iter()
            .map(|index| {
                let cell = sweep.cell(index);
                let contents = folder.cell(cell.id).read(&usual);
                (cell, contents)
            })
            .collect();
        check_metric(precision, &cells)?;
        let mut rounds = ReplicatesWanted { wanted: in_words(precision), ..ReplicatesWanted::default() };
        let replicate = sweep.replicate_axis();
        let others = |cell: &Cell| -> Vec<Option<String>> {
            let mut axes: Vec<_> = cell
                .axes
                .iter()
                .map(|value| value.as_ref().map(gainsweep_contract::Value::canonical))
                .collect();
            if let Some(axis) = replicate {
                axes.remove(axis);
            }
            axes
        };
        // The replicates of a point are neighbours.
        for point in cells.chunk_by(|one, other| others(&one.0) == others(&other.0)) {
            let replicates: Vec<Replicate> =
                point.iter().map(|(_, contents)| measured(precision, contents)).collect();
            let (count, stands) = wanted(precision, &replicates);
            rounds.points += 1;
            match stands {
                Point::Waiting { more } => rounds.wide += u64::from(more),
                Point::Narrow => rounds.narrow += 1,
                Point::Capped => rounds.capped += 1,
            }
            // Done cells are kept, even if fewer are wanted now.
            let unwanted = point[count..].iter().filter(|(_, contents)| !contents.done);
            rounds.spare.extend(unwanted.map(|(cell, _)| cell.index));
        }
        Ok(rounds)
    }

    /// Is the cell wanted now, or done?
    pub(crate) fn wants(&self, index: u64) -> bool {
        !self.spare.contains(&index)
    }

    /// For people: `clarity to +-0.005: 8 of 12 points reached, 3 with more replicates to come, 1 without
    /// more replicates`.
    pub(crate) fn words(&self) -> String {
        let mut text =
            format!("{}: {} of {} reached", self.wanted, self.narrow, wording::count(self.points, "point"));
        for (count, what) in
            [(self.wide, "with more replicates to come"), (self.capped, "without more replicates")]
        {
            if count > 0 {
                text += ", ";
                text += &count.to_string();
                text += " ";
                text += what;
            }
        }
        text
    }
}

fn in_words(precision: &Precision) -> String {
    match precision.target {
        Target::Absolute(half) => format!("{} to +-{half}", wording::one_line(&precision.metric)),
        Target::Relative(share) => {
            format!("{} to +-{:.4} % of its mean", wording::one_line(&precision.metric), share * 100.0)
        }
    }
}

/// A metric that no done cell has is a mistake, and would ask for all cells.
fn check_metric(precision: &Precision, cells: &[(Cell, CellContents)]) -> Result<(), Diagnostic> {
    let mut known: Vec<String> = Vec::new();
    let mut tables = cells.iter().filter(|(_, contents)| contents.done);
    let has = |(_, contents): &(Cell, CellContents)| {
        let names = contents.metrics.iter().flat_map(|metrics| metrics.names.iter());
        for name in names {
            let name = String::from_utf8_lossy(name).into_owned();
            if name == precision.metric {
                return true;
            }
            if !known.contains(&name) {
                known.push(name);
            }
        }
        false
    };
    if tables.any(has) || known.is_empty() {
        return Ok(());
    }
    let problem =
        Diagnostic::new(format!("no cell measured `{}`", precision.metric)).at(precision.place.clone());
    Err(match nearest(&precision.metric, known.iter().map(String::as_str)) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("the metrics are {}", wording::some(&known))),
    })
}

fn measured(precision: &Precision, contents: &CellContents) -> Replicate {
    if !contents.done {
        return Replicate::Open;
    }
    let value = contents.metrics.as_ref().and_then(|metrics| metrics.number(&precision.metric));
    Replicate::Done(value.unwrap_or(f64::NAN))
}

/// How many of a point's replicates are wanted, from the first.
fn wanted(precision: &Precision, replicates: &[Replicate]) -> (usize, Point) {
    let most = replicates.len();
    let mut count = precision.first.min(most);
    loop {
        let values: Option<Vec<f64>> = replicates[..count]
            .iter()
            .map(|replicate| match replicate {
                Replicate::Open => None,
                Replicate::Done(value) => Some(*value),
            })
            .collect();
        let Some(values) = values else { return (count, Point::Waiting { more: count > precision.first }) };
        let summary = summarise(values);
        if summary.is_some_and(|summary| is_narrow(precision, &summary)) {
            return (count, Point::Narrow);
        }
        if count == most {
            return (count, Point::Capped);
        }
        count = next(precision, summary, count).min(most);
    }
}

fn is_narrow(precision: &Precision, summary: &Summary) -> bool {
    let asked = precision.target.half_width(summary.mean);
    summary.spread.is_some_and(|spread| half_width(spread.sd, summary.n) <= asked)
}

/// The number expected to suffice, given the spread so far; at most twice as many as now.
fn next(precision: &Precision, summary: Option<Summary>, count: usize) -> usize {
    let known = summary.and_then(|summary| Some((summary.mean, summary.spread?.sd)));
    let Some((mean, sd)) = known else { return count + 1 };
    let asked = precision.target.half_width(mean);
    (count + 1..2 * count).find(|more| half_width(sd, *more) <= asked).unwrap_or(2 * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn precision(target: Target) -> Precision {
        Precision { metric: "m".into(), target, first: 3, at_most: 20, place: 0..0 }
    }

    fn done(values: &[f64]) -> Vec<Replicate> {
        let mut all: Vec<Replicate> = values.iter().map(|value| Replicate::Done(*value)).collect();
        all.resize(20, Replicate::Open);
        all
    }

    #[test]
    fn replicates_are_added_until_the_interval_is_narrow() {
        let asked = precision(Target::Absolute(0.1));
        assert_eq!(wanted(&asked, &done(&[])), (3, Point::Waiting { more: false }));
        assert_eq!(wanted(&asked, &done(&[1.0, 1.2])), (3, Point::Waiting { more: false }));
        assert_eq!(wanted(&asked, &done(&[1.0, 1.001, 1.002])), (3, Point::Narrow));
        // sd 0.05: t * sd / sqrt(n) is 0.124 for 3 and 0.080 for 4.
        assert_eq!(wanted(&asked, &done(&[1.0, 1.05, 1.1])), (4, Point::Waiting { more: true }));
        assert_eq!(wanted(&asked, &done(&[1.0, 1.05, 1.1, 1.05])), (4, Point::Narrow));
        // Far too wide: twice as many, not all at once.
        assert_eq!(wanted(&asked, &done(&[0.0, 5.0, 9.0])), (6, Point::Waiting { more: true }));
        let wide: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(wanted(&asked, &done(&wide)), (20, Point::Capped));
        // As a share of the mean, which may be negative.
        let share = precision(Target::Relative(0.1));
        assert_eq!(wanted(&share, &done(&[-10.0, -10.5, -11.0])).0, 4);
        assert_eq!(wanted(&share, &done(&[-10.0, -10.1, -10.2])), (3, Point::Narrow));
    }

    #[test]
    fn what_comes_later_in_the_order_changes_nothing_before_its_turn() {
        let asked = precision(Target::Absolute(0.1));
        let mut all = done(&[1.0, 1.05, 1.1]);
        all[10] = Replicate::Done(99.0);
        assert_eq!(wanted(&asked, &all), (4, Point::Waiting { more: true }));
        // A replicate without a value is ignored. If none has a value, the next one is wanted.
        let nothing = [f64::NAN, f64::NAN, f64::NAN];
        assert_eq!(wanted(&asked, &done(&nothing)), (4, Point::Waiting { more: true }));
        assert_eq!(wanted(&asked, &done(&[f64::NAN, 1.0, 1.001])).1, Point::Narrow);
        // Exclusions may leave a point fewer.
        assert_eq!(wanted(&asked, &done(&[0.0, 9.0])[..2]), (2, Point::Capped));
    }
}
