//! Tables.

use askama::Template;

/// Columns that fit on paper; the others are only on the screen.
const PRINTED: usize = 12;

/// Wider tables are printed in landscape.
const UPRIGHT: usize = 8;

/// A table with more rows scrolls in its own box.
const TALL: usize = 24;

/// A table. Missing fields at the end of a row are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "table.html")]
pub struct Table {
    /// Its name within the page: letters and `-`.
    pub id: String,
    /// A short caption.
    pub caption: String,
    /// A note, for example about rows that are left out; may be empty.
    pub note: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; the first field of each is its name.
    pub rows: Vec<Vec<Field>>,
    /// How it is used.
    pub used: Use,
}

/// How a table is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Use {
    /// For reading.
    #[default]
    Reading,
    /// For searching: a click on a column sorts, a field filters.
    Searching,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Does it contain numbers? Then it is sorted by number.
    pub numeric: bool,
}

/// A field of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The text; empty if unknown.
    pub text: String,
    /// The id of a place on the page with more about it.
    pub more: Option<String>,
}

impl Column {
    /// A column of words.
    pub fn words(name: impl Into<String>) -> Column {
        Column { name: name.into(), numeric: false }
    }

    /// A column of numbers.
    pub fn numbers(name: impl Into<String>) -> Column {
        Column { name: name.into(), numeric: true }
    }
}

impl<T: Into<String>> From<T> for Field {
    fn from(text: T) -> Field {
        Field { text: text.into(), more: None }
    }
}

impl Field {
    /// Text without breaks may have this length; longer text may wrap anywhere.
    fn is_long(&self) -> bool {
        self.text.len() > 28
    }
}

impl Table {
    fn classes(&self) -> String {
        let mut classes = vec!["scroll"];
        classes.extend((self.rows.len() > TALL).then_some("tall"));
        classes.extend((self.columns.len() > UPRIGHT).then_some("wide"));
        classes.join(" ")
    }

    /// The columns that do not fit on paper.
    fn not_printed(&self) -> usize {
        self.columns.len().saturating_sub(PRINTED)
    }

    fn searched(&self) -> bool {
        self.used == Use::Searching && self.rows.len() > 1
    }

    fn is_number(&self, place: usize) -> bool {
        self.columns.get(place).is_some_and(|column| column.numeric)
    }
}
