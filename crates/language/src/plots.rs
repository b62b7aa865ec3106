//! The `[[plot]]` table, and the keys of each kind of figure.
//!
//! The parser, its error messages and the JSON Schema follow from the table below.
//! `crates/report/src/figures` has one file a kind. A new kind is a row here; the compiler then names the
//! list that needs its file.

/// One figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// The kind of figure.
    pub kind: PlotKind,
    /// The metric or column that is drawn; empty if the kind needs none.
    pub metric: String,
    /// The axis on the horizontal, if the kind has one.
    pub over: Option<String>,
    /// The axis with one line or colour a value; the vertical axis of a heat map.
    pub by: Option<String>,
    /// The metric on the horizontal axis of a scatter.
    pub against: Option<String>,
    /// Lines across a violin plot.
    pub reference: Vec<f64>,
    /// Is the scale logarithmic? It is that of the axis `over`, or of the losses.
    pub logarithmic: bool,
}

/// The name of a kind of figure, and the keys of its `[[plot]]` table besides `kind`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declaration {
    /// Its name in a sweep file.
    pub(crate) name: &'static str,
    /// The keys that it needs.
    pub(crate) needed: &'static [&'static str],
    /// The keys that it may have.
    pub(crate) optional: &'static [&'static str],
    /// What `metric` and `against` name.
    pub(crate) metrics: Metrics,
}

/// What `metric` and `against` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metrics {
    /// Metrics of cells: `[gather]` may list them.
    OfCells,
    /// Columns of a cell's own tables, such as `contexts.csv`.
    InCells,
}

/// Makes the enum and its table, so that neither can miss a kind.
macro_rules! kinds {
    ($($(#[$attribute:meta])* $kind:ident $declaration:expr;)*) => {
        /// The kind of a figure.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum PlotKind {
            $($(#[$attribute])* $kind,)*
        }

        impl PlotKind {
            /// All kinds. The default figures are drawn in this order.
            pub const ALL: &[PlotKind] = &[$(PlotKind::$kind),*];

            pub(crate) fn declaration(self) -> Declaration {
                match self {
                    $(PlotKind::$kind => $declaration,)*
                }
            }
        }
    };
}

const fn kind(
    name: &'static str,
    needed: &'static [&'static str],
    optional: &'static [&'static str],
    metrics: Metrics,
) -> Declaration {
    Declaration { name, needed, optional, metrics }
}

kinds! {
    /// A metric over an axis.
    #[default]
    Line kind("line", &["metric", "over"], &["by", "scale"], Metrics::OfCells);
    /// The values in single contexts, over an axis.
    Violin kind("violin", &["metric", "over"], &["by", "reference"], Metrics::InCells);
    /// A metric over two axes.
    HeatMap kind("heat_map", &["metric", "over", "by"], &[], Metrics::OfCells);
    /// The training, batch by batch.
    History kind("history", &["metric"], &["by", "scale"], Metrics::InCells);
    /// The error since a change of context.
    Onset kind("onset", &["metric"], &["by"], Metrics::InCells);
    /// A metric against another.
    Scatter kind("scatter", &["metric", "against"], &["by"], Metrics::OfCells);
    /// A column of the table of contexts against another.
    ContextScatter kind("context_scatter", &["metric", "against"], &["by"], Metrics::InCells);
    /// The state of each cell.
    Status kind("status", &[], &[], Metrics::OfCells);
}

impl PlotKind {
    /// Its name in a sweep file.
    pub fn name(self) -> &'static str {
        self.declaration().name
    }

    /// The kind with this name.
    pub(crate) fn named(name: &str) -> Option<PlotKind> {
        PlotKind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The names of all kinds.
    pub(crate) fn names() -> Vec<&'static str> {
        PlotKind::ALL.iter().map(|kind| kind.name()).collect()
    }
}
