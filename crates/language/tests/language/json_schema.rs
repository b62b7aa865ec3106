//! `docs/sweep.schema.json` is up to date, accepts what the parser accepts, and refuses what an editor can
//! see.

use gainsweep_language::json_schema;
use serde_json::Value as Json;

const FILE: &str = include_str!("../../../../docs/sweep.schema.json");
const PAGE: &str = include_str!("../../../../docs/reference/sweep-file.md");
const QUICKSTART: &str = include_str!("../../../../sweeps/quickstart.toml");
const EXAMPLE: &str = include_str!("../../../../docs/examples/python/sweep.toml");
const TEMPLATE: &str = include_str!("../../../planner/src/cli/new_template.toml");

fn is_valid(text: &str) -> Result<(), String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let instance = as_json(&toml::Value::Table(table));
    let validator = jsonschema::validator_for(&json_schema()).expect("a schema");
    validator.validate(&instance).map_err(|error| error.to_string())
}

/// JSON has no infinity; a large number replaces it.
fn as_json(value: &toml::Value) -> Json {
    match value {
        toml::Value::Float(number) if number.is_infinite() => serde_json::json!(f64::MAX),
        toml::Value::Float(number) => serde_json::json!(number),
        toml::Value::Array(items) => items.iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            Json::Object(table.iter().map(|(key, value)| (key.clone(), as_json(value))).collect())
        }
        toml::Value::String(_)
        | toml::Value::Integer(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => serde_json::to_value(value).expect("JSON"),
    }
}

#[test]
fn the_file_is_what_the_tables_say() {
    let made = serde_json::to_string_pretty(&json_schema()).expect("JSON") + "\n";
    assert!(FILE == made, "write it again: cargo run -p gainsweep -- schema > docs/sweep.schema.json");
}

#[test]
fn what_the_parser_takes_is_valid() {
    let blocks = PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    for text in blocks.chain([QUICKSTART, EXAMPLE, TEMPLATE]) {
        assert_eq!(is_valid(text), Ok(()), "{text}");
    }
}

#[test]
fn what_an_editor_can_see_is_refused() {
    for wrong in [
        "[girds]\ntau = [1]\n",
        "[params]\ntua = 1\n",
        "[params]\ntau = 0.5\n",
        "[params]\nmodel = \"spatail\"\n",
        "[params]\ntau = [1, 2]\n",
        "[grid]\ntau = 1\n",
        "[grid]\ntau = []\n",
        "[grid]\ntau = [1, \"x\"]\n",
        "[grid]\ntau = { from = 1, too = 2 }\n",
        "[grid]\ntau = { from = 1, to = 2, count = 3, scale = \"lgo\" }\n",
        "[random]\ncount = 3\ntau = { unifrom = [1, 2] }\n",
        "[random]\ncount = 3\nmethod = \"sobol\"\ntau = { uniform = [1, 2] }\n",
        "[derived]\ntau = 3\n",
        "[[exclude]]\nif = \"tau > 1\"\n",
        "[[case]]\nname = \"a\"\ntua = 3\n",
        "[[block]]\nname = \"a\"\n[block.grid]\ntua = [1]\n",
        "[[block]]\n[block.grid]\ntau = [1]\n",
        "[replicates]\nseed = 0.5\n",
        "[networks]\nfinished = true\n",
        "[worker]\n[params]\nx = 1\n",
        "[worker]\ncommand = [\"x\"]\n[worker.parameters]\na = { type = \"number\" }\n",
        "[slurm]\npartiton = \"main\"\n",
        "[slurm.retry]\nattemps = 3\n",
        "[[plot]]\nmetric = \"clarity\"\n",
        "[gather]\nreplicates = \"seed\"\n",
    ] {
        assert!(is_valid(wrong).is_err(), "{wrong}");
        assert!(gainsweep_language::parse(wrong).is_err(), "the parser takes it: {wrong}");
    }
    assert_eq!(
        is_valid("[worker]\ncommand = [\"x\"]\n[params]\nanything = [1, 2]\n[grid]\nx = [\"a\", true]\n"),
        Ok(())
    );
}
