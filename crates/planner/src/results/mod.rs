//! What the cells measured: read once, then written as tables, figures and the report.

pub(crate) mod figures;
pub(crate) mod gather;
pub(crate) mod parquet;
mod previous_gathering;
pub(crate) mod read;
pub(crate) mod report;
mod tables;
