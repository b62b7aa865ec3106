//! The metrics of a cell, as its worker wrote them. They are kept in one text: for a hundred thousand cells,
//! a text for each number would take most of the memory.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One text a metric; empty for none.
#[derive(Clone, Default)]
pub struct Measured(Texts);

#[derive(Clone)]
enum Texts {
    /// Fields between commas.
    Line(Box<str>),
    /// The same, as a part of a text that many cells share.
    Part(Arc<String>, Range<usize>),
    /// Texts that cannot be written between commas.
    Each(Vec<Option<String>>),
}

impl Default for Texts {
    fn default() -> Texts {
        Texts::Each(Vec::new())
    }
}

impl Measured {
    /// The fields between the commas of this text.
    pub fn of_line(text: &str) -> Measured {
        Measured(Texts::Line(text.into()))
    }

    /// The fields between the commas of this part of a text.
    pub fn of_part(text: Arc<String>, part: Range<usize>) -> Measured {
        Measured(Texts::Part(text, part))
    }

    /// The text of a metric.
    pub fn get(&self, metric: usize) -> Option<&str> {
        self.iter().nth(metric).flatten()
    }

    /// The texts of all metrics, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let (line, each) = match &self.0 {
            Texts::Line(line) => (&**line, &[][..]),
            Texts::Part(text, part) => (&text[part.clone()], &[][..]),
            Texts::Each(texts) => ("", texts.as_slice()),
        };
        let line = (!line.is_empty()).then(|| line.split(',').map(Some));
        let texts = line.into_iter().flatten().chain(each.iter().map(Option::as_deref));
        texts.map(|text| text.filter(|text| !text.is_empty()))
    }
}

impl FromIterator<Option<String>> for Measured {
    fn from_iter<T: IntoIterator<Item = Option<String>>>(texts: T) -> Measured {
        Measured(Texts::Each(texts.into_iter().collect()))
    }
}

impl From<Vec<Option<String>>> for Measured {
    fn from(texts: Vec<Option<String>>) -> Measured {
        Measured(Texts::Each(texts))
    }
}

impl PartialEq for Measured {
    fn eq(&self, other: &Measured) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_line_is_what_its_fields_are() {
        let line = Arc::new("id,1,done,0.50,,nan\nid,2".to_string());
        let measured = Measured::of_part(Arc::clone(&line), 10..19);
        assert_eq!(measured, Measured::of_line("0.50,,nan"));
        let texts =
            |texts: &[&str]| -> Measured { texts.iter().map(|text| Some((*text).to_string())).collect() };
        assert_eq!(measured, texts(&["0.50", "", "nan"]));
        assert_eq!([0, 1, 2, 3].map(|at| measured.get(at)), [Some("0.50"), None, Some("nan"), None]);
        assert_eq!(Measured::of_part(line, 3..3), Measured::default());
        assert_eq!(texts(&["a,b"]).get(0), Some("a,b"));
        assert_eq!(format!("{measured:?}"), r#"[Some("0.50"), None, Some("nan")]"#);
    }
}
