//! Tables.

use askama::Template;

/// Columns that a sheet of paper has room for; the others are on the screen only.
const PRINTED: usize = 12;

/// A table of more columns lies across the paper.
const UPRIGHT: usize = 8;

/// Rows of a table that scrolls in a box of its own height.
const TALL: usize = 24;

/// A table. Fields that are missing at the end of a row are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "table.html")]
pub struct Table {
    /// Its name within the page: letters and `-`.
    pub id: String,
    /// What it shows, in a few words.
    pub caption: String,
    /// What else there is to say of it, for instance which rows are left out; empty for nothing.
    pub note: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; the first field of each is its name.
    pub rows: Vec<Vec<Field>>,
    /// What it is there for.
    pub used: Use,
}

/// What a table is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Use {
    /// It is read.
    #[default]
    Reading,
    /// It is searched: a click on a column sorts, a field filters.
    Searching,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Does it hold numbers? Then they are sorted as numbers.
    pub numeric: bool,
}

/// What stands in a row at a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// The text; empty for nothing known.
    pub text: String,
    /// The id of a place on the page that says more.
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
    /// Words without a break may be as long as this; longer ones get room to wrap.
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
