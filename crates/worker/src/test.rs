//! `test`: a saved network on fresh contexts.

use std::io::Write;
use std::path::Path;

use gainsweep_contract::{Parameters, Problem, Value, ValueMap, params_file};
use gainsweep_model::metrics::{self, ContextResult};
use gainsweep_model::testing::{self, Freeze, TestInputs, TestRun};
use gainsweep_model::{Array, Arrays, Engine, Experiment, network, published};
use gainsweep_store::CellFolder;

use crate::analysis::{self, Results};
use crate::failure::Failure;
use crate::memory::{self, Purpose};
use crate::network_figures::{self, Observed};
use crate::tensors::TensorsError;
use crate::train::MODEL_PARAMETERS;
use crate::{arguments, engine, parameters, plots, tensors};

/// `test`.
pub(crate) fn run(arguments: &arguments::Test) -> Result<(), Failure> {
    let (mut given, weights) = read(&arguments.model)?;
    let trained = given.clone();
    let integers = [
        ("test_contexts", arguments.contexts),
        ("test_samples_per_context", arguments.samples),
        ("test_seed", arguments.seed),
    ];
    for (name, value) in integers {
        set(&mut given, name, value.map(Value::Integer));
    }
    set(&mut given, "noise", arguments.noise.map(Value::Float));
    set(&mut given, "context_type", arguments.context_type.clone().map(Value::Text));
    if let Some(sources) = &arguments.sources {
        set(&mut given, "sources", Some(Value::Text(sources.clone())));
        if sources.contains(' ') {
            given.remove("base_frequency");
        }
    }
    for (name, value) in &arguments.set {
        set(&mut given, name, Some(value.clone()));
    }
    if let Some(analysis) = &arguments.analysis {
        set(&mut given, "analysis", Some(Value::Text(analysis.clone())));
    }
    if given.contains_key("analysis") {
        let network = resolve(&trained)?.id();
        set(&mut given, "network", Some(Value::Text(network.to_string())));
    }
    let parameters = resolve(&given)?;
    memory::check(&parameters, if arguments.plot.is_some() { Purpose::Plot } else { Purpose::Test })?;
    let experiment = Experiment::new(parameters);
    experiment
        .network()
        .check_weights(&weights)
        .map_err(|error| Failure::Other(format!("{}: {error}", arguments.model.display())))?;
    let mut engine = engine::choose(&arguments.compute, *experiment.network())?;
    if experiment.parameters().analysis().is_some()
        && (arguments.freeze.is_some() || arguments.plot.is_some())
    {
        return Err(Failure::Usage(
            "an `analysis` cannot be used with --freeze or --plot: these belong to the plain test".into(),
        ));
    }
    let results = match (arguments.freeze, &arguments.plot) {
        (None, None) => analysis::measure(engine.as_mut(), &weights, &experiment)?,
        (freeze, plot) => {
            let mut inputs = experiment.test_inputs(0).map_err(|error| Failure::Usage(error.to_string()))?;
            inputs.freeze = freeze.map(|steps| Freeze { from_context: arguments.freeze_from, steps });
            let network = experiment.network();
            let record = if plot.is_some() { network_figures::record(network) } else { MEASURED.to_vec() };
            let tested = measure(engine.as_mut(), &weights, &inputs, &record)?;
            if let Some(folder) = plot {
                let observed = Observed { network, weights: &weights, inputs: &inputs, run: &tested.run };
                plots::write(folder, &network_figures::figures(&observed))?;
            }
            Results::Tested(tested)
        }
    };
    if let Some(out) = &arguments.out {
        fs_err::create_dir_all(out)?;
        results.write(&CellFolder::at(out))?;
    }
    print(arguments.json, &results)
}

/// What a test measures.
pub(crate) struct Tested {
    /// By name, without those of a training.
    pub(crate) metrics: Vec<(String, f64)>,
    pub(crate) contexts: Vec<ContextResult>,
    /// What was recorded.
    pub(crate) run: TestRun,
}

/// The traces that are measured.
pub(crate) const MEASURED: [&str; 2] = [network::trace::STIMULUS, network::trace::OUTPUT];

/// Runs a test and measures it; `record` holds [`MEASURED`].
pub(crate) fn measure(
    engine: &mut dyn Engine,
    weights: &Arrays,
    inputs: &TestInputs,
    record: &[&str],
) -> Result<Tested, Failure> {
    let run = testing::run(engine, weights, inputs, record)?;
    let contexts = metrics::contexts(inputs, &run);
    // A test knows nothing of the training.
    let about_training = |name: &str| name.starts_with("loss") || name == "batches";
    let metrics =
        metrics::summary(&[], &contexts).into_iter().filter(|(name, _)| !about_training(name)).collect();
    Ok(Tested { metrics, contexts, run })
}

pub(crate) fn set(given: &mut ValueMap, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        given.insert(name.to_string(), value);
    }
}

/// Resolves parameters that no file shows.
pub(crate) fn resolve(given: &ValueMap) -> Result<Parameters, Failure> {
    parameters::resolve(given).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
        Failure::Usage(problems.join("\nerror: "))
    })
}

/// Parameters and weights of a network file.
pub(crate) fn load(path: &Path) -> Result<(Parameters, Arrays), Failure> {
    let (given, weights) = read(path)?;
    Ok((resolve(&given)?, weights))
}

/// The same with the parameters as the file gives them: our own, or one exported from the published code.
pub(crate) fn read(path: &Path) -> Result<(ValueMap, Arrays), Failure> {
    let file = tensors::read(path).map_err(|error| Failure::Other(error.to_string()))?;
    let unusable = |reason: String| Failure::Other(format!("{}: {reason}", path.display()));
    let weights_are_finite = file.arrays.values().all(Array::is_finite);
    if file.is_intact() == Some(false) || !weights_are_finite {
        let reason =
            if weights_are_finite { tensors::NOT_INTACT } else { "some weights are no finite numbers" };
        return Err(Failure::Other(TensorsError::damaged(path, reason).to_string()));
    }
    let given = if let Some(text) = file.metadata.get(MODEL_PARAMETERS) {
        params_file::parse(text).map_err(|error| unusable(error.to_string()))?
    } else if let Some(json) = file.metadata.get(published::METADATA_PARAMETERS) {
        let mut given = published::parameters(json).map_err(unusable)?;
        if let Some(sources) = file.metadata.get("sources") {
            given.insert("sources".into(), Value::Text(sources.clone()));
        }
        given
    } else {
        return Err(unusable("its metadata say nothing of the network's parameters".into()));
    };
    Ok((given, file.arrays))
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
