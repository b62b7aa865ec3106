//! `metrics.csv`: what a cell measured, as one header line and one row. This is its only reader.

use std::sync::{Arc, OnceLock};

use csv::ByteRecord;

use crate::csv_table::{self, Ending};
use crate::folder::CellFolder;
use crate::read_error::ReadError;
use crate::regular_file;

/// The metrics of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellMetrics {
    /// The names; cells that are read with the same [`UsualNames`] share them if possible.
    pub names: Arc<ByteRecord>,
    /// The values, parallel to the names.
    pub values: MetricValues,
    /// Damage, as messages that do not name the file.
    pub damage: Vec<String>,
}

/// A worker's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricValues {
    /// The line of the file without quotes: fields end at commas. The usual case.
    Line(String),
    /// The fields; none if the file has no row.
    Fields(Vec<String>),
}

impl Default for MetricValues {
    fn default() -> MetricValues {
        MetricValues::Fields(Vec::new())
    }
}

/// The metric names of the first cell: nearly always the names of all cells.
#[derive(Debug, Default)]
pub struct UsualNames(OnceLock<(Vec<u8>, Arc<ByteRecord>)>);

impl UsualNames {
    /// The names in this header line, which has no quotes.
    fn of(&self, header: &[u8]) -> Arc<ByteRecord> {
        let split = || Arc::new(header.split(|byte| *byte == b',').collect());
        let (line, names) = self.0.get_or_init(|| (header.to_vec(), split()));
        if line == header { Arc::clone(names) } else { split() }
    }
}

impl CellMetrics {
    /// Is there a row?
    pub fn has_row(&self) -> bool {
        self.values != MetricValues::default()
    }

    /// All values as the worker wrote them, parallel to the names.
    pub fn fields(&self) -> Vec<&str> {
        match &self.values {
            MetricValues::Line(line) => line.split(',').collect(),
            MetricValues::Fields(fields) => fields.iter().map(String::as_str).collect(),
        }
    }

    /// A metric as the worker wrote it.
    pub fn text(&self, name: &str) -> Option<&str> {
        let place = self.names.iter().position(|known| known == name.as_bytes())?;
        self.fields().get(place).copied()
    }

    /// A metric as a number, if it is one.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.trim().parse().ok()
    }
}

impl CellFolder {
    /// Reads the cell's metrics, done or not; `None` without a file.
    ///
    /// # Errors
    /// The file exists but cannot be read. Damage is not an error: see [`CellMetrics::damage`].
    pub fn read_metrics(&self, usual: &UsualNames) -> Result<Option<CellMetrics>, ReadError> {
        let bytes = match regular_file::read(&self.metrics()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ReadError(error)),
        };
        if let Some((header, row)) = csv_table::one_row(&bytes)
            && let Ok(row) = std::str::from_utf8(row)
        {
            let values = MetricValues::Line(row.to_string());
            return Ok(Some(CellMetrics { names: usual.of(header), values, damage: Vec::new() }));
        }
        let table = csv_table::parse(&bytes, Ending::Whole);
        let mut damage = table.damage;
        if table.rows.len() != 1 {
            damage.push(format!("{} rows where one is expected", table.rows.len()));
        }
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let fields = table.rows.first().map_or_else(Vec::new, |row| row.iter().map(text).collect());
        Ok(Some(CellMetrics { names: Arc::new(table.header), values: MetricValues::Fields(fields), damage }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_odd_files_read_alike() {
        let folder = tempfile::tempdir().expect("a folder");
        let cell = CellFolder::at(folder.path());
        let usual = UsualNames::default();
        let read = |text: &str| {
            fs_err::write(cell.metrics(), text).expect("written");
            cell.read_metrics(&usual).expect("read").expect("there")
        };
        assert_eq!(cell.read_metrics(&usual).expect("read"), None);
        let first = read("clarity,error\n0.90, 1\n");
        assert_eq!(
            (first.text("clarity"), first.number("error"), first.number("x")),
            (Some("0.90"), Some(1.0), None)
        );
        let second = read("clarity,error\n0.5,nan");
        assert!(Arc::ptr_eq(&first.names, &second.names));
        let other = read("clarity\n0.5\n");
        assert_eq!(other.number("clarity"), Some(0.5));
        let quoted = read("\"a, b\",c\n\"1\n2\",3\n");
        assert_eq!(
            (quoted.text("a, b"), quoted.number("c"), quoted.damage.len()),
            (Some("1\n2"), Some(3.0), 0)
        );
        let none = read("a,b\n");
        assert!(!none.has_row());
        assert_eq!(none.damage, ["0 rows where one is expected"]);
        let two = read("a\n1\n2\n");
        assert_eq!((two.text("a"), two.damage.len()), (Some("1"), 1));
    }
}
