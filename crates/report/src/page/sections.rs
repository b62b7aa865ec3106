//! The parts of a page.

use askama::Template;

use super::table::Table;
use gainsweep_contract::Tone;

/// A fact: a name and a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The text.
    pub text: String,
}

impl Fact {
    /// A fact.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Fact {
        Fact { name: name.into(), text: text.into() }
    }
}

/// What was varied, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "parameters.html")]
pub struct Parameters {
    /// What varies.
    pub axes: Table,
    /// What the file sets for all cells.
    pub constants: Option<Table>,
    /// The defaults that hold.
    pub defaults: Option<Table>,
    /// Notes.
    pub notes: Vec<String>,
}

/// The cells that are not done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "unfinished.html")]
pub struct Unfinished {
    /// Cells of one state and one reason.
    pub groups: Vec<Group>,
    /// A note about what is left out; may be empty.
    pub note: String,
}

/// Cells of one state and one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The state.
    pub state: String,
    /// Is that good or bad?
    pub tone: Tone,
    /// How many cells.
    pub count: usize,
    /// Why they are in that state; may be empty.
    pub reason: String,
    /// What to type next.
    pub next: Vec<String>,
    /// The cells, or the first of them.
    pub cells: Vec<UnfinishedCell>,
}

/// A cell that is not done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnfinishedCell {
    /// Its id.
    pub id: String,
    /// The beginning of its id, for commands.
    pub short: String,
    /// Its values on the axes.
    pub label: String,
    /// The attempts.
    pub attempts: Vec<String>,
    /// The last lines of its worker.
    pub log: Vec<String>,
    /// The command that shows more.
    pub more: String,
}

/// The costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "costs.html")]
pub struct Costs {
    /// Totals.
    pub facts: Vec<Fact>,
    /// Wall time and memory, for each value of an axis.
    pub table: Option<Table>,
}

/// The provenance of the numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "provenance.html")]
pub struct Provenance {
    /// The program, the time, the machine.
    pub facts: Vec<Fact>,
    /// The programs and machines that trained the cells.
    pub made_by: Option<Table>,
    /// What a reader must know, such as cells that were made by other code.
    pub warnings: Vec<String>,
    /// How to compute the numbers of a cell again.
    pub again: Vec<String>,
    /// The name of the sweep file.
    pub file: String,
    /// Its text.
    pub text: String,
}
