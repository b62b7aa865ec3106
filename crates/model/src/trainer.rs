//! Training: one Adam step a batch, with the state carried over from batch to batch (truncated
//! backpropagation through time). The trainer knows no engine, file or clock.

use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::contexts::NoContext;
use crate::engine::{Engine, EngineError};
use crate::experiment::Experiment;
use crate::metrics::{self, ContextResult};
use crate::network::trace;
use crate::optimiser::{Adam, clip_by_value, norm};
use crate::testing;

/// Why a training ended before its last batch.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss or the gradient is not finite. The weights are those before this batch.
    #[error("diverged: the {what} is not finite at batch {batch}; {}", advice(*.batch))]
    Diverged {
        /// The batch, counted from 1.
        batch: u64,
        /// `loss` or `gradient`.
        what: &'static str,
    },
    /// The requested contexts cannot be drawn.
    #[error(transparent)]
    NoContext(#[from] NoContext),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// In the first batch nothing was learned yet.
fn advice(batch: u64) -> &'static str {
    if batch == 1 { "some parameter is far too large" } else { "try a smaller `learning_rate`" }
}

/// The results of one batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchReport {
    /// Number of the batch, from 1.
    pub batch: u64,
    /// Loss summed over time.
    pub loss: f64,
    /// `regularisation` times the sum of |feedback|.
    pub regulariser: f64,
    /// Euclidean norm of the gradient before clipping.
    pub gradient_norm: f64,
}

/// The settings that turn a gradient into an update, besides Adam's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRule {
    /// Weight of the sum of |feedback|.
    pub regularisation: f64,
    /// Each element of the gradient is limited to plus or minus this.
    pub gradient_clip: f64,
}

/// Everything that changes during training: the content of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Batches done.
    pub batch: u64,
    /// All weights, fixed ones included.
    pub weights: Arrays,
    /// The optimiser.
    pub adam: Adam,
    /// The network's state after the last batch.
    pub state: Arrays,
}

impl Training {
    /// The initial state.
    pub fn new(experiment: &Experiment) -> Training {
        Training {
            batch: 0,
            weights: experiment.initial_weights(),
            adam: Adam::new(experiment.parameters().number("learning_rate")),
            state: experiment.initial_state(),
        }
    }

    /// Trains on the experiment's next batch.
    ///
    /// # Errors
    /// [`TrainError`]; then nothing has changed.
    pub fn step(
        &mut self,
        experiment: &Experiment,
        engine: &mut dyn Engine,
    ) -> Result<BatchReport, TrainError> {
        let parameters = experiment.parameters();
        let batch = experiment.batch(self.batch)?;
        let rule = LearningRule {
            regularisation: parameters.number("regularisation"),
            gradient_clip: parameters.number("gradient_clip"),
        };
        let report = self.learn(engine, &batch, rule)?;
        if !parameters.flag("carry_state") {
            self.state = experiment.initial_state();
        }
        Ok(report)
    }

    /// Trains on a given batch: gradient, clipping, Adam, and the state for the next batch.
    ///
    /// # Errors
    /// [`TrainError`]; then nothing has changed.
    pub fn learn(
        &mut self,
        engine: &mut dyn Engine,
        batch: &Batch,
        rule: LearningRule,
    ) -> Result<BatchReport, TrainError> {
        let mut result = engine.gradient(&self.weights, &self.state, batch, rule.regularisation)?;
        let number = self.batch + 1;
        let gradient_norm = norm(&result.gradients);
        for (what, value) in [("loss", result.loss), ("gradient", gradient_norm)] {
            if !value.is_finite() {
                return Err(TrainError::Diverged { batch: number, what });
            }
        }
        clip_by_value(&mut result.gradients, rule.gradient_clip);
        self.adam.update(&mut self.weights, &result.gradients);
        self.state = result.state;
        self.batch = number;
        Ok(BatchReport {
            batch: number,
            loss: result.loss,
            regulariser: rule.regularisation * result.regulariser,
            gradient_norm,
        })
    }

    /// Tests the network on fresh contexts and returns the result of each.
    ///
    /// # Errors
    /// [`TrainError`].
    pub fn test(
        &self,
        experiment: &Experiment,
        engine: &mut dyn Engine,
    ) -> Result<Vec<ContextResult>, TrainError> {
        let inputs = experiment.test_inputs(0)?;
        let run = testing::run(engine, &self.weights, &inputs, &[trace::STIMULUS, trace::OUTPUT])?;
        Ok(metrics::contexts(&inputs, &run))
    }

    /// Every array under one name, for a checkpoint file. [`Training::from_arrays`] is its inverse.
    pub fn to_arrays(&self) -> Arrays {
        self.parts()
            .into_iter()
            .flat_map(|(prefix, arrays)| {
                arrays.iter().map(move |(name, array)| (format!("{prefix}{name}"), array.clone()))
            })
            .collect()
    }

    fn parts(&self) -> [(&'static str, &Arrays); 4] {
        [
            (WEIGHTS, &self.weights),
            (FIRST_MOMENT, &self.adam.first_moment),
            (SECOND_MOMENT, &self.adam.second_moment),
            (STATE, &self.state),
        ]
    }

    /// Resumes a training from stored arrays.
    ///
    /// # Errors
    /// An array is missing, or does not fit the experiment's network.
    pub fn from_arrays(experiment: &Experiment, batch: u64, arrays: &Arrays) -> Result<Training, String> {
        let part = |prefix: &str| -> Arrays {
            let strip = |(name, array): (&String, &Array)| {
                Some((name.strip_prefix(prefix)?.to_string(), array.clone()))
            };
            arrays.iter().filter_map(strip).collect()
        };
        let network = experiment.network();
        let mut training = Training::new(experiment);
        training.batch = batch;
        training.weights = part(WEIGHTS);
        training.adam.updates = batch;
        training.adam.first_moment = part(FIRST_MOMENT);
        training.adam.second_moment = part(SECOND_MOMENT);
        training.state = part(STATE);
        network.check_weights(&training.weights).map_err(|error| error.to_string())?;
        for moments in [&training.adam.first_moment, &training.adam.second_moment] {
            for entry in network.weights().iter().filter(|entry| entry.learned && batch > 0) {
                if moments.get(entry.name).map(Array::shape) != Some(&entry.shape[..]) {
                    return Err(format!(
                        "the optimiser's memory of `{}` is missing or misshapen",
                        entry.name
                    ));
                }
            }
        }
        for (name, shape) in network.state_shapes(experiment.parameters().count("trials_per_batch")) {
            if training.state.get(name).map(Array::shape) != Some(&shape[..]) {
                return Err(format!("the state `{name}` is missing or misshapen"));
            }
        }
        Ok(training)
    }
}

const WEIGHTS: &str = "weight/";
const FIRST_MOMENT: &str = "adam.first/";
const SECOND_MOMENT: &str = "adam.second/";
const STATE: &str = "state/";
