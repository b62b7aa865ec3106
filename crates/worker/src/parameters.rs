//! Parameters from a file, with errors that show the line.

use std::path::Path;

use gainsweep_contract::params_file::ParamsFileError;
use gainsweep_contract::{Parameters, Problem, Value, ValueMap, params_file};

use crate::failure::Failure;

/// Reads and resolves a parameters file.
pub(crate) fn read(path: &Path) -> Result<Parameters, Failure> {
    let text = fs_err::read_to_string(path).map_err(|error| Failure::Usage(error.to_string()))?;
    let given = params_file::parse(&text).map_err(|error| {
        let shown = match error {
            ParamsFileError::Value { name, reason } => {
                let message = format!("`{name}`: {reason}");
                locate(&Problem { parameter: name, message, hint: None }, path, &text)
            }
            error @ (ParamsFileError::Toml(_) | ParamsFileError::Newer { .. }) => {
                format!("{}: {error}", path.display())
            }
        };
        Failure::Usage(shown)
    })?;
    Parameters::resolve(&given).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| locate(problem, path, &text)).collect();
        Failure::Usage(lines.join("\nerror: "))
    })
}

/// Resolves parameters that are in no file.
pub(crate) fn resolve(given: &ValueMap) -> Result<Parameters, Failure> {
    Parameters::resolve(given).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
        Failure::Usage(problems.join("\nerror: "))
    })
}

/// Sets a parameter, if there is a value.
pub(crate) fn set(given: &mut ValueMap, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        given.insert(name.to_string(), value);
    }
}

/// A problem with its line, as compilers show it.
fn locate(problem: &Problem, path: &Path, text: &str) -> String {
    let key = |line: &str| line.split('=').next().unwrap_or("").trim().trim_matches('"') == problem.parameter;
    let found = text.lines().enumerate().find(|(_, line)| key(line));
    let mut lines = vec![problem.message.clone()];
    if let Some((index, line)) = found {
        let number = (index + 1).to_string();
        let margin = " ".repeat(number.len());
        let start = line.len() - line.trim_start().len();
        let carets = "^".repeat(line.trim().chars().count());
        lines.push(format!("{margin}--> {}:{number}:{}", path.display(), start + 1));
        lines.push(format!("{margin} |"));
        lines.push(format!("{number} | {line}"));
        lines.push(format!("{margin} | {}{carets}", " ".repeat(start)));
    } else {
        lines.push(format!(" --> {}", path.display()));
    }
    if let Some(hint) = &problem.hint {
        lines.push(format!("  = {hint}"));
    }
    lines.join("\n")
}
