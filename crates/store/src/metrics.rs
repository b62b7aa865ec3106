//! `metrics.csv`: what a cell measured, as one header line and one row. This is its only reader.

use std::sync::{Arc, OnceLock};

use csv::ByteRecord;

use crate::csv_table::{self, Ending};
use crate::folder::CellFolder;
use crate::read_error::ReadError;
use crate::result_table::{self, Rows};

/// The metrics of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellMetrics {
    /// The names; cells that are read with the same [`UsualNames`] share them if possible.
    pub names: Arc<ByteRecord>,
    /// The values, parallel to the names.
    pub values: MetricValues,
}

/// A worker's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricValues {
    /// The line of the file without quotes: fields end at commas. The usual case.
    Line(String),
    /// The fields.
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
    /// The names in this header line, which has no quotes; `None` if they are unusual.
    fn of(&self, header: &[u8]) -> Option<Arc<ByteRecord>> {
        if let Some((line, names)) = self.0.get()
            && line == header
        {
            return Some(Arc::clone(names));
        }
        let names: ByteRecord = header.split(|byte| *byte == b',').collect();
        let names = result_table::are_names(&names).then(|| Arc::new(names))?;
        let _ = self.0.set((header.to_vec(), Arc::clone(&names)));
        Some(names)
    }
}

impl CellMetrics {
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
    /// The file exists but cannot be read, or is refused: see [`result_table::normal`].
    pub fn read_metrics(&self, usual: &UsualNames) -> Result<Option<CellMetrics>, ReadError> {
        let path = self.metrics();
        let Some(bytes) = result_table::bytes(&path)? else { return Ok(None) };
        if let Some((header, row)) = csv_table::one_row(&bytes)
            && header != row
            && result_table::is_usual(row)
            && let Some(names) = usual.of(header)
            && let Ok(row) = std::str::from_utf8(row)
        {
            return Ok(Some(CellMetrics { names, values: MetricValues::Line(row.to_string()) }));
        }
        let normal = result_table::normal(&bytes, Rows::One, Ending::Whole);
        let table = csv_table::parse(&normal.map_err(|why| result_table::error(&path, &why))?, Ending::Whole);
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let fields = table.rows.first().map_or_else(Vec::new, |row| row.iter().map(text).collect());
        Ok(Some(CellMetrics { names: Arc::new(table.header), values: MetricValues::Fields(fields) }))
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
        assert_eq!((quoted.text("a, b"), quoted.number("c")), (Some("1\n2"), Some(3.0)));
        let marked = read("\u{feff}clarity,error\r\n0.5,1\r\n");
        assert_eq!((marked.names.as_ref(), marked.number("clarity")), (first.names.as_ref(), Some(0.5)));
        for text in ["a,b\n", "a\n1\n2\n", "a,a\n1,2\n", "a\n5%\n", "1,2\n3,4\n"] {
            fs_err::write(cell.metrics(), text).expect("written");
            let error = cell.read_metrics(&UsualNames::default()).expect_err(text).to_string();
            assert!(error.contains("metrics.csv: "), "{error}");
        }
    }
}
