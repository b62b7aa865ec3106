//! What a row of a cell's table of contexts is. Analyses have rows of several kinds in one table, and number them by columns.

/// Columns that say which row it is, and measure nothing.
const NUMBERS: [&str; 10] =
    ["context", "pair", "fold", "unit", "component", "time", "fitted_in", "tested_in", "stage", "decoder"];

/// What a row is by those of the numbers that it has; the first here of which it has all tells.
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

/// Does the column only say which row it is?
pub(crate) fn is_row_number(column: &[u8]) -> bool {
    NUMBERS.iter().any(|name| name.as_bytes() == column)
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
    pub(crate) const CONTEXTS: RowsAre = RowsAre { one: "a context", many: "contexts" };

    /// Where nothing tells.
    pub const VALUES: RowsAre = RowsAre { one: "one value", many: "values" };

    /// By the columns that are filled in a row.
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
