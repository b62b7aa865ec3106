//! Parameters of the published code (`feedback_modulation_Naumann22`) in our words: what the metadata of its
//! exported networks and of the reference cases say.

use gainsweep_contract::schema::{MODULATION_TARGETS, Model};
use gainsweep_contract::{Value, ValueMap};
use serde::Deserialize;

/// The published code's parameters, with its class defaults for what is left out.
#[derive(Deserialize)]
struct Published {
    model: String,
    signal_dim: i64,
    hidden_dim: i64,
    #[serde(default = "xy")]
    input_to_net: String,
    mix_noise: Option<f64>,
    tau: Option<f64>,
    add: Option<f64>,
    w0_var: Option<f64>,
    #[serde(rename = "Nz")]
    nz: Option<i64>,
    #[serde(rename = "NzL")]
    nzl: Option<i64>,
    #[serde(rename = "Nm")]
    nm: Option<i64>,
    mod_width: Option<f64>,
    inh_frac: Option<f64>,
    mod_target: Option<usize>,
    #[serde(default)]
    learn_baseline: bool,
    #[serde(default)]
    learn_wx: bool,
    #[serde(default)]
    learn_ro: bool,
}

fn xy() -> String {
    "xy".into()
}

/// Our parameters for a JSON object of the published code's. Sources are not among them.
///
/// # Errors
/// Text that is not such an object, or a network that the published code does not have.
pub fn parameters(json: &str) -> Result<ValueMap, String> {
    let published: Published = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let model = Model::from_name(&published.model)
        .ok_or_else(|| format!("`{}` is no network of the published code", published.model))?;
    let mut values = ValueMap::new();
    let mut set = |name: &str, value: Value| {
        values.insert(name.to_string(), value);
    };
    set("model", Value::Text(published.model));
    set("number_of_sources", Value::Integer(published.signal_dim));
    set("hidden_units", Value::Integer(published.hidden_dim));
    set("noise", Value::Float(published.mix_noise.unwrap_or(0.001)));
    if model != Model::Direct {
        let input = if published.input_to_net.contains("xy") { xy() } else { published.input_to_net };
        set("modulator_input", Value::Text(input));
    }
    if matches!(model, Model::Modulation | Model::Spatial | Model::Dale) {
        set("tau", Value::Float(published.tau.unwrap_or(1.0)));
    }
    if model == Model::Modulation {
        set("additive", Value::Boolean(published.add.unwrap_or(0.0) != 0.0));
        set("baseline_deviation", Value::Float(published.w0_var.unwrap_or(0.001)));
    }
    if matches!(model, Model::Spatial | Model::Dale) {
        let (units, signals) = if model == Model::Dale { (40, 4) } else { (10, 2) };
        set("population_units", Value::Integer(published.nz.unwrap_or(units)));
        set("feedback_signals", Value::Integer(published.nm.unwrap_or(signals)));
        set("modulation_width", Value::Float(published.mod_width.unwrap_or(1.0)));
        set("learn_baseline", Value::Boolean(published.learn_baseline));
        set("learn_readout", Value::Boolean(published.learn_ro));
    }
    if model == Model::Dale {
        let lower = published.nzl.unwrap_or(40);
        let inhibitory = (published.inh_frac.unwrap_or(1.0) * lower as f64).round_ties_even();
        let target = MODULATION_TARGETS
            .get(published.mod_target.unwrap_or(0))
            .ok_or("`mod_target` must be 0, 1 or 2")?;
        set("lower_population_units", Value::Integer(lower));
        set("inhibitory_units", Value::Integer(inhibitory as i64));
        set("modulation_target", Value::Text((*target).to_string()));
        set("learn_input", Value::Boolean(published.learn_wx));
    }
    Ok(values)
}

/// Key of these parameters in the metadata of safetensors files.
pub const METADATA_PARAMETERS: &str = "params";
