//! The provenance of the numbers, and how to compute them again.

use gainsweep_contract::records::Done;
use gainsweep_report::page::{Column, Fact, Field, Provenance, Table, Use};
use jiff::Timestamp;

use super::ReportInput;
use crate::cells::reasons::Reasons;
use crate::screen::wording;

/// Programs and machines that are listed.
const MOST_MAKERS: usize = 200;

/// The section.
pub(super) fn provenance(input: &ReportInput) -> Provenance {
    let loaded = input.loaded;
    let mut facts = Vec::new();
    if let Some(record) = &input.provenance {
        let code = format!("gainsweep {} ({})", record.version, record.commit);
        facts.push(Fact::new("Last started", format!("{} on {}, by {code}", record.started, record.host)));
        let typed: Vec<String> = record.arguments.iter().map(|word| wording::quoted(word.as_ref())).collect();
        facts.push(Fact::new("By", format!("gainsweep {}", typed.join(" "))));
        facts.push(Fact::new("Worker", record.worker.join(" ")));
        if loaded.sweep.worker.is_some() {
            let code = record.code.as_deref().unwrap_or("not sealed: it ran as it lay");
            facts.push(Fact::new("Code", code));
        }
    }
    facts.extend(worked(input).map(|text| Fact::new("Worked", text)));
    if let Some(networks) = &loaded.networks {
        facts.push(Fact::new("Networks", networks.words()));
    }
    facts.push(Fact::new("Results", input.folder.root().display().to_string()));
    facts.push(Fact::new("Tables", input.folder.tables().display().to_string()));
    for fact in &mut facts {
        fact.text = wording::one_line(&fact.text);
    }
    let cell = input.sweep_cells.cells.iter().find(|cell| cell.state == gainsweep_contract::CellState::Done);
    let again = match cell {
        Some(cell) => vec![
            format!("gainsweep show {} {} --reproduce", input.typed, cell.id.short()),
            format!(
                "gainsweep show {} CELL --reproduce      # CELL: the first column of the table of cells",
                input.typed
            ),
        ],
        None => vec![format!("gainsweep show {} CELL --reproduce", input.typed)],
    };
    Provenance {
        facts,
        made_by: made_by(input),
        warnings: warnings(input),
        again,
        file: loaded.project.file_below_root().display().to_string(),
        text: loaded.text.replace("\r\n", "\n"),
    }
}

/// From the first start to the last end of an attempt.
fn worked(input: &ReportInput) -> Option<String> {
    let attempts = || input.sweep_cells.evidence.attempts.by_cell.values().flatten();
    let first: Timestamp = attempts().map(|attempt| attempt.started).min()?;
    let last = attempts().filter_map(|attempt| attempt.ended).max();
    let until = last.map_or_else(String::new, |last| format!(" to {last:.0}"));
    let count = wording::count(attempts().count() as u64, "attempt");
    Some(format!("{first:.0}{until}, in {count}"))
}

/// How many cells each program made, and where.
fn made_by(input: &ReportInput) -> Option<Table> {
    let mut makers: Vec<(&Done, u64)> = Vec::new();
    let same = |one: &Done, other: &Done| {
        (&one.version, &one.commit, &one.code, &one.engine, &one.device, one.threads, &one.host)
            == (
                &other.version,
                &other.commit,
                &other.code,
                &other.engine,
                &other.device,
                other.threads,
                &other.host,
            )
    };
    for record in input.records.iter().flatten() {
        match makers.iter().position(|(maker, _)| same(maker, record)) {
            Some(place) => makers[place].1 += 1,
            None if makers.len() < MOST_MAKERS => makers.push((record, 1)),
            None => {}
        }
    }
    if makers.is_empty() {
        return None;
    }
    let row = |(done, count): &(&Done, u64)| {
        let texts = [
            done.version.clone(),
            done.code.as_ref().map_or_else(|| done.commit.clone(), |code| format!("code {code}")),
            done.engine.clone(),
            done.device.clone(),
            done.threads.to_string(),
            done.host.clone(),
            count.to_string(),
        ];
        texts.into_iter().map(|text| Field::from(wording::one_line(&text))).collect()
    };
    let mut columns =
        ["version", "commit", "engine", "device", "threads", "machine", "cells"].map(Column::words);
    (columns[4].numeric, columns[6].numeric) = (true, true);
    Some(Table {
        id: "made-by".into(),
        caption: "What trained the done cells".into(),
        columns: columns.to_vec(),
        rows: makers.iter().map(row).collect(),
        used: Use::Reading,
        ..Table::default()
    })
}

/// What a reader of the numbers must know.
fn warnings(input: &ReportInput) -> Vec<String> {
    let sweep_cells = input.sweep_cells;
    let mut warnings = Vec::new();
    if sweep_cells.stale.count() > 0 {
        let cells = wording::count(sweep_cells.stale.count(), "done cell");
        let codes: Vec<String> = sweep_cells.stale.codes.iter().map(|code| wording::one_line(code)).collect();
        warnings.push(format!(
            "{cells} made by other code: {}; this is {}",
            wording::some(&codes),
            sweep_cells.stale.current.words()
        ));
    }
    let reasons = Reasons::new(&input.loaded.sweep, sweep_cells);
    if !sweep_cells.orphaned.is_empty() {
        let cells = wording::count(sweep_cells.orphaned.len() as u64, "cell");
        warnings.push(format!("{cells} on disk that the sweep no longer has: {}", reasons.orphaned()));
    }
    let new = reasons.new_cells();
    if !new.is_empty() {
        warnings.push(format!("since it was last run: {}", wording::one_line(&new)));
    }
    warnings
}
