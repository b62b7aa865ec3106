//! Our parameters for those of the published code (`feedback_modulation_Naumann22`), which are in the
//! metadata of its exported networks and of the reference cases.

use gainsweep_contract::schema::{self, Model};
use gainsweep_contract::{Value, ValueMap};
use serde::Deserialize;

use super::listed;

/// The published code's parameters. Omitted ones have the defaults of the network's class there.
#[derive(Deserialize)]
pub(super) struct Published {
    model: String,
    signal_dim: i64,
    hidden_dim: i64,
    #[serde(default = "xy")]
    input_to_net: String,
    mix_noise: Option<f64>,
    pub(super) tau: Option<f64>,
    pub(super) add: Option<f64>,
    pub(super) w0_var: Option<f64>,
    #[serde(rename = "Nz")]
    pub(super) nz: Option<i64>,
    #[serde(rename = "NzL")]
    pub(super) nzl: Option<i64>,
    #[serde(rename = "Nm")]
    pub(super) nm: Option<i64>,
    pub(super) mod_width: Option<f64>,
    pub(super) inh_frac: Option<f64>,
    pub(super) mod_target: Option<usize>,
    #[serde(default)]
    pub(super) learn_baseline: bool,
    #[serde(default)]
    pub(super) learn_wx: bool,
    #[serde(default)]
    pub(super) learn_ro: bool,
}

fn xy() -> String {
    "xy".into()
}

impl Published {
    /// The timescale.
    pub(super) fn tau(&self) -> (&'static str, Value) {
        ("tau", Value::Float(self.tau.unwrap_or(1.0)))
    }
}

/// Our parameters for a JSON object of the published code's, without the sources.
///
/// # Errors
/// Text that is not such an object, or a network that the published code does not have.
pub fn parameters(json: &str) -> Result<ValueMap, String> {
    let published: Published = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let model = Model::from_name(&published.model)
        .ok_or_else(|| format!("`{}` is not a network of the published code", published.model))?;
    let mut values = vec![
        ("model", Value::Text(published.model.clone())),
        ("number_of_sources", Value::Integer(published.signal_dim)),
        ("hidden_units", Value::Integer(published.hidden_dim)),
        ("noise", Value::Float(published.mix_noise.unwrap_or(0.001))),
    ];
    if schema::find("modulator_input").is_some_and(|parameter| parameter.models.contains(&model)) {
        let input = published.input_to_net.as_str();
        let input = if input.contains("xy") { "xy" } else { input };
        values.push(("modulator_input", Value::Text(input.into())));
    }
    values.extend((listed(model).from_published)(&published)?);
    Ok(values.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
}

/// Key of these parameters in the metadata of safetensors files.
pub const METADATA_PARAMETERS: &str = "params";
