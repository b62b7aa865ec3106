//! Converts a CSV table to [Parquet](https://parquet.apache.org): columns with types, missing fields as
//! nulls.
//!
//! CSV has no types, so each table is read twice: [`column_types`] finds the types, [`write()`] writes the
//! table. Rows are processed in groups, so memory does not grow with the table. Nothing here opens a file or
//! knows the meaning of a column.

mod batch;
mod column_type;

use std::io::{Read, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};
use rayon::prelude::*;

use crate::batch::{Batches, Values};
pub use crate::column_type::ColumnType;
use crate::column_type::FieldsSeen;

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read, or is not a table.
    #[error("the table cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// It cannot be written.
    #[error("the Parquet file cannot be written: {0}")]
    Parquet(#[from] ParquetError),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedColumn {
    /// Its name.
    pub name: String,
    /// The type of its fields.
    pub kind: ColumnType,
    /// Are there few different values, so that a dictionary pays off?
    few: bool,
}

/// The columns of a table, each with the narrowest kind for all its fields. Columns in `texts` are always
/// text: an id may look like a number.
///
/// # Errors
/// It cannot be read, or a row has more or fewer fields than the first line.
pub fn column_types(csv: impl Read, texts: &[String]) -> Result<Vec<TypedColumn>, Error> {
    let mut batches = Batches::new(csv)?;
    let names = batches.names();
    let mut seen = vec![FieldsSeen::default(); names.len()];
    while let Some(batch) = batches.next()? {
        seen.par_iter_mut().zip(batch).for_each(|(seen, fields)| seen.look(fields.iter()));
    }
    let column = |(name, seen): (String, FieldsSeen)| {
        let kind = if texts.contains(&name) { ColumnType::Text } else { seen.column_type() };
        TypedColumn { name, kind, few: seen.few() }
    };
    Ok(names.into_iter().zip(seen).map(column).collect())
}

/// Writes the table with these columns as Parquet. Returns the number of rows. An empty field is a null.
///
/// # Errors
/// It cannot be read or written.
pub fn write(
    csv: impl Read,
    columns: &[TypedColumn],
    program: &str,
    out: impl Write + Send,
) -> Result<u64, Error> {
    let mut properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(program.to_string());
    for column in columns {
        properties =
            properties.set_column_dictionary_enabled(ColumnPath::from(column.name.as_str()), column.few);
    }
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build()?;
    let mut writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()))?;
    let mut batches = Batches::new(csv)?;
    let mut rows = 0;
    while let Some(batch) = batches.next()? {
        rows += batch.first().map_or(0, |fields| fields.len() as u64);
        let values: Vec<Values> =
            columns.par_iter().zip(batch).map(|(column, fields)| fields.values(column.kind)).collect();
        let mut group = writer.next_row_group()?;
        for values in values {
            let Some(column) = group.next_column()? else { break };
            put(column, &values)?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(rows)
}

fn field(column: &TypedColumn) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.kind {
        ColumnType::Boolean => (Physical::BOOLEAN, None),
        ColumnType::Integer => (Physical::INT64, None),
        ColumnType::Float => (Physical::DOUBLE, None),
        ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    builder.build().map(Arc::new)
}

fn put(mut column: SerializedColumnWriter<'_>, values: &Values) -> Result<(), ParquetError> {
    match values {
        Values::Boolean(values, there) => {
            column.typed::<BoolType>().write_batch(values, Some(there), None)?
        }
        Values::Integer(values, there) => {
            column.typed::<Int64Type>().write_batch(values, Some(there), None)?
        }
        Values::Float(values, there) => {
            column.typed::<DoubleType>().write_batch(values, Some(there), None)?
        }
        Values::Text(values, there) => {
            column.typed::<ByteArrayType>().write_batch(values, Some(there), None)?
        }
    };
    column.close()
}

#[cfg(test)]
mod tests;
