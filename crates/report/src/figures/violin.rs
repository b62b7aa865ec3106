//! `kind = "violin"`: the values in single contexts of the test, as violins over an axis.

use gainsweep_draw::{Axis, Boxes, Dashes, Layer, Panel, Reference, Scale, colour};
use gainsweep_language::{Plot, PlotKind};

use super::axes::{groups, levels, name, others, replicates, sorted};
use super::cell_columns::CellTable;
use super::default_plots::Choice;
use super::file_stem::{FileStem, plain};
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, at_most, axis, needed};
use crate::context_rows::RowsAre;
use crate::formatting::{brief, one_line};
use crate::results::Results;

/// Violins that fit side by side.
const MOST: usize = 30;

/// Room for a violin and its name, in px.
const ROOM: f64 = 46.0;

/// Most points for a default violin plot: more could not be told apart.
const FEW: usize = 16;

/// A violin for each point; those with the same value of `over` side by side.
#[derive(Debug)]
pub(super) struct ViolinFigure {
    /// The column of the table of contexts.
    column: String,
    /// The axis on the horizontal axis.
    over: usize,
    /// The axis that gives the colour.
    by: Option<usize>,
    /// Lines across the plot, for example at a published value.
    references: Vec<f64>,
}

impl FigureKind for ViolinFigure {
    fn from_plot(plot: &Plot, results: &Results) -> Result<ViolinFigure, RequestError> {
        Ok(ViolinFigure {
            column: plot.metric.clone(),
            over: needed("over", axis(results, plot.over.as_ref())?)?,
            by: axis(results, plot.by.as_ref())?,
            references: plot.reference.clone(),
        })
    }

    fn by_default(choice: &Choice<'_>) -> Option<Plot> {
        let few = choice.results.points().len() <= FEW;
        choice.plot().filter(|_| few).map(|plot| Plot { kind: PlotKind::Violin, ..plot })
    }

    fn reads(&self) -> Option<CellTable> {
        Some(CellTable::Contexts)
    }

    fn wants(&self, column: &str) -> bool {
        column == self.column
    }

    fn file_stem(&self, results: &Results) -> FileStem {
        let over = plain(&results.axes[self.over]);
        FileStem::new(format!("{}_violins_over_{over}", plain(&self.column)), self.by)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, columns, labels } = *data;
        let column = &self.column;
        let rest = others(results, &[Some(self.over)], self.by);
        let axes: Vec<usize> = [self.over].into_iter().chain(rest.iter().copied()).collect();
        let finite = |rows: &[usize]| -> Vec<f64> {
            let values = rows.iter().filter(|row| results.rows[**row].done);
            let values = values.flat_map(|row| columns.of(CellTable::Contexts, column, *row));
            values.copied().filter(|value| value.is_finite()).collect()
        };
        let mut found: Vec<(usize, Vec<f64>)> =
            groups(results, &axes).into_iter().map(|(_, rows)| (rows[0], finite(&rows))).collect();
        found.retain(|(_, values)| !values.is_empty());
        if found.is_empty() {
            return Err(FigureError::NoNumbers(column.clone()));
        }
        at_most(MOST, "violins", found.len())?;
        let order = sorted(levels(results, self.over));
        let rank = |row: usize| order.iter().position(|value| *value == results.rows[row].axes[self.over]);
        found.sort_by_key(|(row, _)| rank(*row));
        // The same value of the colour axis has the same colour everywhere.
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
        let lines = self.references.iter().map(|value| {
            Layer::Reference(Reference {
                value: *value,
                horizontal: true,
                label: String::new(),
                dashes: Dashes::Dashed,
            })
        });
        let rows = columns.rows_of(column);
        let label = format!("{} of {}", one_line(column), rows.one);
        let width = (200.0 + ROOM * found.len() as f64).max(760.0);
        let shows = format!("{label}, over {}", labels.axis(self.over));
        let panel = Panel {
            subtitle: subtitle(results, &found, rows, &self.references),
            x: Axis { label: labels.legend(&axes), scale: Scale::Categories(names), ends: None },
            y: Axis { label, ..Axis::default() },
            layers: [Layer::Boxes(boxes)].into_iter().chain(lines).collect(),
            size: Some((width, 460.0)),
            ..Panel::default()
        };
        Ok(Arranged::panel(panel, shows))
    }
}

/// The subtitle also has the values of the reference lines: beside the lines they would cover a violin.
fn subtitle(results: &Results, found: &[(usize, Vec<f64>)], rows: RowsAre, references: &[f64]) -> String {
    let least = found.iter().map(|(_, values)| values.len()).min().unwrap_or(0);
    let most = found.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let count = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    let of = replicates(results).map(|seeds| format!(" of all {seeds}")).unwrap_or_default();
    let dashed: Vec<String> = references.iter().map(|value| brief(*value)).collect();
    let dashed = if dashed.is_empty() { String::new() } else { format!("; dashed: {}", dashed.join(", ")) };
    format!("each: {count} {}{of}; box: quartiles, line: median{dashed}", rows.many)
}
