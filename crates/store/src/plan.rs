//! `plan.csv`: the cells of a sweep, in order, with their values on the axes.

use std::path::Path;

use gainsweep_contract::CellId;

use crate::cell::ReadError;
use crate::table::{self, Ending};

/// The version of `plan.csv`, kept in `provenance.json`: the table itself is plain CSV for any program.
pub const PLAN_FORMAT: u32 = 1;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCell {
    /// Position in the sweep.
    pub index: u64,
    /// The cell.
    pub cell: CellId,
    /// Values on the axes, as people write them.
    pub axes: Vec<String>,
}

/// The bytes of `plan.csv`: `index`, `cell`, then the axes.
pub fn render(axes: &[String], cells: impl IntoIterator<Item = PlannedCell>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["index", "cell"].into_iter().chain(axes.iter().map(String::as_str));
    // Into memory, and with as many fields as the header, nothing fails.
    let _ = writer.write_record(header);
    for planned in cells {
        let _ = writer.write_field(planned.index.to_string());
        let _ = writer.write_field(planned.cell.to_string());
        let _ = writer.write_record(&planned.axes);
    }
    writer.into_inner().unwrap_or_default()
}

/// What `plan.csv` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The names of the axes.
    pub axes: Vec<String>,
    /// The cells, in order.
    pub cells: Vec<PlannedCell>,
}

/// Reads `plan.csv`. No file is no plan.
///
/// # Errors
/// The file is there and cannot be read. Lines that make no sense are left out.
pub fn read(path: &Path) -> Result<Option<Plan>, ReadError> {
    let Some(table) = table::read(path, Ending::Whole)? else { return Ok(None) };
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let axes = table.header.iter().skip(2).map(text).collect();
    let cells = table.rows.iter().filter_map(|row| {
        let mut fields = row.iter().map(text);
        let index = fields.next()?.parse().ok()?;
        let cell = fields.next()?.parse().ok()?;
        Some(PlannedCell { index, cell, axes: fields.collect() })
    });
    Ok(Some(Plan { axes, cells: cells.collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, the shape of the file has changed: raise `PLAN_FORMAT`.
    #[test]
    fn the_shape_of_format_1_and_it_reads_back() {
        let cell = |index, axes: [&str; 2]| PlannedCell {
            index,
            cell: "14c4641a39128249".parse().expect("an id"),
            axes: axes.map(String::from).to_vec(),
        };
        let cells = [cell(0, ["0.1", "x"]), cell(1, ["1", "a, \"b\"\nc"])];
        let axes = ["tau".to_string(), "odd, name".to_string()];
        let bytes = render(&axes, cells.clone());
        assert_eq!(PLAN_FORMAT, 1);
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"
        index,cell,tau,"odd, name"
        0,14c4641a39128249,0.1,x
        1,14c4641a39128249,1,"a, ""b""
        c"
        "#);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plan.csv");
        assert!(read(&path).expect("read").is_none());
        fs_err::write(&path, bytes).expect("written");
        let back = read(&path).expect("read").expect("a plan");
        assert_eq!(back, Plan { axes: axes.to_vec(), cells: cells.to_vec() });
    }
}
