//! Columns of the cells' own tables.

use std::collections::HashMap;

use crate::context_rows::RowsAre;

/// A table of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellTable {
    /// One row a context of the test.
    Contexts,
    /// One row a batch of the training.
    History,
}

/// Columns of numbers, by cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellColumns {
    columns: HashMap<(CellTable, String), HashMap<usize, Vec<f64>>>,
    /// The kind of the rows in which a column of the table of contexts has values.
    rows: HashMap<String, RowsAre>,
}

impl CellColumns {
    /// Adds the column of one cell, which is a position in the rows of the results. A field that is not a
    /// number is NaN.
    pub fn insert(&mut self, table: CellTable, name: &str, row: usize, values: Vec<f64>) {
        let key = (table, name.to_string());
        self.columns.entry(key).or_default().insert(row, values);
    }

    /// Sets the kind of the rows in which a column of contexts has values. The first call counts.
    pub fn rows_are(&mut self, name: &str, rows: RowsAre) {
        self.rows.entry(name.to_string()).or_insert(rows);
    }

    /// The kind of the rows in which a column of contexts has values; by default contexts.
    pub(super) fn rows_of(&self, name: &str) -> RowsAre {
        self.rows.get(name).copied().unwrap_or(RowsAre::CONTEXTS)
    }

    /// Does any cell have this column?
    pub fn has(&self, table: CellTable, name: &str) -> bool {
        self.columns.contains_key(&(table, name.to_string()))
    }

    /// The names of all columns of a table, sorted.
    pub(super) fn names(&self, table: CellTable) -> Vec<&str> {
        let of_table = self.columns.keys().filter(|(known, _)| *known == table);
        let mut names: Vec<&str> = of_table.map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The values of one cell; empty if it has no such column.
    pub(super) fn of(&self, table: CellTable, name: &str, row: usize) -> &[f64] {
        let column = self.columns.get(&(table, name.to_string()));
        column.and_then(|cells| cells.get(&row)).map_or(&[], Vec::as_slice)
    }
}
