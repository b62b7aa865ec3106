//! Heat maps: colours, a frame around one place, and the number in each cell.

use kuva::plot::Heatmap;
use kuva::render::annotations::TextAnnotation;
use kuva::render::plots::Plot;

use super::colours::heat_colours;
use super::names::written;
use crate::panel::{Dashes, Heat, Line};

/// The position of a row, counted from the top, on an axis that grows upwards.
fn row_place(heat: &Heat, row: usize) -> f64 {
    (heat.rows.len() - row) as f64
}

pub(super) fn colours(heat: &Heat) -> Plot {
    let upwards = heat.rows.iter().rev().cloned();
    let plot =
        Heatmap::new().with_data(upwards).with_color_map(heat_colours()).with_legend(written(&heat.label));
    Plot::Heatmap(plot.with_cell_size(0.97))
}

/// The frame around the marked place.
pub(super) fn frame(heat: &Heat) -> Option<Line> {
    let (row, column) = heat.marked?;
    let (x, y) = (column as f64 + 1.0, row_place(heat, row));
    let corners = [(-0.5, -0.5), (0.48, -0.5), (0.48, 0.46), (-0.5, 0.46), (-0.5, -0.5)];
    Some(Line {
        points: corners.iter().map(|(right, up)| (x + right, y + up)).collect(),
        colour: "#D55E00".into(),
        width: 3.0,
        dashes: Dashes::Solid,
        legend: None,
    })
}

/// The numbers in the cells.
pub(super) fn notes(heat: &Heat) -> Vec<TextAnnotation> {
    let finite = || heat.rows.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let digits = digits(low, high);
    let mut notes = Vec::new();
    for (number, row) in heat.rows.iter().enumerate() {
        for (column, value) in row.iter().enumerate() {
            let text = match digits {
                _ if !value.is_finite() => "–".to_string(),
                Some(digits) => format!("{value:.digits$}"),
                None => format!("{value:.2e}"),
            };
            let note = TextAnnotation::new(text, column as f64 + 1.0, row_place(heat, number));
            notes.push(note.with_font_size(12));
        }
    }
    notes
}

/// Digits after the point that distinguish values of this range; `None` if they need an exponent.
fn digits(low: f64, high: f64) -> Option<usize> {
    let largest = low.abs().max(high.abs());
    let span = if high > low { high - low } else { largest.max(f64::MIN_POSITIVE) };
    let digits = (2.0 - span.log10().floor()).clamp(0.0, 9.0);
    (largest < 1e5 && digits <= 5.0).then_some(digits as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_tell_the_values_of_a_range_apart() {
        assert_eq!(digits(0.8, 0.97), Some(3));
        assert_eq!(digits(10.0, 90.0), Some(1));
        assert_eq!(digits(1e-9, 2e-9), None);
        assert_eq!(digits(1e7, 2e7), None);
    }
}
