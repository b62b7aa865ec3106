//! Baseline: a feedforward network that sees a window of the stimuli and returns the sources in it (paper,
//! Figure 1-figure supplement 1d-i). It reads no network: one is trained, then tested in adjacent windows.
//!
//! ```text
//! h1 = [W1 x + b1]+    h2 = [W2 h1 + b2]+    h3 = [W3 h2 + b3]+    s = W4 h3 + b4
//! ```
//!
//! x and s have window * S entries, ordered by time; the hidden layers 32, 16 and 8. Loss: mean square over
//! window, sources and trials. Initial weights and biases as in PyTorch: uniform within 1 / sqrt(inputs).

use nalgebra::{DMatrix, DMatrixView};

use super::findings::{field, mixing};
use super::statistics::{deviation, mean, minimum};
use super::{AnalysisError, Findings};
use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::experiment::Experiment;
use crate::metrics::{self, FINAL_BATCHES};
use crate::optimiser::Adam;
use crate::random::Stream;

/// Units of the hidden layers.
const HIDDEN: [usize; 3] = [32, 16, 8];

/// Trains and tests one; `None` if `stop` returns `true`.
pub(super) fn run(
    experiment: &Experiment,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Findings>, AnalysisError> {
    let parameters = experiment.parameters();
    let window = parameters.count("window");
    let signals = experiment.network().signals;
    let mut network = Perceptron::new(window * signals, parameters.count("seed") as u64);
    let mut adam = Adam::new(parameters.number("learning_rate"));
    let mut losses = Vec::new();
    for index in 0..parameters.count("batches") as u64 {
        if stop() {
            return Ok(None);
        }
        let (stimuli, sources) = columns(&experiment.batch_of(index, window)?);
        let (loss, gradients) = network.gradient(stimuli, &sources);
        if !loss.is_finite() {
            let reason = "the training of the feedforward network diverged: lower `learning_rate`";
            return Err(AnalysisError::Diverged(reason.into()));
        }
        adam.update(&mut network.weights, &gradients);
        losses.push(loss);
    }
    test(experiment, &network, window, losses).map(Some)
}

/// Stimuli and sources of a batch, one column a trial.
fn columns(batch: &Batch) -> (DMatrix<f32>, DMatrix<f32>) {
    let (steps, signals) = (batch.steps(), batch.signals());
    let entries = || (0..steps * signals).map(|entry| (entry / signals, entry % signals));
    let stimulus = |trial: usize| {
        entries().map(move |(step, signal)| {
            let weights = &batch.mixing.row(trial)[signal * signals..(signal + 1) * signals];
            let mixed: f32 =
                weights.iter().zip(batch.sources.row(step)).map(|(weight, source)| weight * source).sum();
            mixed + batch.noise.row(step)[trial * signals + signal]
        })
    };
    let trials = batch.trials();
    let stimuli = DMatrix::from_iterator(steps * signals, trials, (0..trials).flat_map(stimulus));
    let sources = (0..trials).flat_map(|_| batch.sources.data().iter().copied());
    (stimuli, DMatrix::from_iterator(steps * signals, trials, sources))
}

/// The network.
struct Perceptron {
    /// Weights `[outputs, inputs]` and biases `[outputs]` of each layer.
    weights: Arrays,
    sizes: Vec<usize>,
}

fn names(layer: usize) -> (String, String) {
    (format!("layer{layer}.weight"), format!("layer{layer}.bias"))
}

impl Perceptron {
    fn new(ends: usize, seed: u64) -> Perceptron {
        let sizes: Vec<usize> = [ends].into_iter().chain(HIDDEN).chain([ends]).collect();
        let mut weights = Arrays::new();
        for layer in 0..sizes.len() - 1 {
            let (inputs, outputs) = (sizes[layer], sizes[layer + 1]);
            let mut stream = Stream::new(seed, "feedforward/weights", layer as u64);
            let bound = 1.0 / (inputs as f64).sqrt();
            let mut uniform =
                |shape: &[usize]| Array::fill_with(shape, || stream.uniform(-bound, bound) as f32);
            let (weight, bias) = names(layer);
            weights.insert(weight, uniform(&[outputs, inputs]));
            weights.insert(bias, uniform(&[outputs]));
        }
        Perceptron { weights, sizes }
    }

    /// The transposed weights of a layer, `[inputs, outputs]`: row-major arrays are column-major transposes.
    fn transposed(&self, layer: usize) -> DMatrixView<'_, f32> {
        DMatrixView::from_slice(
            self.weights[&names(layer).0].data(),
            self.sizes[layer],
            self.sizes[layer + 1],
        )
    }

    /// The activities of all layers, the inputs first; one column a trial.
    fn forward(&self, inputs: DMatrix<f32>) -> Vec<DMatrix<f32>> {
        let layers = self.sizes.len() - 1;
        let mut activities = vec![inputs];
        for layer in 0..layers {
            let mut activity = self.transposed(layer).transpose() * &activities[layer];
            let bias = self.weights[&names(layer).1].data();
            for mut column in activity.column_iter_mut() {
                for (value, bias) in column.iter_mut().zip(bias) {
                    *value += bias;
                    if layer + 1 < layers {
                        *value = value.max(0.0);
                    }
                }
            }
            activities.push(activity);
        }
        activities
    }

    /// Mean square error and its gradient.
    fn gradient(&self, inputs: DMatrix<f32>, targets: &DMatrix<f32>) -> (f64, Arrays) {
        let activities = self.forward(inputs);
        let layers = self.sizes.len() - 1;
        let mut error = &activities[layers] - targets;
        let count = error.len() as f64;
        let loss = error.iter().map(|error| f64::from(*error).powi(2)).sum::<f64>() / count;
        error *= 2.0 / count as f32;
        let mut gradients = Arrays::new();
        for layer in (0..layers).rev() {
            let (weight, bias) = names(layer);
            let (inputs, outputs) = (self.sizes[layer], self.sizes[layer + 1]);
            let transposed = &activities[layer] * error.transpose();
            gradients.insert(weight, Array::new(&[outputs, inputs], transposed.as_slice().to_vec()));
            let sums = error.column_sum().iter().copied().collect();
            gradients.insert(bias, Array::new(&[outputs], sums));
            if layer > 0 {
                let mut back = self.transposed(layer) * &error;
                // Rectified units have no gradient.
                back.zip_apply(&activities[layer], |back, activity| {
                    if activity <= 0.0 {
                        *back = 0.0;
                    }
                });
                error = back;
            }
        }
        (loss, gradients)
    }
}

/// Clarity in fresh contexts, as for the modulated networks. Samples at the end that do not fill a window are
/// left out.
fn test(
    experiment: &Experiment,
    network: &Perceptron,
    window: usize,
    losses: Vec<f64>,
) -> Result<Findings, AnalysisError> {
    let inputs = experiment.test_inputs(0)?;
    let all_sources = inputs.running_sources();
    let signals = all_sources.row_len();
    let windows = inputs.samples / window;
    let used = windows * window;
    let mut found = Findings::default();
    for context in 0..inputs.contexts() {
        let start = context * inputs.samples;
        let sources = all_sources.rows(start, start + used);
        let stimuli = super::static_readout::mixed(
            &sources,
            inputs.mixing.row(context),
            &inputs.noise.rows(start, start + used),
        );
        let columns = DMatrix::from_column_slice(window * signals, windows, stimuli.data());
        let outputs = network.forward(columns).pop().unwrap_or_default();
        let outputs = Array::new(&[used, signals], outputs.as_slice().to_vec());
        let mut row = vec![
            field("context", context + 1),
            field("clarity", metrics::clarity(&sources, &outputs, 0, used)),
            field("clarity_stimulus", metrics::clarity(&sources, &stimuli, 0, used)),
            field("error", metrics::error(&sources, &outputs, 0, used)),
        ];
        row.extend(mixing(inputs.mixing.row(context)));
        found.rows.push(row);
    }
    let clarity = found.column("clarity");
    for (name, value) in [
        ("clarity", mean(&clarity)),
        ("clarity_sd", deviation(&clarity)),
        ("clarity_min", minimum(&clarity)),
        ("clarity_stimulus", mean(&found.column("clarity_stimulus"))),
        ("error", mean(&found.column("error"))),
        ("loss_final", mean(&losses[losses.len().saturating_sub(FINAL_BATCHES)..])),
        ("batches", losses.len() as f64),
    ] {
        found.metric(name, value);
    }
    found.losses = losses;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gainsweep_contract::{Parameters, Value, ValueMap};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut network = Perceptron::new(6, 1);
        let some = |seed: u64| {
            let mut stream = Stream::new(seed, "test", 0);
            DMatrix::from_fn(6, 5, |_, _| stream.normal(0.0, 1.0) as f32)
        };
        let (inputs, targets) = (some(1), some(2));
        let (_, gradients) = network.gradient(inputs.clone(), &targets);
        // A small step, so that hardly any unit crosses the kink of its rectification.
        let (mut checked, step) = (0, 1e-3);
        for (name, gradient) in &gradients {
            for index in (0..gradient.data().len()).step_by(7) {
                let mut loss_at = |change: f32| {
                    let before = network.weights[name].data()[index];
                    network.weights.get_mut(name).expect(name).data_mut()[index] = before + change;
                    let loss = network.gradient(inputs.clone(), &targets).0;
                    network.weights.get_mut(name).expect(name).data_mut()[index] = before;
                    loss
                };
                let slope = (loss_at(step) - loss_at(-step)) / f64::from(2.0 * step);
                let found = f64::from(gradient.data()[index]);
                assert!(
                    (slope - found).abs() < 2e-3 * slope.abs().max(0.1),
                    "{name} {index}: {slope} {found}"
                );
                checked += 1;
            }
        }
        assert!(checked > 50);
    }

    /// In a single context, a window of one sample is enough.
    #[test]
    fn one_context_is_learned_from_single_samples() {
        let given = [
            ("analysis", Value::Text("feedforward".into())),
            ("context_type", Value::Text("constant".into())),
            ("window", Value::Integer(2)),
            ("batches", Value::Integer(1500)),
            ("test_contexts", Value::Integer(2)),
        ];
        let given: ValueMap = given.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let experiment = Experiment::new(Parameters::resolve(&given).expect("right"));
        let found = run(&experiment, &|| false).expect("trained").expect("not stopped");
        assert!(metrics::of(&found.metrics, "clarity") > 0.8, "{:?}", found.metrics);
        assert_eq!(found.losses.len(), 1500);
        assert!(run(&experiment, &|| true).expect("no error").is_none());
    }
}
