//! `[worker]`: another program than the built-in worker.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use gainsweep_contract::environment::PREFIX;
use gainsweep_contract::schema::nearest;

use super::declared_parameters;
use super::syntax::{Key, Node, must_be, table, table_called, text, texts, unknown_key};
use crate::declared_parameters::DeclaredParameters;
use crate::diagnostic::Diagnostic;
use crate::worker::{ResultsFile, Row, TemplateMistake, Worker, WorkerCommand, word};

pub(crate) const KEYS: [&str; 7] =
    ["command", "results", "row", "code", "setup", "environment", "parameters"];

/// Words that mean something to a shell, and nothing without one.
const SHELL: [&str; 10] = ["|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"];

/// A `[worker]` whose placeholders are not looked up yet: the sweep's parameters are read later.
#[derive(Default)]
pub(super) struct ReadWorker {
    worker: Worker,
    /// The words of the command.
    words: Vec<String>,
    pub(super) parameters: Option<DeclaredParameters>,
}

/// Reads the table.
pub(super) fn read(key: &Key<'_>, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> ReadWorker {
    let mut read = ReadWorker::default();
    let Some(entries) = table(key, node, problems) else { return read };
    let before = problems.len();
    let mut row_place = None;
    for (key, node) in entries {
        match key.get_ref().as_ref() {
            "command" => command(key, node, &mut read, problems),
            "results" => {
                if let Some(found) = text(key, node, problems) {
                    read.worker.results = results(&found, node, problems);
                }
            }
            "row" => {
                row_place = Some(node.span());
                read.worker.row = text(key, node, problems).and_then(|text| row(&text, node, problems));
            }
            "code" => code(key, node, &mut read.worker, problems),
            "setup" => {
                read.worker.setup = texts(key, node, problems).into_iter().map(|(line, _)| line).collect();
            }
            "environment" => read.worker.environment = environment(node, problems),
            "parameters" => read.parameters = declared_parameters::read(node, problems),
            _ => problems.push(unknown_key("[worker]", key, &KEYS)),
        }
    }
    if let (Some(place), false) = (row_place, matches!(read.worker.results, ResultsFile::Csv(_))) {
        problems.push(
            Diagnostic::new("`row` chooses a row of a CSV file, and these results are JSON")
                .at(place)
                .hint("remove `row`, or name a CSV file in `results`"),
        );
    }
    if read.words.is_empty() && problems.len() == before {
        problems.push(
            Diagnostic::new("[worker] needs a `command`")
                .at(node.span())
                .hint("for example command = \"python3 train.py --lr {lr}\""),
        );
    }
    read
}

impl ReadWorker {
    /// The worker, with its placeholders. `parameters` are those of the sweep.
    pub(super) fn finish(
        self,
        parameters: &[String],
        problems: &mut Vec<Diagnostic>,
    ) -> (Worker, Option<DeclaredParameters>) {
        let ReadWorker { mut worker, words, parameters: declared } = self;
        let mut all = parameters.to_vec();
        all.extend(declared.iter().flat_map(|declared| declared.parameters.keys().cloned()));
        let mut read = Vec::with_capacity(words.len());
        for text in &words {
            match word(text, &all) {
                Ok(word) => read.push(word),
                Err(TemplateMistake { message, hint, part }) => {
                    problems.push(worker.mistake_in_command(&part, message).hint(hint));
                }
            }
        }
        worker.command = WorkerCommand { words: read };
        (worker, declared)
    }
}

/// A text that is split as a POSIX shell would, or a list of words.
fn command(key: &Key<'_>, node: &Node<'_>, read: &mut ReadWorker, problems: &mut Vec<Diagnostic>) {
    read.worker.places.command = node.span();
    if node.get_ref().as_array().is_some() {
        read.worker.places.written = texts(key, node, problems);
        read.words = read.worker.places.written.iter().map(|(word, _)| word.clone()).collect();
        for (word, span) in &read.worker.places.written {
            if let Some((option, rest)) = word.split_once(' ')
                && option.starts_with('-')
                && !option.contains('=')
            {
                problems.push(
                    Diagnostic::new(format!(
                        "`{word}` is one word: the program would get it as one argument"
                    ))
                    .at(span.clone())
                    .hint(format!(
                        "write \"{option}\", {:?}, or {:?}",
                        rest.trim(),
                        format!("{option}={rest}")
                    )),
                );
            }
        }
        return;
    }
    let Some(whole) = node.get_ref().as_str() else {
        problems.push(must_be(key, node, "a text or a list of words"));
        return;
    };
    if whole.trim().is_empty() {
        problems.push(Diagnostic::new("`command` is empty").at(node.span()));
        return;
    }
    let Some(words) = shlex::split(whole) else {
        problems.push(
            Diagnostic::new("a quote in `command` is never closed, or its last character is a backslash")
                .at(node.span())
                .hint("quotes group words as in a shell: \"python3 'my script.py'\""),
        );
        return;
    };
    read.worker.places.written = vec![(whole.to_string(), node.span())];
    for word in &words {
        // What was quoted may be a program of its own, such as one of awk.
        let is_name = |rest: &str| rest.starts_with(|first: char| first.is_alphabetic() || first == '_');
        let expands = word.starts_with("~/") || (!word.contains(' ') && word.split('$').skip(1).any(is_name));
        if SHELL.contains(&word.as_str()) || expands {
            problems.push(
                read.worker
                    .mistake_in_command(word, format!("no shell runs the command: `{word}` would reach the program as it is"))
                    .hint("name a shell: command = [\"sh\", \"-c\", \"...\"], or use `setup` and [worker.environment]"),
            );
        }
    }
    read.words = words;
}

/// `results`: a file in the cell's folder, or `stdout`.
fn results(text: &str, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> ResultsFile {
    if text == "stdout" {
        return ResultsFile::Stdout;
    }
    let text = text.strip_prefix("{out}/").unwrap_or(text);
    let extension = Path::new(text).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let read = match extension.as_deref().and_then(|end| end.to_str()) {
        Some("json") => Some(ResultsFile::Json(text.into())),
        Some("csv") => Some(ResultsFile::Csv(text.into())),
        _ => None,
    };
    let Some(read) = read else {
        problems.push(
            Diagnostic::new(format!("`results` cannot be {text:?}"))
                .at(node.span())
                .hint("it is the name of a .csv or .json file in {out}, or \"stdout\""),
        );
        return ResultsFile::default();
    };
    if !is_inside(text) {
        problems.push(
            Diagnostic::new("`results` must lie in the cell's folder, {out}")
                .at(node.span())
                .hint("let the program write there: pass {out} to it, and name the file relative to {out}"),
        );
    }
    read
}

/// Is it a relative path that leads nowhere else?
fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// `row`.
fn row(text: &str, node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> Option<Row> {
    let row = match text.split_once(':') {
        None if text == "first" => Some(Row::First),
        None if text == "last" => Some(Row::Last),
        Some(("max", column)) if !column.is_empty() => Some(Row::Max(column.into())),
        Some(("min", column)) if !column.is_empty() => Some(Row::Min(column.into())),
        _ => None,
    };
    if row.is_none() {
        let problem = Diagnostic::new(format!("unknown row `{text}`")).at(node.span());
        problems.push(match nearest(text, ["first", "last"]) {
            Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
            None => problem
                .hint("one of \"first\", \"last\", \"max:COLUMN\", \"min:COLUMN\", such as \"max:score\""),
        });
    }
    row
}

/// `code`: paths below the project's root.
fn code(key: &Key<'_>, node: &Node<'_>, worker: &mut Worker, problems: &mut Vec<Diagnostic>) {
    for (path, span) in texts(key, node, problems) {
        if is_inside(&path) {
            worker.code.push(path);
            worker.places.code.push(span);
        } else {
            problems.push(
                Diagnostic::new(format!("`{path}` is not below the project's root, so its layout cannot be kept"))
                    .at(span)
                    .hint("write paths relative to the root; an empty gainsweep.toml in a folder above makes that the root"),
            );
        }
    }
}

/// `[worker.environment]`.
fn environment(node: &Node<'_>, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (key, node) in table_called("worker.environment", node, problems).into_iter().flatten() {
        let name = key.get_ref();
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && !name.is_empty();
        if !is_name || name.starts_with(PREFIX) {
            let problem = Diagnostic::new(format!("`{name}` cannot be set: it is no name of a variable"));
            problems.push(if is_name {
                Diagnostic::new(format!("`{name}` cannot be set: gainsweep sets its own variables"))
                    .at(key.span())
            } else {
                problem.at(key.span()).hint("letters, digits and _, for example DATA = \"/scratch/data\"")
            });
            continue;
        }
        match node.get_ref().as_str() {
            Some(value) if !value.contains('\0') => {
                variables.insert(name.to_string(), value.to_string());
            }
            _ => problems.push(must_be(key, node, "a text in quotes")),
        }
    }
    variables
}
