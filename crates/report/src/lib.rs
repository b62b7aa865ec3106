//! From tidy results to statistics, tables, figures and the report page: pure functions from values to bytes.
//!
//! Nothing here reads or writes a file, or knows where or how a cell ran. Every table says how many cells are
//! missing; no mean hides one.

mod comparison;
mod context_rows;
mod contexts_summary;
mod csv_tables;
pub mod figures;
mod formatting;
mod metric_texts;
pub mod page;
mod page_tables;
mod resampling;
mod results;
pub mod statistics;
mod terminal_table;

pub use comparison::{Compared, Comparison, compare};
pub use contexts_summary::ContextSummary;
pub use csv_tables::{
    Columns, SUMMARY_COLUMNS, cells_csv, cells_first_line, cells_header, cells_rows, columns, summary_csv,
};
pub use formatting::one_line;
pub use metric_texts::Measured;
pub use page_tables::{Shown, ShownColumn, shown_cells, shown_points};
pub use resampling::bootstrap;
pub use results::{Point, Results, Row};
pub use statistics::{Interval, Summary, half_width, summarise, summarise_with};
pub use terminal_table::{Compact, compact};
