//! Lines below the prompt that are redrawn in place. Earlier output stays above them.

use std::io::Write;

use super::{Line, Size, cut, width};

/// Lines on stderr that are redrawn.
#[derive(Debug)]
pub(crate) struct InPlace {
    colours: bool,
    drawn: Vec<Line>,
    size: Option<Size>,
}

impl InPlace {
    pub(crate) fn new(colours: bool) -> InPlace {
        InPlace { colours, drawn: Vec::new(), size: None }
    }

    /// Draws the lines, if they or the size have changed. Cuts lines that do not fit.
    pub(crate) fn draw(&mut self, mut lines: Vec<Line>, size: Size) {
        // Leave one row for the cursor, and one column so that no terminal wraps.
        lines.truncate(size.rows.saturating_sub(1).max(1));
        for line in &mut lines {
            line.text = cut(&line.text, size.columns.saturating_sub(1));
        }
        if self.size == Some(size) && self.drawn == lines {
            return;
        }
        let text = over(&self.drawn, &lines, size, self.colours);
        let mut stderr = std::io::stderr().lock();
        // An error is ignored: without a terminal nobody reads this.
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
        self.size = Some(size);
        self.drawn = lines;
    }

    /// Removes the lines.
    pub(crate) fn clear(&mut self) {
        let size = super::size(std::io::stderr());
        self.draw(Vec::new(), size);
    }
}

/// The text that replaces the drawn lines in one piece, so that nothing flickers.
///
/// A terminal that became narrower has wrapped the old lines: they take more rows now. (Terminals that cut
/// instead, such as xterm, lose as many rows above. That happens only for lines wider than the new width.)
fn over(drawn: &[Line], lines: &[Line], size: Size, colours: bool) -> String {
    let rows: usize = drawn.iter().map(|line| width(&line.text).div_ceil(size.columns.max(1)).max(1)).sum();
    let rows = rows.min(size.rows.saturating_sub(1));
    let up = if rows > 0 { format!("\x1b[{rows}A") } else { String::new() };
    let lines: Vec<String> =
        lines.iter().map(|line| format!("{}\x1b[K\r\n", line.painted(colours))).collect();
    format!("\r{up}{}\x1b[J", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_a_narrower_terminal_wrapped_are_all_taken_off() {
        let lines = |texts: &[&str]| texts.iter().map(|text| Line::plain(*text)).collect::<Vec<_>>();
        let size = |columns, rows| Size { columns, rows };
        assert_eq!(over(&[], &lines(&["ab"]), size(80, 24), false), "\rab\x1b[K\r\n\x1b[J");
        // Two lines of 40 and 10 columns take three rows of 20 each: 2 + 1.
        let drawn = lines(&[&"x".repeat(40), &"y".repeat(10)]);
        assert_eq!(over(&drawn, &lines(&["ab"]), size(20, 24), false), "\r\x1b[3Aab\x1b[K\r\n\x1b[J");
        assert_eq!(over(&drawn, &[], size(5, 4), false), "\r\x1b[3A\x1b[J");
    }
}
