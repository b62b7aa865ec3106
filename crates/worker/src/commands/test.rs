//! `test`: a saved network on fresh contexts.

use std::io::Write;
use std::path::PathBuf;

use crate::network_figures::Observed;
use clap::Args;
use gainsweep_contract::{Analysis, Parameters, Value, ValueMap, params_file, schema};
use gainsweep_model::Experiment;
use gainsweep_model::testing::Freeze;
use gainsweep_store::CellFolder;

use crate::engine::{self, Compute};
use crate::failure::Failure;
use crate::memory::{self, Purpose};
use crate::results::{self, MEASURED, Results};
use crate::{network_file, parameters, plots};

/// Test a saved network on fresh contexts, or analyse it.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Network to test: a `model.safetensors` of `train`, or one exported from the published code.
    #[arg(long, value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// Sources, as the parameter `sources` [default: those that the network was trained with].
    #[arg(long)]
    pub(crate) sources: Option<String>,
    /// Number of fresh contexts [default: `test_contexts`].
    #[arg(long, value_name = "N")]
    pub(crate) contexts: Option<i64>,
    /// Time steps in a context [default: `test_samples_per_context`].
    #[arg(long, value_name = "N")]
    pub(crate) samples: Option<i64>,
    /// How contexts are drawn, as the parameter `context_type`.
    #[arg(long, value_name = "TYPE")]
    pub(crate) context_type: Option<String>,
    /// Standard deviation of the noise on the stimuli, as the parameter `noise`.
    #[arg(long, value_parser = a_number)]
    pub(crate) noise: Option<f64>,
    /// Seed of contexts and noise [default: the network's].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<i64>,
    /// Analyse the network instead of the plain test, as the parameter `analysis` (see docs/reference/analyses.md).
    #[arg(long, value_name = "NAME", conflicts_with = "freeze",
        value_parser = Analysis::NAMES)]
    pub(crate) analysis: Option<String>,
    /// Any parameter of a test or an analysis, as in a parameters file: `--set repetitions=10`. May be
    /// repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = a_setting)]
    pub(crate) set: Vec<(String, Value)>,
    /// Hold the modulation during the first STEPS samples of every context after the first.
    #[arg(long, value_name = "STEPS")]
    pub(crate) freeze: Option<usize>,
    /// With --freeze: the first context that is frozen, counted from 0.
    #[arg(long, value_name = "CONTEXT", default_value_t = 1, requires = "freeze")]
    pub(crate) freeze_from: usize,
    /// Write metrics.csv and contexts.csv into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw what the network does into this folder, as SVG and PNG: signals around a change of context, effective weights
    /// against the inverse of the mixing, clarity of each stage, modulation. Frozen feedback is shaded.
    #[arg(long, value_name = "DIR", conflicts_with = "analysis")]
    pub(crate) plot: Option<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

/// `name=value`, the value as in TOML; anything else is a text.
fn a_setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    let (name, value) = (name.trim(), value.trim());
    if !schema::OF_A_TEST.contains(&name) {
        return Err(format!("a test may set {}", schema::OF_A_TEST.join(", ")));
    }
    let read = params_file::parse(&format!("{name} = {value}")).ok();
    let read = read.and_then(|mut given| given.remove(name));
    Ok((name.to_string(), read.unwrap_or_else(|| Value::Text(value.into()))))
}

/// A number for a parameter; Rust also parses `nan`.
fn a_number(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| !number.is_nan()).ok_or_else(|| "not a number".to_string())
}

impl Options {
    /// The parameters of the test: those of the network, overridden by these options.
    fn parameters(&self, trained: &ValueMap) -> Result<Parameters, Failure> {
        let mut given = trained.clone();
        let integers = [
            ("test_contexts", self.contexts),
            ("test_samples_per_context", self.samples),
            ("test_seed", self.seed),
        ];
        for (name, value) in integers {
            parameters::set(&mut given, name, value.map(Value::Integer));
        }
        parameters::set(&mut given, "noise", self.noise.map(Value::Float));
        parameters::set(&mut given, "context_type", self.context_type.clone().map(Value::Text));
        if let Some(sources) = &self.sources {
            parameters::set(&mut given, "sources", Some(Value::Text(sources.clone())));
            if sources.contains(' ') {
                given.remove("base_frequency");
            }
        }
        given.extend(self.set.iter().cloned());
        parameters::set(&mut given, "analysis", self.analysis.clone().map(Value::Text));
        if given.contains_key("analysis") {
            let network = parameters::resolve(trained)?.id();
            parameters::set(&mut given, "network", Some(Value::Text(network.to_string())));
        }
        parameters::resolve(&given)
    }
}

/// `test`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (trained, weights) = network_file::read(&options.model)?;
    let parameters = options.parameters(&trained)?;
    memory::check(&parameters, if options.plot.is_some() { Purpose::Plot } else { Purpose::Test })?;
    let experiment = Experiment::new(parameters);
    experiment
        .network()
        .check_weights(&weights)
        .map_err(|error| Failure::Other(format!("{}: {error}", options.model.display())))?;
    let mut engine = engine::choose(&options.compute, experiment.network())?;
    if experiment.parameters().analysis().is_some() && (options.freeze.is_some() || options.plot.is_some()) {
        return Err(Failure::Usage(
            "an `analysis` cannot be used with --freeze or --plot: these belong to the plain test".into(),
        ));
    }
    let results = match (options.freeze, &options.plot) {
        (None, None) => results::measure(engine.as_mut(), &weights, &experiment)?,
        (freeze, plot) => {
            let mut inputs = experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?;
            inputs.freeze = freeze.map(|steps| Freeze { from_context: options.freeze_from, steps });
            let network = experiment.network();
            let record =
                if plot.is_some() { crate::network_figures::record(network) } else { MEASURED.to_vec() };
            let tested = results::test(engine.as_mut(), &weights, &inputs, &record)?;
            if let Some(folder) = plot {
                let observed = Observed { network, weights: &weights, inputs: &inputs, run: &tested.run };
                plots::write(folder, &crate::network_figures::figures(&observed))?;
            }
            Results::Tested(tested)
        }
    };
    if let Some(out) = &options.out {
        fs_err::create_dir_all(out)?;
        results.write(&CellFolder::at(out))?;
    }
    print(options.json, &results)
}

fn print(json: bool, results: &Results) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let metrics = results.metrics();
    if json {
        let object: serde_json::Map<String, serde_json::Value> =
            metrics.iter().map(|(name, value)| (name.clone(), serde_json::json!(value))).collect();
        let mut report = serde_json::json!({ "metrics": object });
        if let Results::Tested(tested) = results {
            let clarity: Vec<f64> = tested.contexts.iter().map(|context| context.clarity).collect();
            report["clarity_of_contexts"] = serde_json::json!(clarity);
        }
        writeln!(out, "{report}")?;
    } else {
        let width = metrics.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(20);
        for (name, value) in metrics {
            if *value != 0.0 && value.abs() < 1e-4 {
                writeln!(out, "{name:width$} {value:.1e}")?;
            } else {
                writeln!(out, "{name:width$} {value:.4}")?;
            }
        }
    }
    Ok(())
}
