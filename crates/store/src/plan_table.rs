//! `plan.csv`: the cells of a sweep, in order, with their values on the axes.

use gainsweep_contract::CellId;

/// The version of `plan.csv`. It is kept in `provenance.json`, because the table is plain CSV for any
/// program.
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
    // Writing to memory, with as many fields as the header, cannot fail.
    let _ = writer.write_record(header);
    for planned in cells {
        let _ = writer.write_field(planned.index.to_string());
        let _ = writer.write_field(planned.cell.to_string());
        let _ = writer.write_record(&planned.axes);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, the shape of the file has changed: raise `PLAN_FORMAT`.
    #[test]
    fn the_shape_of_format_1() {
        let cell = |index, axes: [&str; 2]| PlannedCell {
            index,
            cell: "14c4641a39128249".parse().expect("an id"),
            axes: axes.map(String::from).to_vec(),
        };
        let cells = [cell(0, ["0.1", "x"]), cell(1, ["1", "a, \"b\"\nc"])];
        let axes = ["tau".to_string(), "odd, name".to_string()];
        let bytes = render(&axes, cells);
        assert_eq!(PLAN_FORMAT, 1);
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"
        index,cell,tau,"odd, name"
        0,14c4641a39128249,0.1,x
        1,14c4641a39128249,1,"a, ""b""
        c"
        "#);
    }
}
