//! Screens of several sizes.

use gainsweep_contract::CellState;
use gainsweep_contract::records::Progress;

use super::super::change::{Changes, Counts};
use super::super::picture::Around;
use super::*;
use crate::screen::running::RunningCell;

fn at(clock: &str) -> Timestamp {
    format!("2026-11-25T{clock}Z").parse().expect("a time")
}

fn cell(number: u64, label: &str) -> RunningCell {
    let progress = Progress {
        format: 1,
        batch: 310 * number,
        batches: 3000,
        loss: Some(96.4 / number as f64),
        batches_per_second: Some(11.9),
    };
    RunningCell {
        label: format!("7c1f0a{number:02}  {label}"),
        elapsed: 12.0,
        progress: (number < 9).then_some(progress),
    }
}

fn picture(running: u64) -> Picture {
    let state =
        |name, count, reasons: &str, is_bad| StateLine { name, count, reasons: reasons.into(), is_bad };
    let mut changes = Changes::new();
    let counts = |done| Counts([(CellState::Done, done), (CellState::Running, 3)].into());
    changes.see(counts(27), at("13:20:00"));
    changes.see(counts(41), at("14:01:30"));
    changes.see(counts(44), at("14:01:50"));
    Picture {
        name: "timescale".into(),
        total: 63,
        done: 44,
        states: vec![
            state("done", 44, "", false),
            state("running", 3, "2 x node07; 1 x node08; the longest has 4 min left", false),
            state("pending", 12, "other jobs have a higher priority", false),
            state("timeout", 2, "it has a checkpoint", false),
            state("out of memory", 1, "ended by Slurm on node03 (3fa2c81e)", true),
            state("diverged", 1, "loss not finite at batch 512 (91bb0c11)", true),
        ],
        running: (1..=running).map(|number| cell(number, "tau=100 modulator_input=xy seed=1")).collect(),
        seconds_to_go: Some(5900.0),
        costs: Some("3.9 core-hours spent (0.1 wasted) of 12.6 requested; 5.6 were predicted".into()),
        around: Around {
            jobs: "job 48213".into(),
            scheduler: Scheduler::Known(at("14:01:50")),
            looked: at("14:02:11"),
            changes,
            trouble: Vec::new(),
            sent: None,
            next: Some(
                "next: gainsweep retry timescale     why: gainsweep explain timescale 3fa2c81e".into(),
            ),
            leaving: false,
        },
    }
}

/// The screen as text, after a look that it fits.
fn shown(picture: &Picture, columns: usize, rows: usize) -> String {
    let lines = frame(picture, Size { columns, rows }, &TimeZone::UTC);
    assert!(lines.len() <= rows, "{columns} x {rows}: {} lines", lines.len());
    for line in &lines {
        assert!(width(&line.text) <= columns, "{columns} x {rows}: {}", line.text);
        assert!(line.text == line.text.trim_end(), "spaces at the end: {:?}", line.text);
    }
    let lines: Vec<String> = lines.into_iter().map(|line| format!("|{}\n", line.text)).collect();
    format!("{columns} x {rows}\n{}", lines.concat())
}

#[test]
fn ordinary_sizes() {
    let picture = picture(3);
    insta::assert_snapshot!([shown(&picture, 80, 24), shown(&picture, 120, 40)].join("\n"));
}

#[test]
fn small_sizes() {
    let picture = picture(12);
    let sizes = [(80, 16), (50, 12), (40, 10), (40, 5), (20, 3), (7, 2), (1, 1)];
    insta::assert_snapshot!(sizes.map(|(columns, rows)| shown(&picture, columns, rows)).join("\n"));
}

#[test]
fn more_run_than_there_are_rows() {
    insta::assert_snapshot!(shown(&picture(30), 100, 24));
}

#[test]
fn slurm_is_away() {
    let mut picture = picture(2);
    let away = |last, again| Scheduler::Away { since: at("13:58:12"), last, again };
    picture.around.scheduler = away(Some(at("13:57:40")), Some(at("14:04:10")));
    picture.around.trouble = vec![
        "cannot query the queue: Slurm does not answer: Unable to contact slurm controller (connect failure); \
         nothing is lost, try again when it is back"
            .into(),
    ];
    let known = shown(&picture, 80, 24);
    picture.around.scheduler = away(None, None);
    insta::assert_snapshot!([known, shown(&picture, 60, 8)].join("\n"));
}

#[test]
fn a_run_without_slurm_at_its_beginning() {
    let mut picture = picture(1);
    picture.around.scheduler = Scheduler::Unused;
    picture.around.jobs = "nothing submitted".into();
    picture.around.changes = Changes::new();
    picture.around.next = None;
    picture.costs = None;
    picture.seconds_to_go = Some(300_000.0);
    picture.states.truncate(2);
    picture.running = vec![cell(9, "case=遅い変調 seed=1"), cell(2, "case=🧠 seed=2")];
    insta::assert_snapshot!([shown(&picture, 80, 24), shown(&picture, 44, 9)].join("\n"));
}

#[test]
fn while_it_ends_and_before_slurm_has_answered() {
    let mut picture = picture(0);
    picture.around.scheduler = Scheduler::Asked;
    picture.around.sent = Some("sent the next wave: job 48214".into());
    picture.around.leaving = true;
    picture.seconds_to_go = None;
    insta::assert_snapshot!(shown(&picture, 80, 24));
}

/// Whatever the size, it fits.
#[test]
fn every_size() {
    let pictures = [picture(0), picture(1), picture(40)];
    for columns in (1..130).step_by(3) {
        for rows in 1..45 {
            for picture in &pictures {
                shown(picture, columns, rows);
            }
        }
    }
}

#[test]
fn the_end_has_a_day_where_it_is_another() {
    let now = at("14:00:00");
    let zone = TimeZone::UTC;
    let end = |hours| day_and_clock(now + jiff::SignedDuration::from_hours(hours), now, &zone);
    assert_eq!([end(1), end(20), end(24 * 9)], ["15:00", "Thu 10:00", "2026-12-04 14:00"].map(String::from));
}
