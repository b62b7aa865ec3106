//! The results of an analysis: scalars by name, and a long table whose rows may have different columns.

/// A field of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A number; not-a-number for an undefined value.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<f64> for Field {
    fn from(value: f64) -> Field {
        Field::Number(value)
    }
}

impl From<usize> for Field {
    fn from(value: usize) -> Field {
        Field::Number(value as f64)
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Field {
        Field::Text(text.into())
    }
}

/// The results of an analysis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Scalars by name, in the order of `metrics.csv`.
    pub metrics: Vec<(String, f64)>,
    /// Rows of the long table: fields by column.
    pub rows: Vec<Vec<(String, Field)>>,
    /// Losses of a training, batch by batch; empty without one.
    pub losses: Vec<f64>,
}

impl Findings {
    /// Adds a scalar.
    pub(super) fn metric(&mut self, name: impl Into<String>, value: f64) {
        self.metrics.push((name.into(), value));
    }

    /// The columns of the long table, in the order in which they are first seen.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        for (name, _) in self.rows.iter().flatten() {
            if known.insert(name.as_str()) {
                columns.push(name);
            }
        }
        columns
    }

    /// The values of one column, in the rows whose column `key` is `text`.
    pub fn column_where(&self, key: &str, text: &str, name: &str) -> Vec<f64> {
        let chosen = |row: &&Vec<(String, Field)>| {
            row.iter()
                .any(|(known, field)| known == key && matches!(field, Field::Text(said) if said == text))
        };
        self.rows.iter().filter(chosen).flat_map(|row| numbers(row, name)).collect()
    }

    /// The values of one column, of the rows that have it.
    pub fn column(&self, name: &str) -> Vec<f64> {
        self.rows.iter().flat_map(|row| numbers(row, name)).collect()
    }
}

/// The numbers in a row's fields of that name.
fn numbers<'a>(row: &'a [(String, Field)], name: &'a str) -> impl Iterator<Item = f64> + 'a {
    row.iter().filter_map(move |(known, field)| match field {
        Field::Number(value) if known == name => Some(*value),
        Field::Number(_) | Field::Text(_) => None,
    })
}

/// A field of a row, from convenient types.
pub(super) fn field(name: impl Into<String>, value: impl Into<Field>) -> (String, Field) {
    (name.into(), value.into())
}

/// The entries of a context's mixing matrix, as fields.
pub(super) fn mixing(context: &[f32]) -> impl Iterator<Item = (String, Field)> {
    let signals = context.len().isqrt();
    context.iter().enumerate().map(move |(index, entry)| {
        field(format!("mixing_{}_{}", index / signals + 1, index % signals + 1), f64::from(*entry))
    })
}

/// Names of metrics: tags are at the end, except a tag that a parameter selects.
pub(super) fn tagged(metric: &str, tags: &[(&str, bool)]) -> String {
    let shown = tags.iter().filter(|(_, chosen)| !chosen);
    shown.fold(metric.to_string(), |name, (tag, _)| format!("{name}_{tag}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_union_in_order() {
        let rows = vec![vec![field("a", 1.0), field("b", "x")], vec![field("c", 2usize), field("a", 3.0)]];
        let findings = Findings { rows, ..Findings::default() };
        assert_eq!(findings.columns(), ["a", "b", "c"]);
        assert_eq!(findings.column("a"), [1.0, 3.0]);
        assert_eq!(findings.column_where("b", "x", "a"), [1.0]);
    }

    #[test]
    fn chosen_tags_are_in_no_name() {
        assert_eq!(tagged("r2", &[("z", false), ("linear", true)]), "r2_z");
        assert_eq!(tagged("r2", &[("z", true), ("linear", true)]), "r2");
    }
}
