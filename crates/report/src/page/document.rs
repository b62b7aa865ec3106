//! The whole page: its content, and the frame of the document around its sections.

use askama::Template;
use gainsweep_contract::Tone;
use sha2::{Digest, Sha256};

use super::figure::{Figure, base64};
use super::sections::{Costs, Parameters, Provenance, Unfinished};
use super::table::Table;

/// The style sheet.
const STYLE: &str = include_str!("templates/style.css");

/// The script that sorts and filters.
const SCRIPT: &str = include_str!("templates/script.js");

/// The content of the page. The same content gives the same bytes; only [`Page::written`] has a time.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "page.html")]
pub struct Page {
    /// The sweep's name.
    pub name: String,
    /// The question of the sweep.
    pub question: Option<String>,
    /// When the page was made, as text.
    pub written: String,
    /// The program that made it.
    pub program: String,
    /// Are the networks those of the published code?
    pub published: bool,
    /// How far the sweep is.
    pub standing: Standing,
    /// What was varied.
    pub parameters: Parameters,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Why there is no figure, if there is none.
    pub no_figures: String,
    /// Statistics, one row a point; `None` if nothing was measured yet.
    pub points: Option<Table>,
    /// One row a cell.
    pub cells: Table,
    /// The cells that are not done, and why.
    pub unfinished: Unfinished,
    /// The costs.
    pub costs: Costs,
    /// The provenance of the numbers.
    pub provenance: Provenance,
}

/// How far a sweep is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// `60 of 70 cells are done; ...`
    pub sentence: String,
    /// The cells by state.
    pub states: Vec<StateCount>,
    /// What a reader must know first, such as unreadable files.
    pub warnings: Vec<String>,
}

/// How many cells are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCount {
    /// The state.
    pub state: String,
    /// Number of cells.
    pub count: usize,
    /// Is that good or bad?
    pub tone: Tone,
}

impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        // Writing to memory cannot fail.
        self.render().unwrap_or_default()
    }

    /// The browser loads nothing, and runs only our script, whatever the texts on the page are.
    fn policy() -> String {
        let own = base64(&Sha256::digest(SCRIPT.as_bytes()));
        format!(
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{own}'; \
             base-uri 'none'; form-action 'none'"
        )
    }

    fn title(&self) -> String {
        match &self.question {
            Some(question) => format!("{question} – {}", self.name),
            None => format!("{} – Gainsweep report", self.name),
        }
    }

    /// The widths of the bar of states, in percent.
    fn bar(&self) -> Vec<(&'static str, String)> {
        let all: usize = self.standing.states.iter().map(|state| state.count).sum();
        let width = |count: usize| format!("{:.3}", 100.0 * count as f64 / all.max(1) as f64);
        self.standing.states.iter().map(|state| (state.tone.name(), width(state.count))).collect()
    }
}
