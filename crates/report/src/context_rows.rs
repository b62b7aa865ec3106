//! The meaning of a row in a cell's table of contexts. Analyses write several kinds of rows into one table,
//! with columns that number them.

/// Columns that number rows, and measure nothing.
const NUMBERS: [&str; 10] =
    ["context", "pair", "fold", "unit", "component", "time", "fitted_in", "tested_in", "stage", "decoder"];

/// The kind of a row, by its number columns; the first entry whose columns are all filled counts.
const KINDS: [(&[&str], RowsAre); 8] = [
    (&["pair"], PAIRS),
    (&["tested_in"], PAIRS),
    (&["fold"], RowsAre { one: "a fold", many: "folds" }),
    (&["component"], RowsAre { one: "a component", many: "components" }),
    (&["time"], RowsAre { one: "a time", many: "times" }),
    (&["unit", "context"], RowsAre { one: "a unit in a context", many: "units in contexts" }),
    (&["unit"], RowsAre { one: "a unit", many: "units" }),
    (&["context"], RowsAre::CONTEXTS),
];

const PAIRS: RowsAre = RowsAre { one: "a pair of contexts", many: "pairs of contexts" };

/// Does the column only number rows?
pub(crate) fn is_row_number(column: &[u8]) -> bool {
    NUMBERS.iter().any(|name| name.as_bytes() == column)
}

/// The name of a kind of rows, for one and for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsAre {
    /// As in "clarity of a context".
    pub one: &'static str,
    /// As in "20 contexts".
    pub many: &'static str,
}

impl RowsAre {
    /// The rows of the plain test.
    pub(crate) const CONTEXTS: RowsAre = RowsAre { one: "a context", many: "contexts" };

    /// Rows of an unknown kind.
    pub const VALUES: RowsAre = RowsAre { one: "one value", many: "values" };

    /// The kind of a row, by its filled columns.
    pub fn by(is_filled: impl Fn(&str) -> bool) -> RowsAre {
        let found = KINDS.into_iter().find(|(numbers, _)| numbers.iter().all(|name| is_filled(name)));
        found.map_or(RowsAre::VALUES, |(_, rows)| rows)
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
