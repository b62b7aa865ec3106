//! From the text of a word to its placeholders.

use gainsweep_contract::schema::nearest;

use super::{Piece, Word};

/// The placeholders that are no parameters.
pub(crate) const PLACEHOLDERS: [&str; 7] =
    ["params", "params.json", "out", "cell", "cpus", "flags", "overrides"];

/// A mistake in a template: what, how to go on, and the part of the text that it is about.
pub(crate) struct TemplateMistake {
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) part: String,
}

/// Reads the placeholders of a word. `parameters` are those of the sweep.
pub(crate) fn word(text: &str, parameters: &[String]) -> Result<Word, TemplateMistake> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let from = &rest[at..];
        if from.starts_with("{{") || from.starts_with("}}") {
            plain.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        let end = from.find('}').filter(|_| from.starts_with('{'));
        let Some(end) = end else {
            return Err(TemplateMistake {
                message: format!("a brace without its other half in `{text}`"),
                hint: "write a placeholder such as {out}; a brace itself is written twice: {{ or }}".into(),
                part: from[..1].to_string(),
            });
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        let whole = &from[..=end];
        match placeholder(&whole[1..end], parameters)? {
            Ok(piece) => pieces.push(piece),
            Err(every) if whole == text => return Ok(every),
            Err(_) => {
                return Err(TemplateMistake {
                    message: format!("`{whole}` stands for several words, so it must be a word of its own"),
                    hint: format!("write blanks around it: `... {whole} ...`"),
                    part: whole.to_string(),
                });
            }
        }
        rest = &from[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(Word::One(pieces))
}

/// What a name in braces stands for: a part of a word, or several words.
fn placeholder(name: &str, parameters: &[String]) -> Result<Result<Piece, Word>, TemplateMistake> {
    let built_in = match name {
        "params" => Some(Ok(Piece::Params)),
        "params.json" => Some(Ok(Piece::ParamsJson)),
        "out" => Some(Ok(Piece::Out)),
        "cell" => Some(Ok(Piece::Cell)),
        "cpus" => Some(Ok(Piece::Cpus)),
        "flags" => Some(Err(Word::Flags)),
        "overrides" => Some(Err(Word::Overrides)),
        _ => None,
    };
    let is_parameter = parameters.iter().any(|known| known == name);
    let mistake =
        |message: String, hint: String| TemplateMistake { message, hint, part: format!("{{{name}}}") };
    match built_in {
        Some(_) if is_parameter => Err(mistake(
            format!("`{{{name}}}` is a placeholder of gainsweep and a parameter of this sweep"),
            format!("rename the parameter `{name}`, or pass all parameters with {{flags}}"),
        )),
        Some(found) => Ok(found),
        None if is_parameter => Ok(Ok(Piece::Parameter(name.into()))),
        None => {
            let all = || parameters.iter().map(String::as_str).chain(PLACEHOLDERS);
            let near = nearest(name, all()).map(|near| format!("did you mean {{{near}}}?"));
            let hint = near.unwrap_or_else(|| {
                let all: Vec<String> = all().map(|name| format!("{{{name}}}")).collect();
                format!(
                    "a brace itself is written twice: {{{{ or }}}}; placeholders here are {}",
                    all.join(" ")
                )
            });
            Err(mistake(format!("unknown placeholder `{{{name}}}`"), hint))
        }
    }
}
