//! Panels one below the other, on one horizontal axis.

use kuva::render::figure::Figure;
use kuva::render::render::Scene;

use super::layout::{SIZE, drawn};
use super::legend_room::beside_stack;
use super::names::escaped;
use crate::panel::Sheet;
use crate::shortened_text::shortened;

/// Width left of every panel, in px: numbers, and the label of the vertical axis.
const LEFT: f64 = 78.0;

/// Height above a panel without its own title, in px.
const TOP: f64 = 10.0;

/// Height below a panel without a horizontal axis, and below the lowest one, in px.
const BOTTOM: (f64, f64) = (8.0, 52.0);

/// The panels of a stack, and the axis below the lowest.
pub(super) fn scene(sheet: &Sheet) -> Scene {
    let right = beside_stack(&sheet.panels);
    let last = sheet.panels.len().saturating_sub(1);
    let mut width = 0.0_f64;
    let (mut plots, mut layouts, mut heights) = (Vec::new(), Vec::new(), Vec::new());
    for (number, panel) in sheet.panels.iter().enumerate() {
        let (wide, high) = panel.size.unwrap_or(SIZE);
        width = width.max(wide);
        heights.push(high);
        let (layers, layout) = drawn(panel);
        let mut layout = layout.with_force_margins(LEFT, right).with_width(wide).with_height(high);
        if number < last {
            layout.suppress_x_ticks = true;
            layout.x_label = None;
        }
        if panel.title.is_empty() && panel.subtitle.is_empty() {
            layout = layout.with_force_margins_y(TOP, if number < last { BOTTOM.0 } else { BOTTOM.1 });
        }
        plots.push(layers);
        layouts.push(layout);
    }
    let mut figure = Figure::new(sheet.panels.len().max(1), 1)
        .with_plots(plots)
        .with_layouts(layouts)
        .with_cell_size(width, SIZE.1)
        .with_spacing(0.0)
        .with_title(escaped(&shortened(&sheet.title, 110)))
        .with_title_size(17)
        .with_keep_panel_legends();
    for (number, height) in heights.into_iter().enumerate() {
        figure = figure.with_row_height(number, height);
    }
    figure.render()
}
