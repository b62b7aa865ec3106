//! From what another program wrote to `metrics.csv`, one row: JSON is flattened, and of a table with several rows one
//! is chosen.

use std::fmt;

use csv::ByteRecord;
use gainsweep_contract::files;
use gainsweep_language::{ResultsFile, Row, Worker};
use gainsweep_store::csv_table::Ending;
use gainsweep_store::result_table::{self, Rows};
use gainsweep_store::work::Stamps;
use gainsweep_store::{CellFolder, atomic, regular_file};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::screen::failure::Failure;

/// A result with more values is a history.
const MOST_VALUES: usize = 1000;

/// Writes `metrics.csv` from the results of an attempt that ended well. `object` is the last JSON object of its output.
///
/// # Errors
/// A file of ours cannot be written. Inside: what is wrong with the results, as the end of a sentence.
pub(super) fn collect(
    worker: &Worker,
    folder: &CellFolder,
    stamps: &Stamps,
    object: Option<&str>,
) -> Result<Result<(), String>, Failure> {
    if worker.writes_metrics() {
        return Ok(Ok(()));
    }
    Ok(match &worker.results {
        ResultsFile::Stdout => match object {
            Some(line) => write_flat(folder, line.as_bytes(), "its output")?,
            None => {
                Err("no line of its standard output is a JSON object: print {\"loss\": 0.1}, say, on a line of its own, \
                     without indentation or prefix (Python: print(json.dumps(...)))"
                    .into())
            }
        },
        ResultsFile::Json(name) => match read(folder, name, stamps) {
            Ok(bytes) => write_flat(folder, &bytes, name)?,
            Err(why) => Err(why),
        },
        ResultsFile::Csv(name) => match read(folder, name, stamps) {
            Ok(bytes) => write_row(folder, &bytes, name, worker.row.as_ref())?,
            Err(why) => Err(why),
        },
    })
}

/// The file of results, which this attempt must have written.
fn read(folder: &CellFolder, name: &str, stamps: &Stamps) -> Result<Vec<u8>, String> {
    let path = folder.root().join(name);
    if stamps.untouched().contains(&path) {
        return Err(format!("wrote no {name}: what is there is of an earlier attempt"));
    }
    regular_file::read(&path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            format!("wrote no {name} in its folder, {{out}}")
        } else {
            format!("its {name} cannot be read: {error}")
        }
    })
}

/// Writes the row of a table that counts. A table of several rows is the cell's history, too.
fn write_row(
    folder: &CellFolder,
    bytes: &[u8],
    name: &str,
    row: Option<&Row>,
) -> Result<Result<(), String>, Failure> {
    let rows = if row.is_some() { Rows::Any } else { Rows::One };
    let table = match result_table::normal(bytes, rows, Ending::Whole) {
        Ok(table) => table,
        Err(why) => return Ok(Err(format!("its {name} is refused: {why}"))),
    };
    let chosen = match choose(&table, row) {
        Ok(chosen) => chosen,
        Err(why) => return Ok(Err(format!("its {name} is refused: {why}"))),
    };
    if row.is_some() && !folder.history().exists() {
        atomic::write(&folder.history(), &table)?;
    }
    atomic::write(&folder.metrics(), &chosen)?;
    Ok(Ok(()))
}

/// Header and one row of a table.
fn choose(table: &[u8], row: Option<&Row>) -> Result<Vec<u8>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(table);
    let header = reader.byte_headers().cloned().unwrap_or_default();
    let mut records = reader.byte_records().filter_map(Result::ok);
    let best = |column: &str, sign: f64, records: &mut dyn Iterator<Item = ByteRecord>| {
        let place = header.iter().position(|name| name == column.as_bytes()).ok_or_else(|| {
            let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
            format!("it has no column `{column}`, which `row` names; its columns are {}", names.join(", "))
        })?;
        let mut best: Option<(f64, ByteRecord)> = None;
        for record in records {
            let value =
                std::str::from_utf8(&record[place]).ok().and_then(|text| text.trim().parse::<f64>().ok());
            let Some(value) = value.map(|value| sign * value).filter(|value| !value.is_nan()) else {
                continue;
            };
            if best.as_ref().is_none_or(|(known, _)| value > *known) {
                best = Some((value, record));
            }
        }
        let best = best.map(|(_, record)| record);
        best.ok_or_else(|| format!("its column `{column}`, which `row` names, has no number"))
    };
    let no_row = || "it has no row below its header".to_string();
    let column = match row {
        Some(Row::Max(column) | Row::Min(column)) => header.iter().position(|name| name == column.as_bytes()),
        None | Some(Row::First | Row::Last) => None,
    };
    let chosen = match row {
        None | Some(Row::First) => records.next().ok_or_else(no_row)?,
        Some(Row::Last) => records.last().ok_or_else(no_row)?,
        Some(Row::Max(column)) => best(column, 1.0, &mut records)?,
        Some(Row::Min(column)) => best(column, -1.0, &mut records)?,
    };
    Ok(written(&with_first(&header, column), &with_first(&chosen, column)))
}

/// With that field before the others: figures draw the first metric.
fn with_first(record: &ByteRecord, place: Option<usize>) -> ByteRecord {
    let Some(place) = place else { return record.clone() };
    let rest = record.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, field)| field);
    std::iter::once(&record[place]).chain(rest).collect()
}

fn written(header: &ByteRecord, row: &ByteRecord) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory, with the same number of fields in each row, cannot fail.
    let _ = out.write_byte_record(header).and_then(|()| out.write_byte_record(row));
    out.into_inner().unwrap_or_default()
}

fn write_flat(folder: &CellFolder, json: &[u8], name: &str) -> Result<Result<(), String>, Failure> {
    match flatten(json) {
        Ok(metrics) => {
            atomic::write(&folder.metrics(), &metrics)?;
            Ok(Ok(()))
        }
        Err(why) => Ok(Err(format!("the results in {name} are refused: {why}"))),
    }
}

/// A JSON object as a table of one row. Names of inner objects are joined by dots, and places in lists are numbers:
/// `{"test": {"loss": [1, 2]}}` has the columns `test.loss.0` and `test.loss.1`. Truth values are 1 and 0; `null` is
/// an empty field.
fn flatten(json: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(json).map_err(|_| "they are not UTF-8 text".to_string())?;
    let text = with_numbers(text.trim_start_matches('\u{feff}'));
    let mut flat = Flat::default();
    let mut reader = serde_json::Deserializer::from_str(&text);
    let read = Inner { flat: &mut flat, name: "" }.deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(error) = read {
        return Err(error.to_string());
    }
    if !flat.is_object {
        return Err("they must be an object, such as {\"loss\": 0.1}".into());
    }
    if flat.names.is_empty() {
        return Err("the object is empty".into());
    }
    Ok(written(&ByteRecord::from(flat.names), &ByteRecord::from(flat.values)))
}

/// `NaN` and `Infinity`, which Python writes and JSON does not know, as texts that read as numbers.
fn with_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_text = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let number = [("NaN", "\"nan\""), ("-Infinity", "\"-inf\""), ("Infinity", "\"inf\"")]
            .into_iter()
            .find(|(word, _)| !in_text && rest.starts_with(word));
        if let Some((word, number)) = number {
            out.push_str(number);
            rest = &rest[word.len()..];
            continue;
        }
        if in_text && first == '\\' {
            let end = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        in_text ^= first == '"';
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    out
}

/// The values found so far, in the order of the text.
#[derive(Default)]
struct Flat {
    names: Vec<String>,
    values: Vec<String>,
    is_object: bool,
}

impl Flat {
    fn push<E: de::Error>(&mut self, name: &str, value: String) -> Result<(), E> {
        if self.names.iter().any(|known| known == name) {
            return Err(E::custom(format!("two values are called `{name}`")));
        }
        if self.names.len() == MOST_VALUES {
            return Err(E::custom(format!(
                "they have more than {MOST_VALUES} values: write long lists to history.csv"
            )));
        }
        self.names.push(name.to_string());
        self.values.push(value);
        Ok(())
    }
}

/// One value within the results, with its name.
struct Inner<'a> {
    flat: &'a mut Flat,
    name: &'a str,
}

impl Inner<'_> {
    fn below(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_string() } else { format!("{}.{name}", self.name) }
    }
}

impl<'de> DeserializeSeed<'de> for Inner<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.flat.push(self.name, u8::from(value).to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.flat.push(self.name, value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.flat.push(self.name, value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.flat.push(self.name, format!("{value:?}"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.flat.push(self.name, value.to_string())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.flat.push(self.name, String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut place = 0;
        loop {
            let name = self.below(&place.to_string());
            if list.next_element_seed(Inner { flat: &mut *self.flat, name: &name })?.is_none() {
                return Ok(());
            }
            place += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.flat.is_object |= self.name.is_empty();
        while let Some(key) = map.next_key::<String>()? {
            let name = self.below(&key);
            map.next_value_seed(Inner { flat: &mut *self.flat, name: &name })?;
        }
        Ok(())
    }
}

/// Is it a JSON object?
pub(super) fn is_object(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('{') && line.ends_with('}') && {
        let text = with_numbers(line);
        serde_json::from_str::<de::IgnoredAny>(&text).is_ok()
    }
}

/// The file whose stamp says whether an attempt wrote its results.
pub(super) fn file(worker: Option<&Worker>) -> &str {
    match worker.map(|worker| &worker.results) {
        Some(ResultsFile::Csv(name) | ResultsFile::Json(name)) => name,
        Some(ResultsFile::Stdout) | None => files::METRICS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(json: &str) -> Result<String, String> {
        flatten(json.as_bytes()).map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn json_is_flattened_in_its_order() {
        let json = r#" {"z": 0.1, "a": {"loss": 1e-7, "best": {"epoch": 3}}, "ok": true, "off": false, "name": "x,\"y\"",
            "none": null, "list": [1, 2.5], "big": 18446744073709551615, "é\u00e9": -2, "empty": {}} "#;
        assert_eq!(
            flat(json).expect("results"),
            "z,a.loss,a.best.epoch,ok,off,name,none,list.0,list.1,big,éé\n\
             0.1,1e-7,3,1,0,\"x,\"\"y\"\"\",,1,2.5,18446744073709551615,-2\n"
        );
    }

    #[test]
    fn what_python_writes_for_numbers_that_are_none_is_read() {
        let json = "\u{feff}{\"a\": NaN, \"b\": [Infinity, -Infinity], \"NaN \\\" NaN\": \"Infinity\"}";
        assert_eq!(flat(json).expect("results"), "a,b.0,b.1,\"NaN \"\" NaN\"\nnan,inf,-inf,Infinity\n");
    }

    #[test]
    fn what_is_no_result_is_refused_with_a_sentence() {
        for (json, why) in [
            ("[1, 2]", "they must be an object"),
            ("0.1", "they must be an object"),
            ("{}", "the object is empty"),
            ("{\"a\": 1", "EOF while parsing an object"),
            ("{\"a\": 1} x", "trailing characters"),
            ("{\"a.b\": 1, \"a\": {\"b\": 2}}", "two values are called `a.b`"),
            ("", "EOF while parsing a value"),
        ] {
            let said = flat(json).expect_err(json);
            assert!(said.contains(why), "{json}: {said}");
        }
        let long: Vec<String> = (0..=MOST_VALUES).map(|value| value.to_string()).collect();
        let said = flat(&format!("{{\"a\": [{}]}}", long.join(","))).expect_err("too many");
        assert!(said.contains("more than 1000 values"), "{said}");
        assert!(flatten(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn a_row_is_chosen() {
        let table = b"epoch,score\n0,0.5\n1,nan\n2,0.9\n3,\n4,0.9\n5,0.1\n";
        let row = |row: &Row| choose(table, Some(row)).map(|bytes| String::from_utf8(bytes).expect("text"));
        assert_eq!(row(&Row::First).expect("a row"), "epoch,score\n0,0.5\n");
        assert_eq!(row(&Row::Last).expect("a row"), "epoch,score\n5,0.1\n");
        assert_eq!(row(&Row::Max("score".into())).expect("a row"), "score,epoch\n0.9,2\n");
        assert_eq!(row(&Row::Min("score".into())).expect("a row"), "score,epoch\n0.1,5\n");
        assert!(
            row(&Row::Min("loss".into()))
                .expect_err("no such column")
                .contains("its columns are epoch, score")
        );
        assert!(choose(b"a\n", Some(&Row::Last)).is_err());
        assert!(
            choose(b"a\nx\n", Some(&Row::Max("a".into()))).expect_err("no number").contains("has no number")
        );
    }

    #[test]
    fn the_last_line_that_is_an_object_is_known() {
        assert!(is_object(" {\"a\": NaN} ") && is_object("{}"));
        assert!(!is_object("{a}") && !is_object("1") && !is_object("{\"a\": 1") && !is_object("{1: 2}"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[{}\\[\\]\",:\\\\a0NInf -]{0,40}|(.|\n){0,40}") {
            let _ = flatten(text.as_bytes());
            is_object(&text);
        }
    }
}
