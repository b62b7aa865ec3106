//! Room for a legend.

use crate::panel::Panel;

/// The longest name that is written out, in characters.
pub(crate) const LONGEST_LABEL: usize = 32;

/// A name up to this length makes the figure no wider, in characters.
const SHORT_LABEL: usize = 14;

/// About the width of a character in the legend, in px.
const CHARACTER: f64 = 7.0;

/// How much wider a figure is for the long names in its legend, in px, so that they do not squeeze the plot.
pub(crate) fn beyond(panel: &Panel) -> f64 {
    let names: Vec<&str> = panel.layers.iter().filter_map(|layer| layer.legend()).collect();
    if names.is_empty() {
        return 0.0;
    }
    let names = names.into_iter().chain([panel.legend_title.as_str()]);
    let longest = names.map(|name| name.chars().count().min(LONGEST_LABEL)).max().unwrap_or(0);
    longest.saturating_sub(SHORT_LABEL) as f64 * CHARACTER
}
