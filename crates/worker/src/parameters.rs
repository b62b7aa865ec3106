//! Parameters: read from a file with errors that show the line, and listed for people.

use std::io::Write;
use std::path::Path;

use gainsweep_contract::params_file::ParamsFileError;
use gainsweep_contract::schema::{self, Fallback, Model, PARAMETERS, Parameter};
use gainsweep_contract::{Parameters, Problem, Value, ValueMap, params_file};

use crate::arguments;
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
            error => format!("{}: {error}", path.display()),
        };
        Failure::Usage(shown)
    })?;
    resolve(&given).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| locate(problem, path, &text)).collect();
        Failure::Usage(lines.join("\nerror: "))
    })
}

/// All problems with these parameters.
pub(crate) fn resolve(given: &ValueMap) -> Result<Parameters, Vec<Problem>> {
    Parameters::resolve(given)
}

/// A problem with the line that it is about, as compilers show it.
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

/// `params`: every parameter of one network or of all.
pub(crate) fn list(arguments: &arguments::Params) -> Result<(), Failure> {
    let model = arguments.model.as_deref().and_then(Model::from_name);
    let shown = PARAMETERS.iter().filter(|p| model.is_none_or(|model| p.models.contains(&model)));
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let entries: Vec<serde_json::Value> = shown.map(|parameter| as_json(parameter, model)).collect();
        writeln!(out, "{}", serde_json::Value::Array(entries))?;
        return Ok(());
    }
    for parameter in shown {
        let unit = if parameter.unit.is_empty() { String::new() } else { format!(" {}", parameter.unit) };
        writeln!(out, "{} = {}{unit}", parameter.name, default(parameter, model))?;
        writeln!(out, "    {}", parameter.help)?;
        writeln!(out, "    values: {}", parameter.range())?;
        let names = [("paper", parameter.symbol), ("published code", parameter.published)];
        let names = names.iter().filter(|(_, name)| !name.is_empty());
        let names: Vec<String> = names.map(|(where_, name)| format!("{where_}: {name}")).collect();
        if !names.is_empty() {
            writeln!(out, "    {}", names.join("; "))?;
        }
        if model.is_none() && parameter.models.len() < Model::ALL.len() {
            let models: Vec<&str> = parameter.models.iter().map(|model| model.name()).collect();
            writeln!(out, "    only for: {}", models.join(", "))?;
        }
    }
    Ok(())
}

/// The default in words: one value, or one for each network.
fn default(parameter: &Parameter, model: Option<Model>) -> String {
    match parameter.default {
        Fallback::From(_, _, source)
        | Fallback::Absent(source)
        | Fallback::Of(_, Fallback::Absent(source)) => {
            return format!("({source})");
        }
        Fallback::Of(analyses, Fallback::Is(literal)) => {
            let names: Vec<&str> = analyses.iter().map(|analysis| analysis.name()).collect();
            return format!("{} (with `analysis` {})", Value::from(*literal).to_toml(), names.join(", "));
        }
        Fallback::Is(_) | Fallback::By(_) | Fallback::Of(..) => {}
    }
    let of = |model: Model| parameter.default_for(model).map_or(String::new(), |value| value.to_toml());
    if let Some(model) = model {
        return of(model);
    }
    let first = of(parameter.models[0]);
    if parameter.models.iter().all(|model| of(*model) == first) {
        return first;
    }
    let each: Vec<String> =
        parameter.models.iter().map(|model| format!("{} ({})", of(*model), model.name())).collect();
    each.join(", ")
}

fn as_json(parameter: &Parameter, model: Option<Model>) -> serde_json::Value {
    let models: Vec<&str> = parameter.models.iter().map(|model| model.name()).collect();
    let values = match parameter.kind {
        schema::Kind::Boolean => serde_json::json!({"type": "boolean"}),
        schema::Kind::Integer { min, max } => serde_json::json!({"type": "integer", "min": min, "max": max}),
        schema::Kind::Float { min, max, above } => {
            let max = if max.is_finite() { serde_json::json!(max) } else { serde_json::Value::Null };
            serde_json::json!({"type": "number", "min": min, "max": max, "min_excluded": above})
        }
        schema::Kind::Choice(names) => serde_json::json!({"type": "choice", "names": names}),
        schema::Kind::Cell => serde_json::json!({"type": "cell"}),
        schema::Kind::Sources => {
            serde_json::json!({"type": "sources", "presets": gainsweep_contract::sources::PRESETS})
        }
    };
    serde_json::json!({
        "name": parameter.name,
        "default": default(parameter, model),
        "values": values,
        "unit": parameter.unit,
        "paper": parameter.symbol,
        "published": parameter.published,
        "models": models,
        "help": parameter.help,
    })
}
