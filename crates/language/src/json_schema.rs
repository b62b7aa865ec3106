//! The JSON Schema of sweep files, for editors. It is made from the parser's own tables.
//!
//! It is looser than the parser: it checks each key alone, and not what fits together.

use gainsweep_contract::Value;
use gainsweep_contract::schema::{Kind, Model, PARAMETERS, Parameter};
use serde_json::{Map, Value as Json, json};

use crate::plots::PlotKind;
use crate::read::{
    TOP, blocks, declared_parameters, output, plots, precision, random, range, run, slurm, worker,
};

/// The schema, draft 2020-12.
pub fn json_schema() -> Json {
    let mut definitions = Map::new();
    let values = PARAMETERS.iter().map(|parameter| (parameter.name, value(parameter)));
    for (name, value) in values.chain([(ANY, json!({}))]) {
        let own = refer("value", name);
        definitions.insert(format!("axis_{name}"), axis(&own));
        definitions.insert(format!("constant_{name}"), constant(&own));
        definitions.insert(format!("value_{name}"), value);
    }
    definitions.insert("range".into(), range_of_numbers());
    definitions.insert("distribution".into(), distribution());
    for (name, built_in) in [("built_in", true), ("free", false)] {
        let parts = blocks::IN_BLOCK.map(|part| (part.to_string(), part_of_a_block(part, built_in)));
        definitions.insert(name.into(), json!({ "properties": Map::from_iter(parts) }));
    }
    let everywhere = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let mut top: Map<String, Json> = TOP.iter().map(|key| ((*key).to_string(), at_the_top(key))).collect();
    let mut block: Map<String, Json> =
        blocks::IN_BLOCK.iter().map(|key| ((*key).to_string(), json!({}))).collect();
    block.insert("name".into(), text("shown in the column `block` of the tables"));
    let block = |parts: &str| {
        json!({ "block": { "type": "array", "items": { "allOf": [
            { "type": "object", "required": ["name"], "properties": block, "additionalProperties": false },
            everywhere(parts),
        ] } } })
    };
    let (of_another, of_ours) = (block("free"), block("built_in"));
    top.insert("name".into(), text("the name of the folder of results; without it, the file's"));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A sweep of gainsweep",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
        // Another program than the built-in worker has its own parameters.
        "if": { "required": ["worker"] },
        "then": { "allOf": [everywhere("free"), { "properties": of_another }] },
        "else": { "allOf": [everywhere("built_in"), { "properties": of_ours }] },
        "$defs": definitions,
    })
}

/// The name that stands for every parameter of another program.
const ANY: &str = "any";

/// A reference to a definition of this kind, for this parameter.
fn refer(kind: &str, name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{kind}_{name}") })
}

fn text(description: &str) -> Json {
    json!({ "type": "string", "minLength": 1, "description": description })
}

/// A table with these keys and no others.
fn table(keys: &[&str], of: impl Fn(&str) -> Json) -> Json {
    let properties: Map<String, Json> = keys.iter().map(|key| ((*key).to_string(), of(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn texts(description: &str) -> Json {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

/// A value of a parameter, with its description.
fn value(parameter: &Parameter) -> Json {
    let mut schema = match parameter.kind {
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Float { min, max, above } => {
            let mut schema = json!({ "type": "number" });
            schema[if above { "exclusiveMinimum" } else { "minimum" }] = json!(min);
            if max.is_finite() {
                schema["maximum"] = json!(max);
            }
            schema
        }
        Kind::Choice(names) => json!({ "enum": names }),
        Kind::Sources => json!({ "type": "string" }),
        Kind::Cell => json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" }),
    };
    let unit = if parameter.unit.is_empty() { String::new() } else { format!(" ({})", parameter.unit) };
    schema["description"] = json!(format!("{}{unit}", parameter.help));
    let default = |model: Model| parameter.default_for(model).map(json_value);
    let first = default(parameter.models[0]);
    if let Some(first) =
        first.filter(|first| parameter.models.iter().all(|model| default(*model).as_ref() == Some(first)))
    {
        schema["default"] = first;
    }
    schema
}

fn json_value(value: Value) -> Json {
    match value {
        Value::Boolean(flag) => json!(flag),
        Value::Integer(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(items) => items.into_iter().map(json_value).collect(),
    }
}

fn range_of_numbers() -> Json {
    let keys: Vec<&str> = range::KEYS.into_iter().chain(["when"]).collect();
    let mut schema = table(&keys, |key| match key {
        "count" => json!({ "type": "integer", "minimum": 2 }),
        "scale" => json!({ "enum": ["linear", "log"] }),
        "when" => text("where the axis varies: a condition"),
        _ => json!({ "type": "number" }),
    });
    schema["required"] = json!(["from", "to"]);
    schema
}

fn distribution() -> Json {
    let mut schema = table(&random::DISTRIBUTIONS, |kind| match kind {
        "choice" => json!({ "type": "array", "minItems": 1 }),
        _ => json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 }),
    });
    schema["minProperties"] = json!(1);
    schema["maxProperties"] = json!(1);
    schema
}

/// A table with an entry for each parameter, and these keys beside them. `of` gives the schema of an entry by
/// its name.
fn parameters(built_in: bool, of: impl Fn(&str) -> Json, beside: &[(&str, Json)]) -> Json {
    let own = PARAMETERS.iter().filter(|_| built_in);
    let mut properties: Map<String, Json> =
        own.map(|parameter| (parameter.name.to_string(), of(parameter.name))).collect();
    properties.extend(beside.iter().map(|(key, schema)| ((*key).to_string(), schema.clone())));
    let others = if built_in { json!(false) } else { of(ANY) };
    json!({ "type": "object", "properties": properties, "additionalProperties": others })
}

fn constant(value: &Json) -> Json {
    json!({ "anyOf": [value, { "type": "object", "required": ["value", "when"], "additionalProperties": false,
        "properties": { "value": value, "when": { "type": "string" } } }] })
}

fn axis(value: &Json) -> Json {
    json!({ "anyOf": [
        { "type": "array", "items": value, "minItems": 1 },
        { "$ref": "#/$defs/range" },
        { "type": "object", "required": ["values"], "additionalProperties": false,
          "properties": { "values": { "type": "array", "items": value, "minItems": 1 }, "when": { "type": "string" } } },
    ] })
}

/// One of the tables that define the cells.
fn part_of_a_block(part: &str, built_in: bool) -> Json {
    let one_or_several = |one: Json| json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] });
    match part {
        "params" => parameters(built_in, |name| refer("constant", name), &[]),
        "grid" | "one_at_a_time" => parameters(built_in, |name| refer("axis", name), &[]),
        "zip" => one_or_several(parameters(built_in, |name| refer("axis", name), &[])),
        "replicates" => parameters(
            built_in,
            |name| json!({ "anyOf": [{ "type": "integer", "minimum": 1 }, refer("axis", name)] }),
            &[],
        ),
        "case" => json!({ "type": "array", "items":
            parameters(built_in, |name| refer("value", name), &[("name", text("shown in the column `case` of the tables"))]) }),
        "random" => {
            let beside = random::KEYS.map(|key| match key {
                "method" => (key, json!({ "enum": random::METHODS })),
                _ => (key, json!({ "type": "integer", "minimum": 0 })),
            });
            one_or_several(parameters(built_in, |_| json!({ "$ref": "#/$defs/distribution" }), &beside))
        }
        "derived" => parameters(built_in, |_| json!({ "type": "string" }), &[]),
        "exclude" => json!({ "type": "array", "items": {
            "type": "object", "required": ["when"], "additionalProperties": false,
            "properties": { "when": text("combinations that are left out: a condition"), "because": { "type": "string" } },
        } }),
        _ => json!({}),
    }
}

/// A key at the top of the file. The tables that define cells are in `then` and `else`.
fn at_the_top(key: &str) -> Json {
    match key {
        "question" => text("the question that the sweep asks"),
        "budget_core_hours" => json!({ "type": "number", "exclusiveMinimum": 0,
            "description": "what all attempts at the cells may cost together" }),
        "networks" => {
            let mut schema = table(&["sweep", "only", "finished"], |key| match key {
                "sweep" => text("the name of the sweep that trained the networks"),
                "only" => texts("selectors: which of its cells"),
                _ => json!({ "type": "boolean" }),
            });
            schema["required"] = json!(["sweep"]);
            schema
        }
        "run" => table(&run::KEYS, |_| {
            json!({ "type": "number", "exclusiveMinimum": 0,
                "description": "GPUs of each cell on this machine; 0.5: two cells share one" })
        }),
        "worker" => {
            let mut parameter = table(&declared_parameters::KEYS, |key| match key {
                "type" => json!({ "enum": declared_parameters::TYPES }),
                "minimum" | "maximum" => json!({ "type": "number" }),
                "one_of" => json!({ "type": "array", "items": { "type": "string" } }),
                "help" => json!({ "type": "string" }),
                _ => json!({}),
            });
            parameter["required"] = json!(["type"]);
            let mut schema = table(&worker::KEYS, |key| match key {
                "command" => json!({ "oneOf": [text("the command of a cell, with placeholders"),
                    texts("the words of the command of a cell, with placeholders")] }),
                "results" => text("a .csv or .json file in {out}, or stdout"),
                "row" => json!({ "type": "string", "pattern": "^(first|last|(max|min):.+)$",
                    "description": "which row of a CSV file is the result" }),
                "code" => texts("files and folders that the program is made of"),
                "setup" => texts("lines of shell before the program"),
                "environment" => json!({ "type": "object", "additionalProperties": { "type": "string" },
                    "description": "variables of the program's environment" }),
                _ => json!({ "type": "object", "additionalProperties": parameter }),
            });
            schema["required"] = json!(["command"]);
            schema
        }
        "precision" => {
            let mut schema = table(&precision::KEYS, |key| match key {
                "metric" => text("the metric whose mean counts"),
                "at_most" => json!({ "type": "integer", "minimum": 2 }),
                _ => json!({ "type": "number", "exclusiveMinimum": 0 }),
            });
            schema["required"] = json!(["metric", "at_most"]);
            schema["oneOf"] = json!([{ "required": ["half_width"] }, { "required": ["relative"] }]);
            schema
        }
        "gather" => table(&output::GATHER, |key| match key {
            "replicate" => text("the axis that statistics are taken over"),
            "interval" => json!({ "enum": ["t", "bootstrap"] }),
            "parquet" => {
                json!({ "type": "boolean", "default": false, "description": "write the tables as Parquet, too" })
            }
            _ => texts("columns of the tables; all without it"),
        }),
        "plot" => {
            let number = json!({ "type": "number" });
            let mut plot = table(&plots::PLOT, |key| match key {
                "kind" => json!({ "enum": PlotKind::names(), "default": PlotKind::default().name() }),
                "scale" => json!({ "enum": ["linear", "log"] }),
                "reference" => {
                    json!({ "oneOf": [number.clone(), { "type": "array", "items": number.clone() }] })
                }
                _ => json!({ "type": "string" }),
            });
            // What each kind needs; a figure without a kind is a line.
            let needs = PlotKind::ALL.iter().map(|kind| {
                let mut condition = json!({ "properties": { "kind": { "const": kind.name() } } });
                if *kind != PlotKind::default() {
                    condition["required"] = json!(["kind"]);
                }
                json!({ "if": condition, "then": { "required": kind.declaration().needed } })
            });
            plot["allOf"] = needs.collect();
            json!({ "type": "array", "items": plot })
        }
        "slurm" => {
            let own = slurm::KEYS.iter().chain(&slurm::SWEEP).filter(|key| **key != "when");
            let own: Vec<&str> = own.copied().collect();
            let any = |_: &str| json!({});
            table(&own, |key| match key {
                "retry" => table(&slurm::RETRY, any),
                "rule" => json!({ "type": "array", "items": table(&slurm::KEYS, any) }),
                _ => json!({}),
            })
        }
        "set" | "found" => json!({ "type": "object" }),
        _ => json!({}),
    }
}
