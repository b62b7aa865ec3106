//! Testing: one trial through fresh contexts, the state never reset, feedback frozen on request.

use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::engine::{Engine, EngineError, TraceRequest};

/// Feedback held for a while (paper, "Freezing the feedback").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// In this context and all later ones (counted from 0) ...
    pub from_context: usize,
    /// ... during the first so many samples.
    pub steps: usize,
}

/// Inputs of a test of C contexts.
#[derive(Clone, Debug)]
pub struct TestInputs {
    /// Sources `[length, S]`; they run on across contexts, from the start again when they end.
    pub sources: Array,
    /// Contexts `[C, S, S]`.
    pub mixing: Array,
    /// Noise, already scaled `[C * samples, S]`.
    pub noise: Array,
    /// Samples in a context.
    pub samples: usize,
    /// State of the one trial at the start.
    pub state: Arrays,
    /// Feedback held for a while, if at all.
    pub freeze: Option<Freeze>,
}

/// What happened in a test.
#[derive(Clone, Debug)]
pub struct TestRun {
    /// Sources as they were `[C * samples, S]`.
    pub sources: Array,
    /// Recorded traces `[C * samples, ...]`, without a dimension for the one trial.
    pub traces: Arrays,
    /// Samples in a context.
    pub samples: usize,
}

impl TestInputs {
    /// C.
    pub fn contexts(&self) -> usize {
        self.mixing.shape()[0]
    }

    /// The first so many contexts, or all where there are no more.
    #[must_use]
    pub fn first(self, contexts: usize) -> TestInputs {
        let contexts = contexts.min(self.contexts());
        let (mixing, noise) = (self.mixing.rows(0, contexts), self.noise.rows(0, contexts * self.samples));
        TestInputs { mixing, noise, ..self }
    }

    /// The sources over the whole test `[C * samples, S]`.
    pub fn running_sources(&self) -> Array {
        let (length, signals) = (self.sources.shape()[0], self.sources.shape()[1]);
        let steps = self.contexts() * self.samples;
        let data = (0..steps).flat_map(|step| self.sources.row(step % length).to_vec()).collect();
        Array::new(&[steps, signals], data)
    }
}

/// Runs a test and records the traces named in `record`.
///
/// # Errors
/// [`EngineError`].
pub fn run(
    engine: &mut dyn Engine,
    weights: &Arrays,
    inputs: &TestInputs,
    record: &[&str],
) -> Result<TestRun, EngineError> {
    let sources = inputs.running_sources();
    let signals = sources.shape()[1];
    let samples = inputs.samples;
    let mut state = inputs.state.clone();
    let mut recorded: Vec<(Vec<usize>, Vec<f32>)> = vec![(Vec::new(), Vec::new()); record.len()];
    for context in 0..inputs.contexts() {
        let (start, end) = (context * samples, (context + 1) * samples);
        let batch = Batch {
            sources: sources.rows(start, end),
            mixing: inputs.mixing.rows(context, context + 1),
            noise: inputs.noise.rows(start, end).reshape(&[samples, 1, signals]),
        };
        let freeze_steps = match inputs.freeze {
            Some(freeze) if context >= freeze.from_context => freeze.steps.min(samples),
            _ => 0,
        };
        let mut trace = engine.trace(weights, &state, &batch, TraceRequest { record, freeze_steps })?;
        for (name, (shape, data)) in record.iter().zip(&mut recorded) {
            let piece = trace
                .traces
                .remove(*name)
                .ok_or_else(|| EngineError::Arrays(format!("no trace `{name}`")))?;
            *shape = piece.shape()[2..].to_vec();
            data.extend(piece.into_data());
        }
        state = trace.state;
    }
    let steps = inputs.contexts() * samples;
    let traces = record.iter().zip(recorded).map(|(name, (tail, data))| {
        let shape: Vec<usize> = std::iter::once(steps).chain(tail).collect();
        ((*name).to_string(), Array::new(&shape, data))
    });
    Ok(TestRun { sources, traces: traces.collect(), samples })
}
