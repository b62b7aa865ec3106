//! `kind = "status"`: the state of each cell.

use gainsweep_contract::CellState;
use gainsweep_draw::{Axis, Layer, Marks, Panel, Scale, Shape};
use gainsweep_language::{Plot, PlotKind};

use super::axes::{levels, name};
use super::default_plots::Choice;
use super::file_stem::FileStem;
use super::request::{Arranged, Data, FigureError, FigureKind, RequestError, at_most};
use crate::formatting::one_line;
use crate::results::Results;

/// Rows and columns that fit.
const MOST: (usize, usize) = (80, 60);

/// The width of a cell, and its height, in px.
const CELL: (f64, f64) = (26.0, 18.0);

/// The colour and the shape of a state. Rare ones share the last.
fn appearance(state: CellState) -> (&'static str, Shape) {
    match state {
        CellState::Done => ("#0072B2", Shape::Square),
        CellState::Failed => ("#D55E00", Shape::Cross),
        CellState::Diverged => ("#CC79A7", Shape::TriangleDown),
        CellState::Damaged => ("#000000", Shape::Plus),
        CellState::New => ("#999999", Shape::Circle),
        CellState::OutOfMemory => ("#D55E00", Shape::TriangleDown),
        CellState::Timeout => ("#E69F00", Shape::Triangle),
        CellState::Stopped => ("#E69F00", Shape::Square),
        CellState::Running => ("#009E73", Shape::Triangle),
        CellState::Pending => ("#56B4E9", Shape::Circle),
        CellState::Unsent => ("#56B4E9", Shape::Plus),
        CellState::NodeFailure
        | CellState::Preempted
        | CellState::Cancelled
        | CellState::Lost
        | CellState::Unknown => ("#E69F00", Shape::Diamond),
    }
}

/// One row a point, one column a replicate.
#[derive(Debug)]
pub(super) struct StatusFigure;

impl FigureKind for StatusFigure {
    fn from_plot(_plot: &Plot, _results: &Results) -> Result<StatusFigure, RequestError> {
        Ok(StatusFigure)
    }

    /// Drawn by default if cells are missing.
    fn by_default(choice: &Choice<'_>) -> Option<Plot> {
        (choice.results.missing() > 0).then_some(Plot { kind: PlotKind::Status, ..Plot::default() })
    }

    fn file_stem(&self, _results: &Results) -> FileStem {
        FileStem::new("status".into(), None)
    }

    fn arrange(&self, data: &Data<'_>) -> Result<Arranged, FigureError> {
        let Data { results, labels, .. } = *data;
        let points = results.points();
        // The axes of all cells, also of those that are not done.
        let axes: Vec<usize> =
            results.point_axes().into_iter().filter(|axis| levels(results, *axis).len() > 1).collect();
        let seeds = results.replicate.map(|axis| levels(results, axis)).unwrap_or_default();
        let columns = seeds.len().max(1);
        at_most(MOST.0, "rows of cells", points.len())?;
        at_most(MOST.1, "columns of cells", columns)?;
        let mut marks: Vec<Marks> = Vec::new();
        let mut states: Vec<CellState> = Vec::new();
        for (number, point) in points.iter().enumerate() {
            for row in &point.rows {
                let row = &results.rows[*row];
                let (colour, shape) = appearance(row.state);
                let seed = results.replicate.map(|axis| &row.axes[axis]);
                let column = seed.and_then(|seed| seeds.iter().position(|known| known == seed)).unwrap_or(0);
                let place = (column as f64 + 1.0, (points.len() - number) as f64);
                if let Some(at) = states.iter().position(|state| *state == row.state) {
                    marks[at].points.push(place);
                    continue;
                }
                states.push(row.state);
                marks.push(Marks {
                    points: vec![place],
                    bars: Vec::new(),
                    colour: colour.into(),
                    shape,
                    size: 5.5,
                    opacity: 1.0,
                    legend: None,
                });
            }
        }
        for (marks, state) in marks.iter_mut().zip(states) {
            marks.legend = Some(format!("{state} ({})", marks.points.len()));
        }
        let rows: Vec<String> = points.iter().map(|point| name(results, point.rows[0], &axes)).collect();
        let longest = rows.iter().map(|row| row.chars().count().min(32)).max().unwrap_or(0) as f64;
        let across: Vec<String> = match results.replicate {
            Some(_) => seeds.iter().map(|seed| one_line(&seed.to_string())).collect(),
            None => vec![String::new()],
        };
        let panel = Panel {
            subtitle: "state of each cell".into(),
            x: Axis {
                label: results.replicate.map(|axis| labels.axis(axis)).unwrap_or_default(),
                scale: Scale::Categories(across),
                ends: None,
            },
            y: Axis { label: labels.legend(&axes), scale: Scale::Categories(rows), ends: None },
            size: Some((
                (280.0 + 7.0 * longest + CELL.0 * columns as f64).max(520.0),
                170.0 + CELL.1 * points.len() as f64,
            )),
            layers: marks.into_iter().map(Layer::Marks).collect(),
            ..Panel::default()
        };
        // A subtitle would repeat this.
        Ok(Arranged { how: String::new(), ..Arranged::panel(panel, "State of each cell".into()) })
    }
}
