use super::*;

/// Bytes, what is read from them, and whether they are read where one row is expected: a text, or a part of the reason.
type Shape<'a> = (&'a str, &'a [u8], Result<&'a str, &'a str>);

const ONE_ROW: &[Shape<'_>] = &[
    ("plain", b"a,b\n1,2\n", Ok("a,b\n1,2\n")),
    ("no line end", b"a,b\n1,2", Ok("a,b\n1,2")),
    ("returns and line feeds", b"a,b\r\n1,2\r\n", Ok("a,b\n1,2\n")),
    ("returns", b"a,b\r1,2\r", Ok("a,b\n1,2\n")),
    ("a mark", b"\xef\xbb\xbfa,b\n1,2\n", Ok("a,b\n1,2\n")),
    ("a mark, returns and line feeds", b"\xef\xbb\xbfa,b\r\n1,2\r\n", Ok("a,b\n1,2\n")),
    ("a mark and quotes", b"\xef\xbb\xbf\"a\",b\n1,2\n", Ok("a,b\n1,2\n")),
    ("an index", b",a,b\n0,1,2\n", Ok("a,b\n1,2\n")),
    ("an index with a mark", b"\xef\xbb\xbf,a\r\n0,1\r\n", Ok("a\n1\n")),
    ("an index in quotes", b"\"\",\"a\"\n\"0\",\"1\"\n", Ok("a\n1\n")),
    ("semicolons", b"a;b\n0.5;2\n", Ok("a,b\n0.5,2\n")),
    ("semicolons and texts", b"a;b\nx, y;2\n", Ok("a,b\n\"x, y\",2\n")),
    ("tabulators", b"a\tb\n0.5\t2\n", Ok("a,b\n0.5,2\n")),
    ("blank lines", b"\na,b\n\n1,2\n\n\n", Ok("a,b\n1,2\n")),
    ("lines of blanks", b"a,b\r\n1,2\r\n  \r\n", Ok("a,b\n1,2\n")),
    ("a repeated header", b"a,b\na,b\n1,2\n", Ok("a,b\n1,2\n")),
    ("texts", b"a,b\nx%,\"64,32,16\"\n", Ok("a,b\nx%,\"64,32,16\"\n")),
    ("empty and odd numbers", b"a,b,c\n,nan,inf\n", Ok("a,b,c\n,nan,inf\n")),
    ("names with commas", b"\"top-1, test\",b\n1,2\n", Ok("\"top-1, test\",b\n1,2\n")),
    ("line breaks in quotes", b"a,b\n\"x\ny\",2\n", Ok("a,b\n\"x\ny\",2\n")),
    ("one column", b"a\n1\n", Ok("a\n1\n")),
    ("one empty value", b"a\n\"\"\n", Ok("a\n\"\"\n")),
    ("names that are years", b"year,2020\n1,2\n", Ok("year,2020\n1,2\n")),
    ("UTF-16", b"\xff\xfea\0,\0b\0\n\0", Err("UTF-16. Write it as UTF-8")),
    ("UTF-16 without a mark", b"a\0\n\x001\0\n\0", Err("line 1 has NUL bytes")),
    ("Latin-1", b"a,b\n1,\xe4\n", Err("line 2 is not UTF-8")),
    ("NUL bytes", b"a,b\n\0\0\0\n1,2\n", Err("line 2 has NUL bytes")),
    ("no name", b"a,,b\n1,2,3\n", Err("column 2 has no name")),
    ("no last name", b"a,b,\n1,2,\n", Err("column 3 has no name")),
    ("no first name", b",a\n7,1\n", Err("its first column has no name, and in line 2 it does not count")),
    ("no names", b",\n0,1\n", Err("column 2 has no name")),
    ("one nameless column", b"\"\"\n1\n", Err("column 1 has no name")),
    ("a lost header", b"0,1\n1,2\n", Err("numbers and no names")),
    ("a doubled name", b"a,b,a\n1,2,3\n", Err("two columns are named `a`")),
    ("a doubled name behind an index", b",a,a\n0,1,2\n", Err("two columns are named `a`")),
    (
        "a decimal comma",
        b"a,b\n\"0,5\",2\n",
        Err("line 2: `0,5` in column `a` has a comma. Write numbers like 0.5"),
    ),
    ("decimal commas", b"a;b\n0,5;2\n", Err("line 2: `0,5` in column `a` has a comma")),
    ("a decimal comma with an exponent", b"a;b\n1;-1,5e-3\n", Err("`-1,5e-3` in column `b`")),
    ("thousands", b"a,b\n1,\"1,234,567.5\"\n", Err("`1,234,567.5` in column `b` has a comma")),
    ("thousands with points", b"a;b\n1;1.234,5\n", Err("`1.234,5` in column `b` has a comma")),
    ("a percent sign", b"a,b\n95%,2\n", Err("line 2: `95%` in column `a` has a percent sign")),
    ("a percent sign after a blank", b"a,b\n1,\"9,5 %\"\n", Err("`9,5 %` in column `b` has a percent sign")),
    ("too few fields", b"a,b\n1\n", Err("line 2 has 1 field, and the header has 2")),
    ("too many fields", b"a,b\r\n\r\n1,2,3\r\n", Err("line 3 has 3 fields, and the header has 2")),
    ("a decimal comma among commas", b"a,b\n0,5,2\n", Err("line 2 has 3 fields")),
    ("an open quote", b"a,b\n1,\"2\n", Err("has no partner")),
];

/// The same for several rows, which `metrics.csv` must not have.
const SEVERAL: &[Shape<'_>] = &[
    ("plain", b"a,b\n1,2\n3,4\n", Ok("a,b\n1,2\n3,4\n")),
    ("a header after a resume", b"a,b\n1,2\na,b\n3,4\n", Ok("a,b\n1,2\n3,4\n")),
    ("the same with returns", b"\xef\xbb\xbfa,b\r\n1,2\r\na,b\r\n3,4\r\n", Ok("a,b\n1,2\n3,4\n")),
    ("an index", b",a\n0,7\n1,8\n2,9\n", Ok("a\n7\n8\n9\n")),
    ("an index after a resume", b",a\n0,7\n,a\n1,8\n", Ok("a\n7\n8\n")),
    ("an index that begins again", b",a\n0,7\n0,8\n", Err("in line 3 it does not count the rows")),
    ("a header with other names", b"a,b\n1,2\na,c\n3,4\n", Err("line 3 is a second header with other names")),
    ("a column more", b"a,b\n1,2\n3,4,5\n", Err("line 3 has 3 fields, and the header has 2")),
    ("texts that are names", b"a,b\nx,y\ny,a\n", Ok("a,b\nx,y\ny,a\n")),
    ("lines glued by a crash", b"a,b\n1,2\n3,4,5\n6,7\n", Err("line 3 has 3 fields")),
];

fn check(name: &str, bytes: &[u8], rows: Rows, expected: Result<&str, &str>) {
    for ending in [Ending::Whole, Ending::Growing] {
        let ends = bytes.ends_with(b"\n");
        if ending == Ending::Growing && (!ends || name == "an open quote" || rows == Rows::One) {
            continue;
        }
        let read = normal(bytes, rows, ending);
        match (read, expected) {
            (Ok(read), Ok(expected)) => {
                // Line ends are left as they are if nothing else is odd.
                let [read, expected] =
                    [&read[..], expected.as_bytes()].map(|bytes| csv_table::parse(bytes, ending));
                assert_eq!((read.header, read.rows), (expected.header, expected.rows), "{name}");
                assert!(read.damage.is_empty(), "{name}: {:?}", read.damage);
            }
            (Err(why), Err(expected)) => assert!(why.0.contains(expected), "{name}: {why}"),
            (read, expected) => panic!("{name}, {rows:?}: {read:?}, and not {expected:?}"),
        }
    }
}

#[test]
fn each_shape_is_read_rightly_or_refused_with_the_reason() {
    for (name, bytes, expected) in ONE_ROW {
        for rows in [Rows::One, Rows::Any] {
            check(name, bytes, rows, *expected);
        }
    }
    for (name, bytes, expected) in SEVERAL {
        check(name, bytes, Rows::Any, *expected);
        let refused = "rows and must have one. Write only the final values";
        check(name, bytes, Rows::One, expected.and(Err(refused)));
    }
    for (name, bytes) in [("empty", &b""[..]), ("a mark", b"\xef\xbb\xbf"), ("empty lines", b"\n\r\n")] {
        check(name, bytes, Rows::One, Err("it is empty"));
        let read = normal(bytes, Rows::Any, Ending::Whole).expect(name);
        assert!(csv_table::parse(&read, Ending::Whole).header.is_empty(), "{name}");
    }
    check("a header only", b"a,b\n", Rows::One, Err("it has no row"));
    check("a header only", b"a,b\n", Rows::Any, Ok("a,b\n"));
}

#[test]
fn the_results_of_a_cell_follow_the_same_rule() {
    let folder = tempfile::tempdir().expect("a folder");
    let cell = CellFolder::at(folder.path());
    assert_eq!(cell.check_results(), Err("wrote no metrics.csv".into()));
    for (name, bytes, expected) in ONE_ROW {
        for path in [cell.metrics(), cell.contexts()] {
            fs_err::write(cell.metrics(), "a\n1\n").expect("written");
            fs_err::write(&path, bytes).expect("written");
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            match (cell.check_results(), expected) {
                (Ok(()), Ok(_)) => {}
                (Err(why), Err(expected)) => assert!(
                    why.starts_with(&format!("its {file} is refused: ")) && why.contains(expected),
                    "{name}: {why}"
                ),
                (read, _) => panic!("{name}, {file}: {read:?}"),
            }
            fs_err::remove_file(&path).expect("removed");
        }
    }
}

#[test]
fn a_torn_last_line_of_a_growing_file_is_left_alone() {
    let torn = |bytes: &[u8]| {
        let read = normal(bytes, Rows::Any, Ending::Growing).expect("read");
        let table = csv_table::parse(&read, Ending::Growing);
        (table.rows.len(), table.damage.len())
    };
    assert_eq!(torn(b"a,b\n1,2\n3"), (1, 1));
    assert_eq!(torn(b"\xef\xbb\xbfa,b\n1,2\na,b\n3,4\n3,4,5\xe4"), (2, 1));
    assert_eq!(torn(b"a;b\n1;2\n3;"), (1, 1));
    let whole = normal(b"a,b\n1,2\n3", Rows::Any, Ending::Whole).expect_err("torn").0;
    assert!(whole.contains("line 3 has 1 field"), "{whole}");
}

#[test]
fn a_plain_table_is_not_copied() {
    for bytes in [&b"a,b\n1,2\n\n3,4\n"[..], b"a,b\r\n1,\"x, y\"\r\n", b"a\n\xc3\xa4\n"] {
        assert!(matches!(normal(bytes, Rows::Any, Ending::Whole), Ok(Cow::Borrowed(_))));
    }
}
