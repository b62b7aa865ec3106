//! `params.toml`: one flat table of parameters. Its first line has the format, for people and for later
//! versions.

use crate::identity::PARAMETER_FORMAT;
use crate::value::{Value, ValueMap, toml_string};

const HEADER: &str = "# gainsweep parameters ";

/// Why a parameters file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ParamsFileError {
    /// Not TOML. The message has line, column and a caret.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A value that no parameter can have.
    #[error("`{name}`: {reason}")]
    Value {
        /// The parameter.
        name: String,
        /// What is wrong with its value.
        reason: String,
    },
    /// Written by a later version.
    #[error(
        "parameters of format {found}; this program reads formats up to {PARAMETER_FORMAT}: use a newer gainsweep"
    )]
    Newer {
        /// The format of the file.
        found: u32,
    },
}

/// The file's text for these parameters.
pub fn render(parameters: &ValueMap) -> String {
    let mut text = format!("{HEADER}{PARAMETER_FORMAT}\n");
    for (name, value) in parameters {
        text.extend([&key(name), " = ", &value.to_toml(), "\n"]);
    }
    text
}

/// The same as one JSON object, for other programs.
pub fn render_json(parameters: &ValueMap) -> String {
    let entry = |(name, value): (&String, &Value)| format!("  {}: {}", toml_string(name), value.to_json());
    let entries: Vec<String> = parameters.iter().map(entry).collect();
    format!("{{\n{}\n}}\n", entries.join(",\n"))
}

/// A TOML key: bare if possible, else quoted.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_string() } else { toml_string(name) }
}

/// Reads a parameters file.
///
/// # Errors
/// Text that is not TOML, values that cannot be parameter values, a later format.
pub fn parse(text: &str) -> Result<ValueMap, ParamsFileError> {
    if let Some(found) = text.lines().next().and_then(|line| line.strip_prefix(HEADER)?.trim().parse().ok())
        && found > PARAMETER_FORMAT
    {
        return Err(ParamsFileError::Newer { found });
    }
    let table: toml::Table = toml::from_str(text)?;
    table
        .iter()
        .map(|(name, value)| {
            let value = Value::try_from(value)
                .map_err(|reason| ParamsFileError::Value { name: name.clone(), reason })?;
            Ok((name.clone(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let parameters = ValueMap::from([
            ("tau".to_string(), Value::Float(100.0)),
            ("odd name\n= 1".to_string(), Value::Text("x\"y'\n".into())),
            ("l".to_string(), Value::List(vec![Value::Boolean(true)])),
        ]);
        assert_eq!(parse(&render(&parameters)).expect("reads back"), parameters);
    }

    #[test]
    fn a_later_format_is_refused() {
        let error = parse("# gainsweep parameters 999\nx = 1\n").expect_err("refused");
        assert!(error.to_string().contains("999"), "{error}");
    }
}
