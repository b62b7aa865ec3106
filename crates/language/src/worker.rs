//! `[worker]`: the program that runs a cell, in place of the built-in worker.
//!
//! A command is a template: its placeholders get the values of a cell ([`WorkerCommand::words`]).

mod template;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

use gainsweep_contract::{Problem, Value, ValueMap};

use crate::diagnostic::{Diagnostic, Span};

pub(crate) use template::{TemplateMistake, word};

/// A program of the user, and what it is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worker {
    /// How a cell is run.
    pub command: WorkerCommand,
    /// Where its results are.
    pub results: ResultsFile,
    /// Which row of a CSV with several rows counts; `None`: it must have one.
    pub row: Option<Row>,
    /// Files and folders that the program is made of, relative to the project's root. Empty: it runs where it lies.
    pub code: Vec<String>,
    /// Lines of shell that run before it.
    pub setup: Vec<String>,
    /// Variables of its environment.
    pub environment: BTreeMap<String, String>,
    /// The place of each entry of `code`, and of the command, for messages.
    pub(crate) places: Places,
}

/// Where the parts of a `[worker]` were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Places {
    pub(crate) command: Span,
    /// The texts of the command: one, or one a word.
    pub(crate) written: Vec<(String, Span)>,
    pub(crate) code: Vec<Span>,
}

/// What a program writes its results to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultsFile {
    /// A table in the cell's folder.
    Csv(String),
    /// An object in a file in the cell's folder.
    Json(String),
    /// The last line of its output that is a JSON object.
    Stdout,
}

impl Default for ResultsFile {
    fn default() -> ResultsFile {
        ResultsFile::Csv("metrics.csv".into())
    }
}

/// Which row of a table is a cell's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The first.
    First,
    /// The last.
    Last,
    /// The first with the largest value in this column.
    Max(String),
    /// The first with the smallest value in this column.
    Min(String),
}

/// The words of a command, with placeholders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkerCommand {
    pub(crate) words: Vec<Word>,
}

/// One word of a command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// It stays one word.
    One(Vec<Piece>),
    /// `{flags}`: every parameter as `--name=value`.
    Flags,
    /// `{overrides}`: every parameter as `name=value`.
    Overrides,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    /// The value of a parameter.
    Parameter(String),
    /// The path of `params.toml`.
    Params,
    /// The path of `params.json`.
    ParamsJson,
    /// The cell's folder.
    Out,
    /// The cell's id.
    Cell,
    /// How many processors are the cell's share.
    Cpus,
}

/// What a command's placeholders stand for in one attempt at a cell.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// All parameters of the cell.
    pub parameters: &'a ValueMap,
    /// The path of its `params.toml`.
    pub params: &'a OsStr,
    /// The path of its `params.json`.
    pub params_json: &'a OsStr,
    /// The path of its folder.
    pub out: &'a OsStr,
    /// Its id.
    pub cell: &'a str,
    /// Its share of the processors.
    pub cpus: u32,
}

impl Worker {
    /// Does it write `metrics.csv` itself, with one row?
    pub fn writes_metrics(&self) -> bool {
        self.results == ResultsFile::default() && self.row.is_none()
    }

    /// A mistake in an entry of `code`.
    pub fn mistake_in_code(&self, entry: usize, message: String) -> Diagnostic {
        Diagnostic { span: self.places.code.get(entry).cloned(), ..Diagnostic::new(message) }
    }

    /// A mistake in a word of the command.
    pub fn mistake_in_command(&self, word: &str, message: String) -> Diagnostic {
        let Places { command, written, .. } = &self.places;
        let place = written.iter().find_map(|(text, span)| {
            // Where the file has a text as it is, between two quotes, the place of a word in it is known.
            let at = text.find(word)?;
            let within = span.start + 1 + at..span.start + 1 + at + word.len();
            Some(if span.len() == text.len() + 2 { within } else { span.clone() })
        });
        Diagnostic::new(message).at(place.unwrap_or_else(|| command.clone()))
    }
}

impl WorkerCommand {
    /// The words that are the same in each cell; `None` for the others.
    pub fn fixed_words(&self) -> Vec<Option<String>> {
        let fixed = |word: &Word| match word {
            Word::Flags | Word::Overrides => None,
            Word::One(pieces) => match pieces.as_slice() {
                [Piece::Text(text)] => Some(text.clone()),
                _ => None,
            },
        };
        self.words.iter().map(fixed).collect()
    }

    /// Does it follow the contract of the built-in worker: without any placeholder, `train --params FILE --out DIR` is
    /// appended?
    pub fn is_by_contract(&self) -> bool {
        self.words.iter().all(|word| match word {
            Word::One(pieces) => pieces.iter().all(|piece| matches!(piece, Piece::Text(_))),
            Word::Flags | Word::Overrides => false,
        })
    }

    /// Does it name `params.json`?
    pub fn wants_json(&self) -> bool {
        self.pieces().any(|piece| *piece == Piece::ParamsJson)
    }

    /// The words for one cell. Nothing is appended.
    pub fn words(&self, filling: &Filling) -> Vec<OsString> {
        let every = |dashes: &str| {
            let one = |(name, value): (&String, &Value)| format!("{dashes}{name}={}", argument(value)).into();
            filling.parameters.iter().map(one).collect::<Vec<OsString>>()
        };
        let fill = |word: &Word| match word {
            Word::Flags => every("--"),
            Word::Overrides => every(""),
            Word::One(pieces) => {
                let mut filled = OsString::new();
                for piece in pieces {
                    piece.fill(filling, &mut filled);
                }
                vec![filled]
            }
        };
        self.words.iter().flat_map(fill).collect()
    }

    /// The words as they were written.
    pub fn template(&self) -> Vec<String> {
        self.words.iter().map(Word::template).collect()
    }

    /// What of these parameters of a cell does not reach the program, or is missing for it.
    pub(crate) fn check(&self, parameters: &ValueMap) -> Vec<Problem> {
        if self.is_by_contract() {
            return Vec::new();
        }
        let named = || {
            self.pieces()
                .filter_map(|piece| if let Piece::Parameter(name) = piece { Some(name) } else { None })
        };
        let missing = named().filter(|name| !parameters.contains_key(*name)).map(|name| Problem {
            parameter: name.clone(),
            message: format!("`{{{name}}}` has no value"),
            hint: Some(
                "set it in every cell, or pass what there is with {flags}, {overrides} or {params}".into(),
            ),
        });
        let lost =
            parameters.keys().filter(|name| !self.carries_all() && !named().any(|known| known == *name));
        let lost = lost.map(|name| Problem {
            parameter: name.clone(),
            message: format!("`{name}` never reaches the program: no placeholder of `command` carries it"),
            hint: Some(format!(
                "add it to the command, for example --{name}={{{name}}}, or pass all with {{flags}}"
            )),
        });
        missing.chain(lost).collect()
    }

    /// Does a placeholder carry every parameter?
    fn carries_all(&self) -> bool {
        self.words.iter().any(|word| matches!(word, Word::Flags | Word::Overrides))
            || self.pieces().any(|piece| matches!(piece, Piece::Params | Piece::ParamsJson))
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.words.iter().flat_map(|word| match word {
            Word::One(pieces) => pieces.as_slice(),
            Word::Flags | Word::Overrides => &[],
        })
    }
}

impl Word {
    fn template(&self) -> String {
        match self {
            Word::Flags => "{flags}".into(),
            Word::Overrides => "{overrides}".into(),
            Word::One(pieces) => pieces.iter().fold(String::new(), |mut text, piece| {
                // Writing to a string cannot fail.
                let _ = match piece {
                    Piece::Text(part) => write!(text, "{}", part.replace('{', "{{").replace('}', "}}")),
                    Piece::Parameter(name) => write!(text, "{{{name}}}"),
                    Piece::Params => write!(text, "{{params}}"),
                    Piece::ParamsJson => write!(text, "{{params.json}}"),
                    Piece::Out => write!(text, "{{out}}"),
                    Piece::Cell => write!(text, "{{cell}}"),
                    Piece::Cpus => write!(text, "{{cpus}}"),
                };
                text
            }),
        }
    }
}

impl Piece {
    fn fill(&self, filling: &Filling, into: &mut OsString) {
        match self {
            Piece::Text(text) => into.push(text),
            Piece::Parameter(name) => {
                into.push(filling.parameters.get(name).map(argument).unwrap_or_default());
            }
            Piece::Params => into.push(filling.params),
            Piece::ParamsJson => into.push(filling.params_json),
            Piece::Out => into.push(filling.out),
            Piece::Cell => into.push(filling.cell),
            Piece::Cpus => into.push(filling.cpus.to_string()),
        }
    }
}

/// A value as a program reads it from its command line: texts without quotes, floats with their point, lists as JSON.
fn argument(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::List(_) => value.to_json(),
        Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => value.to_toml(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(words: &[&str], parameters: &[(&str, Value)]) -> Vec<String> {
        let names: Vec<String> = parameters.iter().map(|(name, _)| (*name).to_string()).collect();
        let words = words.iter().map(|text| word(text, &names).map_err(|mistake| mistake.message));
        let command = WorkerCommand { words: words.collect::<Result<_, _>>().expect("a command") };
        let parameters: ValueMap =
            parameters.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
        let filling = Filling {
            parameters: &parameters,
            params: OsStr::new("/o/params.toml"),
            params_json: OsStr::new("/o/params.json"),
            out: OsStr::new("/o"),
            cell: "ab12",
            cpus: 2,
        };
        command.words(&filling).into_iter().map(|word| word.into_string().expect("text")).collect()
    }

    #[test]
    fn placeholders_get_the_values_of_a_cell() {
        let parameters = [
            ("lr", Value::Float(1e-5)),
            ("name", Value::Text("a b".into())),
            ("layers", Value::List(vec![Value::Integer(2), Value::Text("x".into())])),
            ("deep", Value::Boolean(true)),
        ];
        assert_eq!(
            filled(&["t", "--lr={lr}", "{name}", "{{{lr}}}", "{out}/x", "{cell}-{cpus}"], &parameters),
            ["t", "--lr=1e-5", "a b", "{1e-5}", "/o/x", "ab12-2"]
        );
        assert_eq!(
            filled(&["{flags}"], &parameters),
            ["--deep=true", "--layers=[2,\"x\"]", "--lr=1e-5", "--name=a b"]
        );
        assert_eq!(filled(&["{overrides}"], &parameters)[2], "lr=1e-5");
        assert_eq!(filled(&["", "{params}", "{params.json}"], &[]), ["", "/o/params.toml", "/o/params.json"]);
    }

    #[test]
    fn what_was_written_is_told_again() {
        for text in ["a{{b}}", "--x={x}", "{out}/{cell}.json", "{flags}", "{params.json}", "{cpus}", ""] {
            assert_eq!(
                word(text, &["x".into()]).map_err(|mistake| mistake.message).expect(text).template(),
                text
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn a_word_without_braces_stays_what_it_is(text in "[^{}]*") {
            proptest::prop_assert_eq!(filled(&[&text], &[]), [text]);
        }
    }
}
