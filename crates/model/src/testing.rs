//! Testing: one trial through fresh contexts, the state never reset, feedback frozen on request.

use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::engine::{Engine, EngineError, TraceRequest};

/// Feedback that is held for a while (paper, "Freezing the feedback").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// In this context and all later ones (counted from 0) ...
    pub from_context: usize,
    /// ... during this many first samples.
    pub steps: usize,
}

/// Inputs of a test of C contexts.
#[derive(Clone, Debug)]
pub struct TestInputs {
    /// Sources `[length, S]`; they continue across contexts, and repeat when they end.
    pub sources: Array,
    /// Contexts `[C, S, S]`.
    pub mixing: Array,
    /// Noise, already scaled `[C * samples, S]`.
    pub noise: Array,
    /// Samples in a context.
    pub samples: usize,
    /// State of the one trial at the start.
    pub state: Arrays,
    /// Feedback that is held for a while, if any.
    pub freeze: Option<Freeze>,
}

/// The results of a test.
#[derive(Clone, Debug)]
pub struct TestRun {
    /// The sources of the test `[C * samples, S]`.
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

    /// The first contexts, at most this many.
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
    run_with(engine, &|_| weights, inputs, record)
}

/// The same with separate weights for each context.
///
/// # Errors
/// [`EngineError`].
pub fn run_with<'w>(
    engine: &mut dyn Engine,
    weights: &dyn Fn(usize) -> &'w Arrays,
    inputs: &TestInputs,
    record: &[&str],
) -> Result<TestRun, EngineError> {
    let mut recorded: Vec<(Vec<usize>, Vec<f32>)> = vec![(Vec::new(), Vec::new()); record.len()];
    each_context(engine, weights, inputs, record, |_, traces| {
        for (piece, (shape, data)) in traces.into_iter().zip(&mut recorded) {
            *shape = piece.shape()[1..].to_vec();
            data.extend(piece.into_data());
        }
    })?;
    let steps = inputs.contexts() * inputs.samples;
    let traces = record.iter().zip(recorded).map(|(name, (tail, data))| {
        let shape: Vec<usize> = std::iter::once(steps).chain(tail).collect();
        ((*name).to_string(), Array::new(&shape, data))
    });
    let traces = traces.collect();
    Ok(TestRun { sources: inputs.running_sources(), traces, samples: inputs.samples })
}

/// Runs a test and passes on the traces of one context after the other, `[samples, ...]`, in the order of
/// `record`: for tests that are too long to keep.
///
/// # Errors
/// [`EngineError`].
pub fn each_context<'w>(
    engine: &mut dyn Engine,
    weights: &dyn Fn(usize) -> &'w Arrays,
    inputs: &TestInputs,
    record: &[&str],
    mut take: impl FnMut(usize, Vec<Array>),
) -> Result<(), EngineError> {
    let sources = inputs.running_sources();
    let signals = sources.shape()[1];
    let samples = inputs.samples;
    let mut state = inputs.state.clone();
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
        let request = TraceRequest { record, freeze_steps };
        let mut trace = engine.trace(weights(context), &state, &batch, request)?;
        let mut pieces = Vec::with_capacity(record.len());
        for name in record {
            let piece = trace.traces.remove(*name);
            let piece = piece.ok_or_else(|| EngineError::Arrays(format!("no trace `{name}`")))?;
            // Without the dimension of the one trial.
            let shape: Vec<usize> = std::iter::once(samples).chain(piece.shape()[2..].to_vec()).collect();
            pieces.push(piece.reshape(&shape));
        }
        take(context, pieces);
        state = trace.state;
    }
    Ok(())
}
