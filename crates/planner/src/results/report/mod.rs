//! `gainsweep report`: one HTML page with everything known about a sweep.
//!
//! This file reads everything and writes the page. The files of `report/` make the sections;
//! `gainsweep_report` has the layout.

mod costs;
mod parameters;
mod provenance;
mod tables;
mod unfinished;

use std::collections::BTreeMap;

use gainsweep_contract::records::Done;
use gainsweep_contract::{CellId, CellState};
use gainsweep_report::Results;
use gainsweep_report::page::{Drawing, Figure, Page, Standing as Summary, StateCount};
use gainsweep_scheduler::of_this_machine;
use gainsweep_store::provenance::Provenance;
use gainsweep_store::{SweepFolder, atomic};
use rayon::prelude::*;

use crate::cells::sweep_cells::SweepCells;
use crate::cells::verdict::Verdict;
use crate::prediction::replicates_wanted::ReplicatesWanted;
use crate::results::figures::{Figures, figures};
use crate::results::gather;
use crate::screen::failure::Failure;
use crate::screen::{self, VERSION, wording};
use crate::sweep_file::Loaded;

/// A larger figure, in bytes, is shown as pixels: a browser would be slow with so many lines.
const LARGEST_SVG: usize = 1 << 20;

/// Warnings that are shown; the others are counted.
const MOST_WARNINGS: usize = 8;

/// Everything known about a sweep.
struct ReportInput<'a> {
    loaded: &'a Loaded,
    /// The sweep as it was typed.
    typed: String,
    folder: &'a SweepFolder,
    results: &'a Results,
    /// The metrics that people look at.
    metrics: Vec<usize>,
    /// Each cell: parallel to the rows of the results.
    cells: Vec<CellId>,
    /// The state of each cell, and why.
    verdicts: Vec<Verdict>,
    /// What the worker of each done cell recorded.
    records: Vec<Option<Done>>,
    sweep_cells: &'a SweepCells,
    provenance: Option<Provenance>,
}

/// Writes the report page of a sweep; `typed` is the sweep as it was typed.
///
/// # Errors
/// The tables, a figure or the page cannot be written, or records exist but cannot be read.
pub(crate) fn write(loaded: &Loaded, folder: &SweepFolder, typed: String) -> Result<(), Failure> {
    // The page names the tables, so it writes them first.
    let mut gathered = gather::gather(loaded, folder, false)?;
    let indices = loaded.indices();
    let mut sweep_cells = SweepCells::read(&*of_this_machine(), loaded, &indices, folder)?;
    // Costs and memory need the attempts of done cells, too.
    sweep_cells.evidence.read_attempts(|_| true)?;
    let evidence = &sweep_cells.evidence;
    let cells: Vec<CellId> = sweep_cells.cells.iter().map(|cell| cell.id).collect();
    let verdicts: Vec<Verdict> = cells.iter().map(|cell| evidence.verdict(*cell)).collect();
    // Use the states of `status`, which knows more about open cells.
    for (row, verdict) in gathered.results.rows.iter_mut().zip(&verdicts) {
        if !row.done && verdict.state != CellState::Done {
            row.state = verdict.state;
        }
    }
    let input = ReportInput {
        loaded,
        typed,
        folder,
        results: &gathered.results,
        metrics: gathered.metrics.clone(),
        records: cells.par_iter().map(|cell| folder.cell(*cell).read_record()).collect(),
        cells,
        verdicts,
        sweep_cells: &sweep_cells,
        provenance: Provenance::read(&folder.provenance()),
    };
    let Figures { drawn, undrawn } = figures(loaded, folder, &gathered.results)?;
    // Gathering has already reported torn attempts.
    let new = |what: &&String| !gathered.damage.contains(what);
    let later: Vec<&String> = evidence.trouble.iter().filter(new).chain(&undrawn).collect();
    let warnings: Vec<String> = gathered.damage.iter().chain(later.iter().copied()).cloned().collect();
    for what in later {
        screen::talk(&format!("warning: {}", wording::one_line(what)));
    }
    let drawn: Vec<Figure> = drawn
        .iter()
        .enumerate()
        .map(|(place, (_, figure))| drawing(place + 1, figure))
        .collect::<Result<_, _>>()?;
    let written = format!("Written on {:.0} by gainsweep {VERSION}", jiff::Timestamp::now());
    let html = page(&input, drawn, &warnings, written).html();
    let path = folder.report();
    atomic::write(&path, html.as_bytes())?;
    screen::talk(&format!("report    {}   {}", path.display(), wording::bytes(html.len() as u64)));
    Ok(())
}

fn drawing(number: usize, figure: &gainsweep_report::figures::Figure) -> Result<Figure, Failure> {
    let svg = figure.svg_element(&format!("figure-{number}-clip-"));
    let drawing = if svg.len() <= LARGEST_SVG { Drawing::Svg(svg) } else { pixels(figure.png()?) };
    Ok(Figure {
        number,
        caption: figure.caption.clone(),
        alternative: figure.alternative.clone(),
        notes: figure.notes.clone(),
        drawing,
    })
}

/// A PNG file, shown at half its size: it has two pixels for each one of the SVG.
fn pixels(bytes: Vec<u8>) -> Drawing {
    // Width and height are the first numbers of the first chunk.
    let number = |at: usize| {
        let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
        four.map_or(0, u32::from_be_bytes) / 2
    };
    let (width, height) = (number(16), number(20));
    Drawing::Png { bytes, width, height }
}

/// The page. Pure: the same input gives the same page.
fn page(input: &ReportInput, figures: Vec<Figure>, warnings: &[String], written: String) -> Page {
    let loaded = input.loaded;
    Page {
        name: loaded.name.clone(),
        question: loaded.sweep.question.as_deref().map(wording::one_line),
        written,
        program: format!("gainsweep {VERSION}"),
        published: loaded.sweep.worker.is_none(),
        standing: summary(input, warnings),
        parameters: parameters::parameters(&loaded.sweep, &loaded.indices()),
        figures,
        no_figures: "There is nothing to draw yet: a figure needs an axis and a metric with numbers.".into(),
        points: tables::points(input),
        cells: tables::cells(input),
        unfinished: unfinished::unfinished(input),
        costs: costs::costs(input),
        provenance: provenance::provenance(input),
    }
}

/// How far the sweep is.
fn summary(input: &ReportInput, warnings: &[String]) -> Summary {
    let mut counts: BTreeMap<CellState, usize> = BTreeMap::new();
    input.verdicts.iter().for_each(|verdict| *counts.entry(verdict.state).or_default() += 1);
    let all = input.verdicts.len();
    let done = counts.get(&CellState::Done).copied().unwrap_or(0);
    let mut sentence = if done == all {
        format!("All {} are done.", wording::count(all as u64, "cell"))
    } else {
        let others = counts.iter().filter(|(state, _)| **state != CellState::Done);
        let others: Vec<String> = others.map(|(state, count)| format!("{count} {}", state.name())).collect();
        let are = if all - done == 1 { "is" } else { "are" };
        format!(
            "{done} of {} are done; {} {are} not: {}.",
            wording::count(all as u64, "cell"),
            all - done,
            others.join(", ")
        )
    };
    if let Some(rounds) = &input.loaded.replicates_wanted {
        sentence = format!("{sentence} Precision: {}.", ReplicatesWanted::words(rounds));
    }
    let mut warnings: Vec<String> = warnings.iter().map(|what| wording::one_line(what)).collect();
    let more = warnings.len().saturating_sub(MOST_WARNINGS);
    warnings.truncate(MOST_WARNINGS);
    warnings.extend((more > 0).then(|| format!("and {more} more like these")));
    let count = |(state, count): (CellState, usize)| StateCount {
        state: state.name().into(),
        count,
        tone: state.tone(),
    };
    Summary { sentence, states: counts.into_iter().map(count).collect(), warnings }
}
