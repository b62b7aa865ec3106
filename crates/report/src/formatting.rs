//! Numbers and names for people.

/// A text on one line: line breaks, other control characters and direction marks are made visible.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// The shortest spelling that reads back bit for bit; with an exponent for small and large numbers.
pub(crate) fn exact(number: f64) -> String {
    format!("{number:?}")
}

/// A number for a label: four digits at most.
pub(crate) fn brief(number: f64) -> String {
    let rounded = format!("{number:.3e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// The format of a column of numbers, the same for all, so that they can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digits {
    /// This many digits after the point.
    Fixed(usize),
    /// With an exponent, and this many digits after the point.
    Scientific(usize),
}

impl Digits {
    /// The useful digits for numbers up to this size with about this uncertainty (both positive; without an
    /// uncertainty four digits).
    pub(crate) fn for_column(largest: f64, uncertainty: Option<f64>) -> Digits {
        if largest == 0.0 || !largest.is_finite() {
            return Digits::Fixed(3);
        }
        let magnitude = largest.log10().floor() as i32;
        // One digit after the first uncertain one, but at least three and at most seven in all.
        let last = uncertainty
            .filter(|width| *width > 0.0)
            .map_or(magnitude - 3, |width| width.log10().floor() as i32);
        let significant = (magnitude - last + 1).clamp(3, 7);
        if !(-4..7).contains(&magnitude) {
            return Digits::Scientific((significant - 1) as usize);
        }
        Digits::Fixed((significant - 1 - magnitude).max(0) as usize)
    }

    /// Formats the number.
    pub(crate) fn write(self, number: f64) -> String {
        match self {
            Digits::Fixed(digits) => format!("{number:.digits$}"),
            Digits::Scientific(digits) => format!("{number:.digits$e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_digits_that_are_known() {
        assert_eq!(Digits::for_column(0.963, Some(0.005)).write(0.963), "0.963");
        assert_eq!(Digits::for_column(0.963, Some(0.000_4)).write(0.963_12), "0.9631");
        assert_eq!(Digits::for_column(123.4, Some(8.0)).write(123.4), "123");
        assert_eq!(Digits::for_column(123.4, None).write(123.4), "123.4");
        assert_eq!(Digits::for_column(2e-9, None).write(2e-9), "2.000e-9");
        assert_eq!(Digits::for_column(0.0, None).write(0.0), "0.000");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(one_line("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
        assert_eq!(one_line("txt.\u{202e}exe שלום"), "txt.\\u{202e}exe שלום");
    }
}
