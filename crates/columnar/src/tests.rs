//! Written files are read back by the same library. Other readers were tried by hand.

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, RowAccessor};

use super::*;
use crate::batch::ROWS;

fn converted(csv: &[u8], texts: &[&str]) -> SerializedFileReader<Bytes> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_string()).collect();
    let columns = column_types(csv, &texts).expect("a table");
    let mut bytes = Vec::new();
    write(csv, &columns, "test", &mut bytes).expect("written");
    SerializedFileReader::new(Bytes::from(bytes)).expect("Parquet")
}

/// The values of a row, as a person would write them; `null` for a missing one.
fn rows(reader: &SerializedFileReader<Bytes>) -> Vec<Vec<Field>> {
    let rows = reader.get_row_iter(None).expect("rows");
    rows.map(|row| row.expect("a row").into_columns().into_iter().map(|(_, field)| field).collect()).collect()
}

#[test]
fn a_table_comes_back_with_types_and_nulls() {
    let csv = "cell,tau,learn,clarity,n,note\n\
               0000000000000012,1,true,0.91000000000000003109,3,\"a, \"\"b\"\"\nc\"\n\
               12e4567890123456,,false,nan,,\n\
               00000000000000ff,100,,-1e-300,-4,x\n";
    let text = |text: &str| Field::Str(text.into());
    let rows = rows(&converted(csv.as_bytes(), &["cell"]));
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[0],
        [
            text("0000000000000012"),
            Field::Long(1),
            Field::Bool(true),
            Field::Double(0.91),
            Field::Long(3),
            text("a, \"b\"\nc")
        ]
    );
    let Field::Double(number) = rows[1][3] else { panic!("{:?}", rows[1]) };
    assert!(number.is_nan());
    assert_eq!(rows[1][..3], [text("12e4567890123456"), Field::Null, Field::Bool(false)]);
    assert_eq!(rows[1][4..], [Field::Null, Field::Null]);
    assert_eq!(
        rows[2],
        [
            text("00000000000000ff"),
            Field::Long(100),
            Field::Null,
            Field::Double(-1e-300),
            Field::Long(-4),
            text("x")
        ]
    );
}

#[test]
fn long_tables_come_back_whole_and_in_order() {
    let count = 2 * ROWS + 5;
    let line = |row: usize| {
        let last = if row == count - 1 { "0.5".to_string() } else { String::new() };
        format!("{row},{},{last}\n", ["done", "failed"][row % 2])
    };
    let csv: String = std::iter::once("row,state,late\n".to_string()).chain((0..count).map(line)).collect();
    let reader = converted(csv.as_bytes(), &[]);
    assert_eq!(reader.num_row_groups(), 3);
    let rows = reader.get_row_iter(None).expect("rows");
    let mut seen = 0;
    for (expected, row) in rows.enumerate() {
        let row = row.expect("a row");
        assert_eq!(row.get_long(0).expect("a number"), i64::try_from(expected).expect("small"));
        assert_eq!(row.get_string(1).expect("a text"), ["done", "failed"][expected % 2]);
        assert_eq!(row.get_double(2).ok(), (expected == count - 1).then_some(0.5));
        seen += 1;
    }
    assert_eq!(seen, count);
}

#[test]
fn a_table_without_rows_has_its_columns() {
    let reader = converted(b"cell,clarity\n", &["cell"]);
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 2);
}

#[test]
fn what_is_no_table_is_refused() {
    assert!(matches!(column_types(&b"a,b\n1\n"[..], &[]), Err(Error::Csv(_))));
}
