//! The values in the single contexts of the test, as violins.

use gainsweep_draw::{Axis, Boxes, Dashes, Layer, Panel, Reference, Scale as Placed, colour};

use super::{
    CellColumns, CellTable, FigureError, Labels, Over, RowsAre, groups, levels, name, others, replicates,
    sorted,
};
use crate::results::Results;
use crate::text::{brief, one_line};

/// Violins that fit side by side.
const MOST: usize = 30;

/// Room for a violin and its name, in px.
const ROOM: f64 = 46.0;

/// The panel: a violin for each point, those of one value of `over` side by side.
pub(super) fn panel(
    results: &Results,
    columns: &CellColumns,
    column: &str,
    asked: &Over,
    references: &[f64],
    labels: &Labels,
) -> Result<Panel, FigureError> {
    let rest = others(results, &[Some(asked.over)], asked.by);
    let axes: Vec<usize> = [asked.over].into_iter().chain(rest.iter().copied()).collect();
    let finite = |rows: &[usize]| -> Vec<f64> {
        let values = rows.iter().filter(|row| results.rows[**row].done);
        let values = values.flat_map(|row| columns.of(CellTable::Contexts, column, *row));
        values.copied().filter(|value| value.is_finite()).collect()
    };
    let mut found: Vec<(usize, Vec<f64>)> =
        groups(results, &axes).into_iter().map(|(_, rows)| (rows[0], finite(&rows))).collect();
    found.retain(|(_, values)| !values.is_empty());
    if found.is_empty() {
        return Err(FigureError::NoNumbers(column.to_string()));
    }
    if found.len() > MOST {
        return Err(FigureError::TooMany { what: "violins", count: found.len(), most: MOST });
    }
    let order = sorted(levels(results, asked.over));
    let rank = |row: usize| order.iter().position(|value| *value == results.rows[row].axes[asked.over]);
    found.sort_by_key(|(row, _)| rank(*row));
    // The same value on the axis that tells the colours has the same colour everywhere.
    let shades = rest.first().map(|axis| (*axis, levels(results, *axis)));
    let shade = |row: usize| match &shades {
        Some((axis, values)) => values.iter().position(|value| *value == results.rows[row].axes[*axis]),
        None => None,
    };
    let names: Vec<String> = found.iter().map(|(row, _)| name(results, *row, &axes)).collect();
    let boxes = Boxes {
        groups: found.iter().map(|(_, values)| values.clone()).collect(),
        colours: found.iter().map(|(row, _)| colour(shade(*row).unwrap_or(0))).collect(),
    };
    let lines = references.iter().map(|value| {
        Layer::Reference(Reference {
            value: *value,
            horizontal: true,
            label: String::new(),
            dashes: Dashes::Dashed,
        })
    });
    let width = (200.0 + ROOM * found.len() as f64).max(760.0);
    Ok(Panel {
        subtitle: subtitle(results, &found, columns.rows_of(column), references),
        x: Axis { label: labels.legend(&axes), scale: Placed::Categories(names), ends: None },
        y: Axis {
            label: format!("{} of {}", one_line(column), columns.rows_of(column).one),
            ..Axis::default()
        },
        layers: [Layer::Boxes(boxes)].into_iter().chain(lines).collect(),
        size: Some((width, 460.0)),
        ..Panel::default()
    })
}

/// It says the values of the reference lines, too: beside the line they would lie on a violin.
fn subtitle(results: &Results, found: &[(usize, Vec<f64>)], rows: RowsAre, references: &[f64]) -> String {
    let least = found.iter().map(|(_, values)| values.len()).min().unwrap_or(0);
    let most = found.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let count = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    let of = replicates(results).map(|seeds| format!(" of all {seeds}")).unwrap_or_default();
    let dashed: Vec<String> = references.iter().map(|value| brief(*value)).collect();
    let dashed = if dashed.is_empty() { String::new() } else { format!("; dashed: {}", dashed.join(", ")) };
    format!("each: {count} {}{of}; box: quartiles, line: median{dashed}", rows.many)
}
