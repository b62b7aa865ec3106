//! Running cells, one line each, fitted to the columns. Pure.

use gainsweep_contract::records::Progress;

use crate::screen::terminal::{cut, pad, width};
use crate::screen::wording;

/// A running cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunningCell {
    /// The beginning of its id, and its values on the axes.
    pub(crate) label: String,
    /// Seconds since its attempt started.
    pub(crate) elapsed: f64,
    /// How far it is, if its worker reports that.
    pub(crate) progress: Option<Progress>,
}

/// Labels are not cut below this; numbers are left out instead.
const LABEL: usize = 24;

/// The space between two columns.
const GAP: &str = "   ";

/// Levels of detail, from everything to the most important.
const LEVELS: usize = 5;

/// One line a cell, none wider than `columns`. The numbers are aligned. If room is short, the least important
/// ones are left out first.
pub(crate) fn lines(cells: &[RunningCell], columns: usize) -> Vec<String> {
    let inside = columns.saturating_sub(2);
    let labels = cells.iter().map(|cell| width(&cell.label)).max().unwrap_or(0);
    let tables: Vec<Vec<String>> = (0..LEVELS).map(|level| aligned(cells, level)).collect();
    let room = |numbers: &[String]| {
        let widest = numbers.iter().map(|line| width(line)).max().unwrap_or(0);
        inside.saturating_sub(widest + GAP.len())
    };
    let fits = tables.iter().find(|numbers| room(numbers) >= labels.min(LABEL));
    let Some(numbers) = fits.or(tables.last()) else { return Vec::new() };
    let label = labels.min(room(numbers));
    let line = |(cell, numbers): (&RunningCell, &String)| {
        let line = format!("  {}{GAP}{numbers}", pad(&cut(&cell.label, label), label));
        cut(line.trim_end(), columns)
    };
    cells.iter().zip(numbers).map(line).collect()
}

/// The numbers of each cell, in columns.
fn aligned(cells: &[RunningCell], level: usize) -> Vec<String> {
    let digits = cells.iter().filter_map(|cell| Some(cell.progress.as_ref()?.batches.to_string().len()));
    let digits = digits.max().unwrap_or(0);
    let rows: Vec<Vec<String>> = cells.iter().map(|cell| numbers(cell, level, digits)).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|text| width(text)).max().unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let parts: Vec<String> = row.iter().zip(&widths).map(|(text, width)| pad(text, *width)).collect();
        parts.join(GAP).trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

/// `batch 1840/3000`, `loss 18.2`, `11.9 batches/s`, `97 s left`; for a cell without progress, its time.
fn numbers(cell: &RunningCell, level: usize, digits: usize) -> Vec<String> {
    let Some(progress) = &cell.progress else {
        return vec![format!("for {}", wording::duration(cell.elapsed))];
    };
    let Progress { batch, batches, loss, batches_per_second, .. } = progress;
    let of = format!("{batch:>digits$}/{batches}");
    let share = *batch as f64 / (*batches).max(1) as f64;
    let mut parts = vec![match level {
        0..=2 => format!("batch {of}"),
        3 => of,
        _ => format!("{:3.0} %", 100.0 * share),
    }];
    if level <= 1 {
        parts.push(loss.map(|loss| format!("loss {loss:.3}")).unwrap_or_default());
    }
    if level == 0 {
        parts.push(batches_per_second.map(|rate| format!("{rate:.1} batches/s")).unwrap_or_default());
    }
    parts.extend(progress.seconds_left().map(|seconds| format!("{} left", wording::duration(seconds))));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(label: &str, progress: Option<(u64, f64)>) -> RunningCell {
        let progress = progress.map(|(batch, loss)| Progress {
            format: 1,
            batch,
            batches: 3000,
            loss: Some(loss),
            batches_per_second: Some(11.94),
        });
        RunningCell { label: label.into(), elapsed: 12.0, progress }
    }

    #[test]
    fn the_numbers_that_matter_most_stay_where_it_gets_narrow() {
        let cells = [
            cell("7c1f0a2b  tau=100 modulator_input=xy seed=1", Some((1840, 18.234))),
            cell("a90b1122  tau=100 modulator_input=遅い変調 seed=2", Some((310, 96.4))),
            cell("b5b5b5b5  tau=1 modulator_input=x seed=3", None),
        ];
        let shown: Vec<String> = [120, 80, 60, 40, 20, 9]
            .map(|columns| {
                let lines = lines(&cells, columns);
                assert!(lines.iter().all(|line| width(line) <= columns), "{columns}: {lines:#?}");
                format!("{columns}\n{}\n", lines.join("\n"))
            })
            .into();
        insta::assert_snapshot!(shown.concat());
    }

    #[test]
    fn nobody_runs() {
        assert_eq!(lines(&[], 80), Vec::<String>::new());
    }
}
