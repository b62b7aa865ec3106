//! The screen of a run on a terminal: one line of counts, one line a running cell. Pure.

use crate::screen::running::{self, RunningCell};
use crate::screen::terminal::{Line, Paint, Size, bar, cut, width};

/// The widest bar, and the narrowest useful one.
const WIDEST: usize = 32;
const NARROWEST: usize = 10;

/// What the panel shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    pub(super) name: String,
    pub(super) done: u64,
    pub(super) total: u64,
    /// `29/63 cells`, `1 failed`, `2 running`, `ETA 2 h 51 min`: the most important first.
    pub(super) counts: Vec<String>,
    pub(super) running: Vec<RunningCell>,
}

impl Panel {
    /// The lines: at most one fewer than the terminal has rows.
    pub(super) fn lines(&self, size: Size) -> Vec<Line> {
        // The last column stays free: see `InPlace`.
        let columns = size.columns.saturating_sub(1);
        let rows = size.rows.saturating_sub(1).max(1);
        let mut lines = vec![Line::new(self.head(columns), Paint::Bar)];
        let room = rows - 1;
        let shown = if self.running.len() > room { room.saturating_sub(1) } else { self.running.len() };
        lines.extend(running::lines(&self.running[..shown], columns).into_iter().map(Line::plain));
        let more = self.running.len() - shown;
        if more > 0 && room > 0 {
            let more = if shown == 0 { format!("  {more} run") } else { format!("  and {more} more") };
            lines.push(Line::new(cut(&more, columns), Paint::Faint));
        }
        lines
    }

    /// `timescale  [====>-----]  29/63 cells   1 failed   2 running   ETA 2 h 51 min`. On a narrow terminal
    /// it drops the name, then the bar, then the last counts.
    fn head(&self, columns: usize) -> String {
        let counts = self.counts.join("   ");
        let name = cut(&self.name, 40);
        let (named, nameless) = (width(&counts) + width(&name) + 4, width(&counts) + 2);
        if named + NARROWEST <= columns {
            let bar = bar(self.done, self.total, (columns - named).min(WIDEST));
            return format!("{name}  {bar}  {counts}");
        }
        if nameless + NARROWEST <= columns {
            return format!("{}  {counts}", bar(self.done, self.total, (columns - nameless).min(WIDEST)));
        }
        cut(&self.counts.join("  "), columns)
    }
}

#[cfg(test)]
mod tests {
    use gainsweep_contract::records::Progress;

    use super::*;

    fn panel(running: u64) -> Panel {
        let cell = |number: u64| RunningCell {
            label: format!("7c1f0a{number:02}  tau={} modulator_input=xy seed={number}", 10 * number),
            elapsed: 2.0,
            progress: (number > 0).then_some(Progress {
                format: 1,
                batch: 31 * number,
                batches: 3000,
                loss: Some(18.2),
                batches_per_second: Some(11.9),
            }),
        };
        Panel {
            name: "timescale".into(),
            done: 29,
            total: 63,
            counts: ["29/63 cells", "1 failed", "12 running", "ETA 2 h 51 min"].map(String::from).into(),
            running: (0..running).map(cell).collect(),
        }
    }

    #[test]
    fn it_fits_every_terminal() {
        let sizes =
            [(120, 40, 3), (80, 24, 3), (80, 8, 12), (50, 12, 2), (40, 6, 12), (20, 2, 3), (12, 1, 3)];
        let shown: Vec<String> = sizes
            .map(|(columns, rows, running)| {
                let lines = panel(running).lines(Size { columns, rows });
                assert!(lines.len() < rows.max(2), "{columns} x {rows}");
                assert!(lines.iter().all(|line| width(&line.text) < columns), "{columns} x {rows}");
                let lines: Vec<String> = lines.into_iter().map(|line| line.text).collect();
                format!("{columns} x {rows}, {running} running\n{}\n", lines.join("\n"))
            })
            .into();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
