//! The screen of a watch, fitted to the rows and columns of the terminal. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::picture::{Picture, Scheduler, StateLine};
use crate::screen::terminal::{Line, Paint, Size, bar, cut, pad, width};
use crate::screen::{running, wording};

/// Columns of the bar.
const BAR: usize = 34;

/// Running cells that are shown before other lines get room.
const FIRST: usize = 3;

/// The lines: none is wider than the terminal, and there are no more than it has rows.
pub(super) fn frame(picture: &Picture, size: Size, zone: &TimeZone) -> Vec<Line> {
    let columns = size.columns;
    let mut room = size.rows;
    // Taken by importance; shown in reading order.
    let head = take(&mut room, head(picture, columns, zone), usize::MAX);
    let states = take_some(&mut room, state_lines(picture, columns), "states");
    let trouble = take(&mut room, trouble(picture, zone), 3);
    let count = picture.running.len();
    let first = count.min(FIRST).min(room);
    room -= first;
    let changes = take(&mut room, changes(picture, zone), 1);
    let next = take(&mut room, picture.around.next.iter().map(Line::plain).collect(), 1);
    let costs = take(&mut room, costs(picture), 1);
    let hint = take(&mut room, vec![hint(picture)], 1);
    let gaps = usize::from(!states.is_empty()) + usize::from(first > 0) + usize::from(!hint.is_empty());
    let gap = room >= gaps;
    room -= if gap { gaps } else { 0 };
    let running = running_lines(picture, columns, first + room);

    let blank = |wanted: bool| (gap && wanted).then(Line::default);
    let mut lines = head;
    lines.extend(blank(!states.is_empty()));
    lines.extend(states);
    lines.extend(trouble);
    lines.extend(blank(!running.is_empty()));
    lines.extend(running);
    lines.extend(blank(!hint.is_empty()));
    lines.extend(changes);
    lines.extend(costs);
    lines.extend(next);
    lines.extend(hint);
    for line in &mut lines {
        line.text = cut(&line.text, columns);
    }
    lines
}

/// As many of the lines as there is room for, and no more than `most`.
fn take(room: &mut usize, mut lines: Vec<Line>, most: usize) -> Vec<Line> {
    lines.truncate(most.min(*room));
    *room -= lines.len();
    lines
}

/// The same; the last line counts what is left out.
fn take_some(room: &mut usize, mut lines: Vec<Line>, what: &str) -> Vec<Line> {
    let all = lines.len();
    if all > *room && *room > 0 {
        lines.truncate(*room - 1);
        lines.push(Line::new(format!("  and {} more {what}", all - lines.len()), Paint::Faint));
    }
    take(room, lines, usize::MAX)
}

/// `timescale   63 cells   job 48213        files 14:02:11   Slurm 14:01:50`, then the bar with the predicted
/// end.
fn head(picture: &Picture, columns: usize, zone: &TimeZone) -> Vec<Line> {
    let around = &picture.around;
    let files = format!("files {}", clock(around.looked, zone));
    let times = match around.scheduler {
        Scheduler::Unused => format!("as of {}", clock(around.looked, zone)),
        Scheduler::Asked => format!("{files}   asking Slurm"),
        Scheduler::Known(time) => format!("{files}   Slurm {}", clock(time, zone)),
        Scheduler::Away { last: Some(time), .. } => format!("{files}   Slurm {} (away)", clock(time, zone)),
        Scheduler::Away { last: None, .. } => format!("{files}   Slurm away"),
    };
    let cells = wording::count(picture.total as u64, "cell");
    let full = format!("{}   {cells}   {}", picture.name, around.jobs);
    let titles = [full, format!("{}   {cells}", picture.name), picture.name.clone()];
    let left = columns.saturating_sub(width(&times) + 3);
    let title = titles.iter().find(|title| width(title) <= left).unwrap_or(&titles[2]);
    let title = if left < 8 {
        // There is no room for both.
        cut(&picture.name, columns)
    } else {
        format!("{}   {times}", pad(&cut(title, left), left))
    };
    let mut counts = format!("{}/{} done", picture.done, picture.total);
    if let Some(seconds) = picture.seconds_to_go {
        let end = around.looked + std::time::Duration::from_secs_f64(seconds.clamp(0.0, 1e9));
        let (clock, left) = (day_and_clock(end, around.looked, zone), wording::duration(seconds));
        counts = format!("{counts}   ETA {clock} (in {left})");
    }
    let bar =
        bar(picture.done as u64, picture.total as u64, columns.saturating_sub(width(&counts) + 2).min(BAR));
    let gap = if bar.is_empty() { "" } else { "  " };
    vec![Line::new(title, Paint::Strong), Line::new(format!("{bar}{gap}{counts}"), Paint::Bar)]
}

/// `  pending       12   Priority`
fn state_lines(picture: &Picture, columns: usize) -> Vec<Line> {
    let (names, count) = if columns < 50 { (13, 5) } else { (14, 6) };
    let line = |state: &StateLine| {
        let text = format!("  {:names$}{:count$}   {}", state.name, state.count, state.reasons);
        Line::new(text.trim_end(), if state.is_bad { Paint::Bad } else { Paint::Plain })
    };
    picture.states.iter().map(line).collect()
}

fn trouble(picture: &Picture, zone: &TimeZone) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Scheduler::Away { since, last, again } = picture.around.scheduler {
        let mut text = format!("Slurm has not answered since {}", clock(since, zone));
        text += &last.map(|last| format!(", last known {}", clock(last, zone))).unwrap_or_default();
        text += &again.map(|again| format!("; next try {}", clock(again, zone))).unwrap_or_default();
        lines.push(text);
    }
    lines.extend(picture.around.trouble.iter().map(|text| format!("warning: {}", wording::one_line(text))));
    lines.into_iter().map(|text| Line::new(text, Paint::Bad)).collect()
}

fn running_lines(picture: &Picture, columns: usize, room: usize) -> Vec<Line> {
    let count = picture.running.len();
    let shown = if count > room { room.saturating_sub(1) } else { count };
    let mut lines: Vec<Line> =
        running::lines(&picture.running[..shown], columns).into_iter().map(Line::plain).collect();
    if count > shown && room > 0 {
        let text =
            if shown == 0 { format!("  {count} run") } else { format!("  and {} more run", count - shown) };
        lines.push(Line::new(text, Paint::Faint));
    }
    lines
}

/// `14:01:50  +3 done   (since 13:20:00: +17 done)`
fn changes(picture: &Picture, zone: &TimeZone) -> Vec<Line> {
    let changes = &picture.around.changes;
    let mut parts: Vec<String> =
        changes.last().map(|(what, time)| format!("{}  {what}", clock(time, zone))).into_iter().collect();
    parts.extend(changes.all().map(|(what, since)| format!("(since {}: {what})", clock(since, zone))));
    parts.extend(picture.around.sent.clone());
    if parts.is_empty() { Vec::new() } else { vec![Line::plain(parts.join("   "))] }
}

fn costs(picture: &Picture) -> Vec<Line> {
    picture.costs.iter().map(Line::plain).collect()
}

fn hint(picture: &Picture) -> Line {
    let text = if picture.around.leaving {
        "sending the next wave, then quitting"
    } else {
        "q quits; the cells keep running"
    };
    Line::new(text, Paint::Faint)
}

fn clock(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// `15:40`, `Thu 15:40`, `2026-12-24 15:40`
fn day_and_clock(time: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (time, now) = (time.to_zoned_datetime(zone.clone()), now.to_zoned_datetime(zone.clone()));
    let days = time.date().since(now.date()).map_or(i32::MAX, |span| span.get_days());
    let format = match days {
        0 => "%H:%M",
        1..=6 => "%a %H:%M",
        _ => "%Y-%m-%d %H:%M",
    };
    time.strftime(format).to_string()
}

#[cfg(test)]
mod tests;
