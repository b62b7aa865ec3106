//! What cells have measured more than once: columns of their own tables.

use std::collections::HashMap;

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
    /// What the rows of a table of contexts are in which a column has values.
    rows: HashMap<String, RowsAre>,
}

/// What has a row: words for one and for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsAre {
    /// As in "clarity of a context".
    pub one: &'static str,
    /// As in "20 contexts".
    pub many: &'static str,
}

impl RowsAre {
    /// Those of the plain test.
    const CONTEXTS: RowsAre = RowsAre { one: "a context", many: "contexts" };

    /// Where nothing tells.
    pub const VALUES: RowsAre = RowsAre { one: "one value", many: "values" };

    /// Analyses number their rows by columns of these names; where a row has several, the first here tells.
    const NUMBERED: [(&str, RowsAre); 7] = [
        ("pair", RowsAre { one: "a pair of contexts", many: "pairs of contexts" }),
        ("tested_in", RowsAre { one: "a pair of contexts", many: "pairs of contexts" }),
        ("fold", RowsAre { one: "a fold", many: "folds" }),
        ("component", RowsAre { one: "a component", many: "components" }),
        ("time", RowsAre { one: "a time", many: "times" }),
        ("unit", RowsAre { one: "a unit", many: "units" }),
        ("context", RowsAre::CONTEXTS),
    ];

    /// By the columns that are filled in a row.
    pub fn by(is_filled: impl Fn(&str) -> bool) -> RowsAre {
        if is_filled("unit") && is_filled("context") {
            return RowsAre { one: "a unit in a context", many: "units in contexts" };
        }
        let found = RowsAre::NUMBERED.into_iter().find(|(name, _)| is_filled(name));
        found.map_or(RowsAre::VALUES, |(_, rows)| rows)
    }
}

impl CellColumns {
    /// Adds the column of one cell, which is a position in the rows of the results. What is no number is NaN.
    pub fn insert(&mut self, table: CellTable, name: &str, row: usize, values: Vec<f64>) {
        let key = (table, name.to_string());
        self.columns.entry(key).or_default().insert(row, values);
    }

    /// Says what the rows are in which a column of contexts has values. The first word counts.
    pub fn rows_are(&mut self, name: &str, rows: RowsAre) {
        self.rows.entry(name.to_string()).or_insert(rows);
    }

    /// What the rows are in which a column of contexts has values: contexts, where nobody said something else.
    pub(super) fn rows_of(&self, name: &str) -> RowsAre {
        self.rows.get(name).copied().unwrap_or(RowsAre::CONTEXTS)
    }

    /// Has any cell this column?
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

    /// The values of one cell; none where it has no such column.
    pub(super) fn of(&self, table: CellTable, name: &str, row: usize) -> &[f64] {
        let column = self.columns.get(&(table, name.to_string()));
        column.and_then(|cells| cells.get(&row)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filled_columns_tell_what_a_row_is() {
        let by = |filled: &[&str]| RowsAre::by(|name| filled.contains(&name)).many;
        assert_eq!(by(&["stage", "context", "clarity"]), "contexts");
        assert_eq!(by(&["stage", "unit", "unit_clarity"]), "units");
        assert_eq!(by(&["stage", "unit", "context", "unit_clarity_in_context"]), "units in contexts");
        assert_eq!(by(&["pair", "angle_frozen"]), "pairs of contexts");
        assert_eq!(by(&["fold", "r2"]), "folds");
        assert_eq!(by(&["score"]), "values");
    }
}
