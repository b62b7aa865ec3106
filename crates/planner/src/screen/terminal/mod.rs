//! Terminals: their size, and two ways to draw lines: below the prompt, and on the alternate screen.
//!
//! Pure functions make the [`Line`]s from data, size and time. This module does not know what they mean.

mod events;
mod fit;
mod full;
mod in_place;

use std::io::IsTerminal;
use std::os::fd::AsFd;

pub(crate) use events::{Event, listen};
pub(crate) use fit::{bar, cut, pad, width};
pub(crate) use full::Full;
pub(crate) use in_place::InPlace;

use crate::screen::wording;

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// The look of a line, if colours are on. No meaning depends on it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Paint {
    #[default]
    Plain,
    Strong,
    Faint,
    Bad,
    /// The part between the first `[` and `]`, if any.
    Bar,
}

/// One line of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) paint: Paint,
}

impl Line {
    /// What others wrote may hold escape sequences: they are shown, not obeyed.
    pub(crate) fn new(text: impl Into<String>, paint: Paint) -> Line {
        Line { text: wording::one_line(&text.into()), paint }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Line {
        Line::new(text, Paint::Plain)
    }

    /// The line as it is written to a terminal.
    fn painted(&self, colours: bool) -> String {
        let (from, to) = match self.paint {
            Paint::Bar => match (self.text.find('['), self.text.find(']')) {
                (Some(from), Some(to)) if from < to => (from + 1, to),
                _ => return self.text.clone(),
            },
            Paint::Plain | Paint::Strong | Paint::Faint | Paint::Bad => (0, self.text.len()),
        };
        let code = match self.paint {
            Paint::Plain => return self.text.clone(),
            _ if !colours => return self.text.clone(),
            Paint::Strong => 1,
            Paint::Faint => 2,
            Paint::Bad => 31,
            Paint::Bar => 36,
        };
        format!("{}\x1b[{code}m{}\x1b[0m{}", &self.text[..from], &self.text[from..to], &self.text[to..])
    }
}

/// Can lines be redrawn here? Not in a pipe, and not on a dumb terminal.
pub(crate) fn can_draw(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var("TERM").is_ok_and(|name| !name.is_empty() && name != "dumb")
}

/// The current size; 80 x 24 if unknown.
pub(crate) fn size(stream: impl AsFd) -> Size {
    let said = rustix::termios::tcgetwinsize(stream).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    said.map_or(Size { columns: 80, rows: 24 }, |size| Size {
        columns: size.ws_col.into(),
        rows: size.ws_row.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stand_around_words_and_only_where_they_are_wanted() {
        let bar = Line::new("s  [==>--]  2/5", Paint::Bar);
        assert_eq!(bar.painted(true), "s  [\x1b[36m==>--\x1b[0m]  2/5");
        assert_eq!(bar.painted(false), "s  [==>--]  2/5");
        assert_eq!(Line::new("a", Paint::Bad).painted(true), "\x1b[31ma\x1b[0m");
        assert_eq!(Line::new("] no [", Paint::Bar).painted(true), "] no [");
    }
}
