//! Room for a legend.

use super::names::LONGEST_LABEL;
use crate::panel::Panel;

/// A name up to this length, in characters, does not widen the figure.
const SHORT_LABEL: usize = 14;

/// About the width of a character in the legend, in px.
const CHARACTER: f64 = 7.0;

/// Width right of the panels without a legend, and width of a legend besides its names, in px.
const RIGHT: (f64, f64) = (24.0, 48.0);

/// How much wider a figure is, in px, for the long names in its legend, so that they do not squeeze the plot.
pub(super) fn beyond(panel: &Panel) -> f64 {
    let names: Vec<&str> = panel.layers.iter().filter_map(|layer| layer.legend()).collect();
    if names.is_empty() {
        return 0.0;
    }
    let names = names.into_iter().chain([panel.legend_title.as_str()]);
    let longest = names.map(|name| name.chars().count().min(LONGEST_LABEL)).max().unwrap_or(0);
    longest.saturating_sub(SHORT_LABEL) as f64 * CHARACTER
}

/// Width right of a stack for its widest legend, in px; the same for each panel, because they share an axis.
pub(super) fn beside_stack(panels: &[Panel]) -> f64 {
    let names = panels.iter().flat_map(|panel| &panel.layers).filter_map(|layer| layer.legend());
    let longest = names.map(|name| name.chars().count().min(LONGEST_LABEL)).max();
    longest.map_or(RIGHT.0, |longest| RIGHT.1 + CHARACTER * longest as f64)
}
