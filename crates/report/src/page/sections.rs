//! The parts of a page.

use askama::Template;

use super::table::Table;
use gainsweep_contract::Tone;

/// A fact: what, and how much or which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// What it is of.
    pub name: String,
    /// What is known.
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
    /// What holds without being said.
    pub defaults: Option<Table>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// The cells that are not done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "unfinished.html")]
pub struct Unfinished {
    /// Cells of one state and one reason.
    pub groups: Vec<Group>,
    /// What is left out, in words; empty for nothing.
    pub note: String,
}

/// Cells of one state and one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The state.
    pub state: String,
    /// Is that bad?
    pub tone: Tone,
    /// How many cells.
    pub count: usize,
    /// Why they are in that state; empty where there is nothing to say.
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
    /// The beginning of it, as commands take it.
    pub short: String,
    /// Where it is in the sweep.
    pub label: String,
    /// What was tried.
    pub attempts: Vec<String>,
    /// The last lines that its worker said.
    pub log: Vec<String>,
    /// What to type to learn more.
    pub more: String,
}

/// What it cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "costs.html")]
pub struct Costs {
    /// Totals.
    pub facts: Vec<Fact>,
    /// Wall time and memory, for each value of something.
    pub table: Option<Table>,
}

/// Where the numbers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "provenance.html")]
pub struct Provenance {
    /// By which program, when, where.
    pub facts: Vec<Fact>,
    /// What trained the cells, and where.
    pub made_by: Option<Table>,
    /// What a reader must know, such as cells that other code made.
    pub warnings: Vec<String>,
    /// How to make the numbers of a cell again.
    pub again: Vec<String>,
    /// The name of the sweep file.
    pub file: String,
    /// Its text.
    pub text: String,
}
