//! Errors that are the same but for what differs from cell to cell: numbers, paths, ids. Pure.

use std::collections::HashMap;

use gainsweep_contract::CellState;

/// What an error has in common with those of other cells: `cannot read /data/7.csv: line 12` and `cannot read
/// /data/8.csv: line 3` are the same error.
pub(crate) fn common_part(error: &str) -> String {
    let words = error.split_whitespace().map(|word| {
        // A path keeps what stands around it.
        if word.contains('/') {
            let inner = word.trim_matches(|c: char| !c.is_alphanumeric() && !"/.~".contains(c));
            let inner = inner.split_once(':').map_or(inner, |(path, _)| path);
            if inner.contains('/') { word.replacen(inner, "PATH", 1) } else { word.into() }
        } else {
            word.into()
        }
    });
    without_numbers(&words.collect::<Vec<String>>().join(" "))
}

/// The text with `#` for each number, hexadecimal number and id.
fn without_numbers(text: &str) -> String {
    let mut common = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word: usize = rest.chars().take_while(|c| c.is_alphanumeric()).map(char::len_utf8).sum();
        if word == 0 {
            common.push(first);
            rest = &rest[first.len_utf8()..];
        } else if let Some(length) = number(rest).or_else(|| is_id(&rest[..word]).then_some(word)) {
            common.push('#');
            rest = &rest[length..];
        } else if first.is_ascii_digit() {
            // `2d`
            common.push('#');
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        } else {
            // `node07`
            let letters = rest[..word].find(|c: char| c.is_ascii_digit()).unwrap_or(word);
            common.push_str(&rest[..letters]);
            rest = &rest[letters..];
        }
    }
    common
}

/// The length of the decimal number that the text begins with: `12`, `0.5`, `1e-05`.
fn number(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    if length == 0 {
        return None;
    }
    if let Some(after) = text[length..].strip_prefix('.') {
        length += match digits(after) {
            0 => 0,
            fraction => 1 + fraction,
        };
    }
    if let Some(after) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(after.starts_with(['+', '-']));
        let exponent = digits(&after[sign..]);
        length += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    // `7c1f0a2b` and `0x7f3a` are longer than their first digits.
    let goes_on = text[length..].starts_with(|c: char| c.is_alphanumeric());
    (!goes_on).then_some(length)
}

/// `0x7f3a`, `7c1f0a2b`
fn is_id(word: &str) -> bool {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    word.strip_prefix("0x").is_some_and(is_hex) || (word.len() >= 6 && has_digit && is_hex(word))
}

/// Things with the same error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Alike<'a, T> {
    /// The error of the first of them.
    pub(crate) error: &'a str,
    pub(crate) members: Vec<T>,
}

/// Groups things in one state by their errors, the most frequent error first. Reasons of states that are no failures,
/// such as the machine where a cell runs, are taken as they are.
pub(crate) fn group<'a, T>(
    state: CellState,
    things: impl IntoIterator<Item = (T, &'a str)>,
) -> Vec<Alike<'a, T>> {
    let common = |error: &str| if state.is_failure() { common_part(error) } else { error.to_string() };
    let mut groups: Vec<Alike<T>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    // Most errors are spelled like one before.
    let mut spelled: HashMap<&str, usize> = HashMap::new();
    for (thing, error) in things {
        let place = *spelled.entry(error).or_insert_with(|| {
            *places.entry(common(error)).or_insert_with(|| {
                groups.push(Alike { error, members: Vec::new() });
                groups.len() - 1
            })
        });
        groups[place].members.push(thing);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_paths_and_ids_make_no_difference() {
        for (one, other) in [
            ("cannot read /data/7.csv: line 12", "cannot read /data/run-8/8.csv: line 3"),
            ("[Errno 2] No such file: 'a/x.csv'", "[Errno 2] No such file: '/b/c/y.csv'"),
            ("loss 1e-05 at batch 3", "loss 0.25 at batch 4000"),
            ("<Tensor at 0x7f3a11>", "<Tensor at 0x8810>"),
            ("cell 7c1f0a2b is bad", "cell 00112233 is bad"),
            ("node07: lost", "node12: lost"),
            ("src/main.rs:3:5: bad", "src/lib.rs:12:1: bad"),
            ("a  b", "a b"),
        ] {
            assert_eq!(common_part(one), common_part(other));
        }
    }

    #[test]
    fn other_words_do() {
        for (one, other) in [
            ("KeyError: 'lr'", "KeyError: 'tau'"),
            ("ValueError: bad", "TypeError: bad"),
            ("cannot read /data/7.csv", "cannot write /data/7.csv"),
            ("exit code 1", "exit value 1"),
            ("and/or", "neither"),
            ("defaced", "decade"),
        ] {
            assert_ne!(common_part(one), common_part(other));
        }
    }

    #[test]
    fn what_is_common_can_be_read() {
        assert_eq!(common_part("cannot read '/data/7.csv': line 12"), "cannot read 'PATH': line #");
        assert_eq!(common_part("v2 of 3.5e-3, 1. é2b"), "v# of #, #. é#b");
    }

    #[test]
    fn groups_are_sorted_by_size() {
        let groups = group(CellState::Failed, [(1, "no file 1"), (2, "bad"), (3, "no file 3")]);
        let sizes: Vec<_> = groups.iter().map(|group| (group.error, group.members.clone())).collect();
        assert_eq!(sizes, [("no file 1", vec![1, 3]), ("bad", vec![2])]);
        assert_eq!(group(CellState::Running, [(1, "node1"), (2, "node2")]).len(), 2);
    }
}
