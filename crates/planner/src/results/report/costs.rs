//! What the cells cost, and what the open ones will cost.

use gainsweep_report::page::{Column, Costs, Fact, Field, Table, Use};

use super::ReportInput;
use super::tables::peak_bytes;
use crate::prediction::forecast;
use crate::prediction::spending::{Spending, hours};
use crate::screen::wording;

/// Axes with more values get no rows.
const MOST_VALUES: usize = 24;

/// The section.
pub(super) fn costs(input: &ReportInput) -> Costs {
    let accounts =
        Spending::of(&input.sweep_cells.evidence.attempts, &input.sweep_cells.evidence.sent.submitted);
    let core_hours = |number: f64| format!("{} core-hours", hours(number));
    let mut facts = vec![
        Fact::new("Spent", core_hours(accounts.spent)),
        Fact::new("Of these wasted", core_hours(accounts.in_vain)),
    ];
    if accounts.asked > 0.0 {
        facts.push(Fact::new("Requested from Slurm", core_hours(accounts.asked)));
    }
    if let Some(predicted) = accounts.predicted {
        facts.push(Fact::new("Predicted when it was sent", core_hours(predicted)));
    }
    if let Some(budget) = input.loaded.sweep.budget_core_hours {
        facts.push(Fact::new("Budget", core_hours(budget)));
    }
    let all: Vec<usize> = (0..input.cells.len()).collect();
    let wall = wall(input, &all);
    if let Some(spread) = Spread::of(wall) {
        facts.push(Fact::new("Wall time of a done cell", spread.words(wording::duration)));
    }
    if let Some(spread) = Spread::of(peaks(input, &all)) {
        facts.push(Fact::new("Most memory of a cell", spread.words(|bytes| format!("{} MiB", mib(bytes)))));
    }
    facts.extend(outlook(input).map(|text| Fact::new("Predicted for the cells that are not done", text)));
    Costs { facts, table: by_value(input) }
}

/// The predicted cost of the cells that are not done.
fn outlook(input: &ReportInput) -> Option<String> {
    let open = input.sweep_cells.places(false);
    if open.is_empty() {
        return None;
    }
    let sweep = &input.loaded.sweep;
    let costs = forecast::learn(sweep, input.folder, &input.sweep_cells.places(true))?;
    Some(costs.outlook(&open, |index| sweep.cell(index).parameters)?.words())
}

/// Wall time and memory for each value of each axis, except the replicate axis.
fn by_value(input: &ReportInput) -> Option<Table> {
    let mut rows = Vec::new();
    for axis in input.results.point_axes() {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (place, row) in input.results.rows.iter().enumerate() {
            let value = wording::one_line(&row.axes[axis].to_string());
            match groups.iter_mut().find(|(known, _)| *known == value) {
                Some((_, places)) => places.push(place),
                None => groups.push((value, vec![place])),
            }
            if groups.len() > MOST_VALUES {
                break;
            }
        }
        if !(2..=MOST_VALUES).contains(&groups.len()) {
            continue;
        }
        for (value, places) in groups {
            let (wall, peak) = (Spread::of(wall(input, &places)), Spread::of(peaks(input, &places)));
            let done = places.iter().filter(|place| input.results.rows[**place].done).count();
            let seconds = |of: fn(&Spread) -> f64| {
                wall.as_ref().map(|spread| format!("{:.1}", of(spread))).unwrap_or_default()
            };
            let most = peak.map(|spread| mib(spread.most)).unwrap_or_default();
            let name = format!("{}={value}", wording::one_line(&input.results.axes[axis]));
            let fields = [name, done.to_string(), seconds(|one| one.median), seconds(|one| one.most), most];
            rows.push(fields.map(Field::from).to_vec());
        }
    }
    if rows.is_empty() {
        return None;
    }
    let numbers = ["cells done", "wall time, median (s)", "wall time, most (s)", "memory, most (MiB)"];
    Some(Table {
        id: "costs-by-value".into(),
        caption: "Wall time and memory of cells".into(),
        columns: [Column::words("cells with")].into_iter().chain(numbers.map(Column::numbers)).collect(),
        rows,
        used: Use::Searching,
        ..Table::default()
    })
}

fn wall(input: &ReportInput, places: &[usize]) -> Vec<f64> {
    places.iter().filter_map(|place| Some(input.records[*place].as_ref()?.wall_seconds)).collect()
}

fn peaks(input: &ReportInput, places: &[usize]) -> Vec<f64> {
    places.iter().filter_map(|place| Some(peak_bytes(input, input.cells[*place])? as f64)).collect()
}

fn mib(bytes: f64) -> String {
    format!("{:.0}", bytes / f64::from(1 << 20))
}

/// The spread over some cells.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    /// `None` without values.
    fn of(values: Vec<f64>) -> Option<Spread> {
        let summary = gainsweep_report::summarise(values)?;
        Some(Spread { least: summary.min, median: summary.median, most: summary.max })
    }

    /// `median 35 s (2.0 s to 78 s)`
    fn words(&self, of: impl Fn(f64) -> String) -> String {
        format!("median {} ({} to {})", of(self.median), of(self.least), of(self.most))
    }
}
