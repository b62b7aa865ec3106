//! The whole page: what is on it, and the frame of the document around its sections.

use askama::Template;
use gainsweep_contract::Tone;
use sha2::{Digest, Sha256};

use super::figure::{Figure, base64};
use super::sections::{Costs, Parameters, Provenance, Unfinished};
use super::table::Table;

/// How it looks.
const STYLE: &str = include_str!("templates/style.css");

/// What sorts and filters.
const SCRIPT: &str = include_str!("templates/script.js");

/// All that is on the page. The same page gives the same bytes; [`Page::written`] alone says when.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "page.html")]
pub struct Page {
    /// The sweep's name.
    pub name: String,
    /// What the sweep asks.
    pub question: Option<String>,
    /// When the page was made, in words.
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
    /// Why there is none, where there is none.
    pub no_figures: String,
    /// Statistics, a row a point; `None` where nothing was measured yet.
    pub points: Option<Table>,
    /// A row a cell.
    pub cells: Table,
    /// What is not done, and why.
    pub unfinished: Unfinished,
    /// What it cost.
    pub costs: Costs,
    /// Where the numbers come from.
    pub provenance: Provenance,
}

/// How far a sweep is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// `60 of 70 cells are done; ...`
    pub sentence: String,
    /// The cells by state.
    pub states: Vec<StateCount>,
    /// What a reader must know first, such as files that could not be read.
    pub warnings: Vec<String>,
}

/// How many cells are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateCount {
    /// The state.
    pub state: String,
    /// How many.
    pub count: usize,
    /// Is that good or bad?
    pub tone: Tone,
}

impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        // Into memory, of values that are there, nothing fails.
        self.render().unwrap_or_default()
    }

    /// The browser loads nothing and runs our script alone, whatever a text on the page says.
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
