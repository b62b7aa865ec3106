//! Some rows of a table, column by column.

use std::io::Read;

use csv::ByteRecord;
use parquet::data_type::ByteArray;

use crate::column_type::{ColumnType, boolean, float, integer};

/// Rows that are in memory at once, and in one row group.
pub(crate) const ROWS: usize = 1 << 16;

/// The fields of one column: one text, and the end of each field.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// The present values of one column, and for each row whether it has one.
pub(crate) enum Values {
    Boolean(Vec<bool>, Vec<i16>),
    Integer(Vec<i64>, Vec<i16>),
    Float(Vec<f64>, Vec<i16>),
    Text(Vec<ByteArray>, Vec<i16>),
}

impl Fields {
    pub(crate) fn push(&mut self, field: &[u8]) {
        self.text.extend_from_slice(field);
        self.ends.push(self.text.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// All fields as values of that kind. A field of another kind is missing: the table may have changed
    /// since the types were read.
    pub(crate) fn values(&self, kind: ColumnType) -> Values {
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        match kind {
            ColumnType::Boolean => {
                let (values, there) = self.made(|field| boolean(&text(field)));
                Values::Boolean(values, there)
            }
            ColumnType::Integer => {
                let (values, there) = self.made(|field| std::str::from_utf8(field).ok().and_then(integer));
                Values::Integer(values, there)
            }
            ColumnType::Float => {
                let (values, there) = self.made(|field| std::str::from_utf8(field).ok().and_then(float));
                Values::Float(values, there)
            }
            ColumnType::Text => {
                let (values, there) = self.made(|field| Some(ByteArray::from(text(field).into_bytes())));
                Values::Text(values, there)
            }
        }
    }

    fn made<T>(&self, make: impl Fn(&[u8]) -> Option<T>) -> (Vec<T>, Vec<i16>) {
        let mut values = Vec::with_capacity(self.len());
        let one = |field: &[u8]| {
            let value = if field.is_empty() { None } else { make(field) };
            let there = i16::from(value.is_some());
            values.extend(value);
            there
        };
        let there = self.iter().map(one).collect();
        (values, there)
    }
}

/// A table, some rows at a time.
pub(crate) struct Batches<R> {
    reader: csv::Reader<R>,
    columns: Vec<Fields>,
}

impl<R: Read> Batches<R> {
    pub(crate) fn new(csv: R) -> Result<Batches<R>, csv::Error> {
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(csv);
        let count = reader.byte_headers()?.len();
        Ok(Batches { reader, columns: (0..count).map(|_| Fields::default()).collect() })
    }

    /// The names of the columns.
    pub(crate) fn names(&mut self) -> Vec<String> {
        let names = self.reader.byte_headers().cloned().unwrap_or_default();
        names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    /// The next rows; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<&[Fields]>, csv::Error> {
        self.columns.iter_mut().for_each(Fields::clear);
        let mut row = ByteRecord::new();
        let mut rows = 0;
        while rows < ROWS && self.reader.read_byte_record(&mut row)? {
            self.columns.iter_mut().zip(&row).for_each(|(column, field)| column.push(field));
            rows += 1;
        }
        Ok((rows > 0).then_some(&self.columns[..]))
    }
}
