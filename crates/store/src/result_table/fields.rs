//! Names and values of a table.

use std::collections::HashSet;

use csv::ByteRecord;

use super::{Refusal, refused, shown};

/// Checks a header. `true` if only its first column has no name, as pandas writes the index.
pub(super) fn check_names(header: &ByteRecord) -> Result<bool, Refusal> {
    let nameless = |name: &[u8]| name.trim_ascii().is_empty();
    let has_index = header.len() > 1 && nameless(&header[0]);
    let names = || header.iter().skip(usize::from(has_index));
    if let Some(place) = header.iter().skip(usize::from(has_index)).position(nameless) {
        let place = place + 1 + usize::from(has_index);
        return refused(format!("column {place} has no name. Name it, or leave it out"));
    }
    if !has_index && names().all(is_number) {
        return refused("its first line has numbers and no names. Write a line of names first");
    }
    let mut known = HashSet::new();
    if let Some(twice) = names().find(|name| !known.insert(*name)) {
        return refused(format!("two columns are named `{}`. Give each another name", shown(twice)));
    }
    Ok(has_index)
}

/// Are these the names of columns, as they stand in a file that is separated by commas?
pub fn are_names(header: &ByteRecord) -> bool {
    let is_usual = |name: &[u8]| super::is_usual(name) && !name.starts_with(b"\xef\xbb\xbf");
    let is_separated = header.len() == 1 && header[0].iter().any(|byte| matches!(byte, b';' | b'\t'));
    header.iter().all(is_usual) && !is_separated && check_names(header) == Ok(false)
}

/// Is a row a header with other names: no number in it, and a name of this header?
pub(super) fn is_header(row: &ByteRecord, header: &ByteRecord) -> bool {
    let is_text = |field: &[u8]| !field.is_empty() && !is_number(field);
    row.iter().any(|field| header.iter().any(|name| name == field)) && row.iter().all(is_text)
}

/// What is wrong with a value, and how to write it; `None` if nothing is.
pub(super) fn mistake(field: &[u8]) -> Option<String> {
    // The usual case: only a number with one of these can be wrong.
    memchr::memchr2(b',', b'%', field)?;
    let text = std::str::from_utf8(field).ok()?.trim();
    if let Some(number) = text.strip_suffix('%') {
        let number = number.trim_end();
        let is_number = is_number(number.as_bytes()) || comma_in_number(number).is_some();
        return is_number.then(|| "has a percent sign. Write 95% as 0.95 or as 95".into());
    }
    comma_in_number(text)
}

/// What is wrong with `0,5`, `10,000` and `1.234,5`. Other texts with commas, `64,32,16`, are texts.
fn comma_in_number(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or_default();
    let is_allowed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b'.');
    let is_exponent = |rest: &str| rest.is_empty() || rest[1..].parse::<i32>().is_ok();
    if !mantissa.bytes().all(is_allowed)
        || !mantissa.bytes().any(|byte| byte.is_ascii_digit())
        || !is_exponent(&unsigned[mantissa.len()..])
    {
        return None;
    }
    let groups: Vec<&str> = mantissa.split(',').collect();
    let thousand = |group: &&str| group.split('.').next().is_some_and(|digits| digits.len() == 3);
    let is_number = groups.len() == 2 || (groups.len() > 2 && groups[1..].iter().all(thousand));
    is_number.then(|| "has a comma. Write numbers like 0.5 and 10000".into())
}

pub(super) fn is_number(field: &[u8]) -> bool {
    std::str::from_utf8(field).is_ok_and(|text| text.trim().parse::<f64>().is_ok())
}
