//! `bench`: seconds per training batch.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use gainsweep_contract::schema::Model;
use gainsweep_contract::{Parameters, Value, ValueMap};
use gainsweep_model::trainer::Training;
use gainsweep_model::{Experiment, Network};

use crate::engine::{self, Compute};
use crate::failure::Failure;
use crate::{memory, parameters};

/// Time training batches.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// TOML file with parameters, as for `train`.
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    pub(crate) params: Option<PathBuf>,
    /// Network to time, with its default parameters.
    #[arg(long, default_value = "modulation", value_parser = Model::NAMES)]
    pub(crate) model: String,
    /// Batches to time, after one warm-up batch.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batches: u32,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) compute: Compute,
}

/// `bench`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let parameters = if let Some(path) = &options.params {
        parameters::read(path)?
    } else {
        let given = ValueMap::from([("model".to_string(), Value::Text(options.model.clone()))]);
        Parameters::resolve(&given).map_err(|_| Failure::Usage("no such model".into()))?
    };
    if parameters.trained_network().is_some() || parameters.analysis().is_some() {
        return Err(Failure::Usage(
            "an analysis trains no network of the paper: there are no batches to time".into(),
        ));
    }
    memory::check(&parameters, memory::Purpose::Train)?;
    let model = parameters.text("model").to_string();
    let gflop = gflop_per_batch(&parameters);
    let experiment = Experiment::new(parameters);
    let mut engine = engine::choose(&options.compute, experiment.network())?;
    let mut training = Training::new(&experiment);
    training.step(&experiment, engine.as_mut())?;
    let mut seconds = Vec::new();
    for _ in 0..options.batches {
        let start = Instant::now();
        training.step(&experiment, engine.as_mut())?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let median = median(&seconds);
    let mut out = std::io::stdout().lock();
    if options.json {
        let report = serde_json::json!({
            "model": model,
            "engine": engine.describe(),
            "device": options.compute.device,
            "threads": options.compute.threads,
            "batches": options.batches,
            "seconds_per_batch": median,
            "seconds_per_batch_min": seconds[0],
            "seconds_per_batch_max": seconds[seconds.len() - 1],
            "gflop_per_batch": gflop,
            "gflop_per_second": gflop / median,
            "peak_bytes": memory::peak_bytes(),
        });
        writeln!(out, "{report}")?;
    } else {
        writeln!(
            out,
            "{} on {} ({} threads): {median:.4} s a batch, median of {} ({:.4} to {:.4}); {gflop:.2} GFLOP a batch",
            model,
            engine.describe(),
            options.compute.threads,
            seconds.len(),
            seconds[0],
            seconds[seconds.len() - 1],
        )?;
    }
    Ok(())
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

/// Arithmetic of the matrix products of one batch, forward and backward, in units of 10^9. Each weight matrix
/// that is used once a step costs 2 operations per entry and trial forward, 2 for the gradient of its input,
/// and 2 for its own gradient.
fn gflop_per_batch(parameters: &Parameters) -> f64 {
    let network = Network::from_parameters(parameters);
    let entries: usize = network
        .weights()
        .iter()
        .filter(|entry| entry.shape.len() == 2)
        .map(|entry| entry.shape.iter().product::<usize>())
        .sum();
    let steps = parameters.count("samples_per_context") * parameters.count("trials_per_batch");
    6.0 * entries as f64 * steps as f64 * 1e-9
}
