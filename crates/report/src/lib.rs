//! From tidy results to statistics, tables and figures: pure functions from values to bytes.
//!
//! Nothing here reads or writes a file, and nothing knows where or how a cell ran. Every table says how many cells are
//! missing; no mean hides one.

mod compact;
mod comparison;
mod contexts;
pub mod figure;
mod measured;
mod resampling;
mod results;
mod rows;
mod shown;
pub mod statistics;
mod tables;
mod text;

pub use compact::{Compact, compact};
pub use comparison::{Compared, Comparison, compare};
pub use contexts::ContextSummary;
pub use measured::Measured;
pub use resampling::bootstrap;
pub use results::{Point, Results, Row};
pub use shown::{Shown, ShownColumn, shown_cells, shown_points};
pub use statistics::{Interval, Summary, half_width, summarise, summarise_with};
pub use tables::{
    Columns, SUMMARY_COLUMNS, cells_csv, cells_first_line, cells_header, cells_rows, columns, summary_csv,
};
pub use text::one_line;
