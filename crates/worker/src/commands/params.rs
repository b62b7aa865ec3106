//! `params`: every parameter of one network or of all.

use std::io::Write;

use clap::Args;
use gainsweep_contract::Value;
use gainsweep_contract::schema::{self, Fallback, Model, PARAMETERS, Parameter};

use crate::failure::Failure;

/// List every parameter: default, unit, values, symbol in the paper, name in the published code.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only the parameters of this network, with its defaults.
    #[arg(long, value_parser = Model::NAMES)]
    pub(crate) model: Option<String>,
    /// Print one JSON array.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `params`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let model = options.model.as_deref().and_then(Model::from_name);
    let shown = PARAMETERS.iter().filter(|p| model.is_none_or(|model| p.models.contains(&model)));
    let mut out = std::io::stdout().lock();
    if options.json {
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

/// The default as text: one value, or one for each network.
fn default(parameter: &Parameter, model: Option<Model>) -> String {
    match parameter.default {
        Fallback::From(_, _, source)
        | Fallback::Absent(source)
        | Fallback::Of(_, &Fallback::Absent(source)) => {
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
