//! One network's engine: checks its inputs, distributes chunks of trials over threads, and adds up their
//! results.

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::chunk::Chunk;
use super::circuit::Circuit;
use super::pass::{ChunkGradient, ChunkTrace, GradientTask, PackedNetwork, TraceTask, Workspace};
use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::engine::{Engine, EngineError, Gradient, Trace, TraceRequest};
use crate::kernels::Level;
use crate::network::Network;

/// Name in records and errors.
const NAME: &str = "fused";

/// Steps of a trace that are computed at once: a test may be long, and its tape is not needed afterwards.
const SEGMENT: usize = 256;

/// An engine for networks of one kind.
pub(crate) struct FusedEngine<C: Circuit> {
    options: C::Options,
    network: Network,
    level: Level,
    threads: usize,
    /// One for each thread, created when needed.
    workspaces: Vec<Workspace<C>>,
}

impl<C: Circuit> FusedEngine<C> {
    pub(crate) fn new(options: C::Options, network: Network, threads: usize, level: Level) -> FusedEngine<C> {
        FusedEngine { options, network, level, threads: threads.max(1), workspaces: Vec::new() }
    }

    fn check(&self, weights: &Arrays, state: &Arrays, batch: &Batch) -> Result<(), EngineError> {
        self.network.check_weights(weights).map_err(|error| EngineError::Arrays(error.to_string()))?;
        for (name, shape) in self.network.state_shapes(batch.trials()) {
            if state.get(name).is_none_or(|array| array.shape() != shape) {
                return Err(EngineError::Arrays(format!("state `{name}` must have shape {shape:?}")));
            }
        }
        if !batch.is_consistent() || batch.signals() != self.network.signals {
            return Err(EngineError::Arrays("sources, mixing and noise of the batch".into()));
        }
        Ok(())
    }

    /// Computes something for each chunk; the results are in the order of the chunks. It does not matter to
    /// any bit which thread computes which chunk.
    fn for_each_chunk<R: Send>(
        &mut self,
        trials: usize,
        compute: impl Fn(&mut Workspace<C>, Chunk) -> R + Sync,
    ) -> Vec<R> {
        let chunks = Chunk::all(trials);
        let threads = self.threads.min(chunks.len()).max(1);
        while self.workspaces.len() < threads {
            self.workspaces.push(Workspace::new(&self.options, &self.network));
        }
        let share = |thread: usize, workspace: &mut Workspace<C>| -> Vec<R> {
            chunks.iter().skip(thread).step_by(threads).map(|chunk| compute(workspace, *chunk)).collect()
        };
        let (own, others) = self.workspaces.split_first_mut().expect("at least one");
        let waiting = Mutex::new(others[..threads - 1].iter_mut().enumerate());
        let take_one = || {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            next.map(|(index, workspace)| (index + 1, share(index + 1, workspace)))
        };
        // Starting a thread takes about ten microseconds, a chunk of a batch about ten milliseconds.
        let mut shares = thread::scope(|scope| {
            // If the system refuses a thread (`ulimit -u`), its share is for the others.
            let start = |_| thread::Builder::new().spawn_scoped(scope, take_one).ok();
            let helpers: Vec<_> = (1..threads).map_while(start).collect();
            let mut shares = vec![(0, share(0, own))];
            shares.extend(std::iter::from_fn(take_one));
            for helper in helpers {
                match helper.join() {
                    Ok(share) => shares.extend(share),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            shares
        });
        shares.sort_by_key(|(thread, _)| *thread);
        let mut shares: Vec<_> = shares.into_iter().map(|(_, share)| share.into_iter()).collect();
        (0..chunks.len()).filter_map(|index| shares[index % threads].next()).collect()
    }

    /// Joins the rows of all chunks to the next state.
    fn join_state<'a>(&self, trials: usize, chunks: impl Iterator<Item = &'a Vec<Vec<f32>>>) -> Arrays {
        let shapes = self.network.state_shapes(trials);
        let mut data = vec![Vec::new(); shapes.len()];
        for rows in chunks {
            data.iter_mut().zip(rows).for_each(|(data, rows)| data.extend_from_slice(rows));
        }
        shapes
            .into_iter()
            .zip(data)
            .map(|((name, shape), data)| (name.into(), Array::new(&shape, data)))
            .collect()
    }
}

impl<C: Circuit> Engine for FusedEngine<C> {
    fn describe(&self) -> String {
        format!("{NAME} {} ({})", env!("CARGO_PKG_VERSION"), self.level.name())
    }

    fn gradient(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        regularisation: f64,
    ) -> Result<Gradient, EngineError> {
        self.check(weights, state, batch)?;
        let level = self.level;
        let packed = &PackedNetwork::<C>::new(&self.options, &self.network, weights, level);
        let trials = batch.trials();
        let chunks: Vec<ChunkGradient> = self.for_each_chunk(trials, |workspace, chunk| {
            level.run(GradientTask { packed, workspace, state, batch, regularisation, chunk })
        });
        let state = self.join_state(trials, chunks.iter().map(|chunk| &chunk.state));
        let (mut loss, mut regulariser, mut gradients) = (0.0, 0.0, Arrays::new());
        for chunk in chunks {
            loss += chunk.loss;
            regulariser += chunk.regulariser;
            for (name, gradient) in chunk.gradients {
                if let Some(sum) = gradients.get_mut(name) {
                    let sum: &mut Array = sum;
                    sum.data_mut().iter_mut().zip(gradient.data()).for_each(|(sum, part)| *sum += part);
                } else {
                    gradients.insert(name.to_string(), gradient);
                }
            }
        }
        Ok(Gradient { loss: loss / (trials * batch.signals()) as f64, regulariser, gradients, state })
    }

    fn trace(
        &mut self,
        weights: &Arrays,
        state: &Arrays,
        batch: &Batch,
        request: TraceRequest<'_>,
    ) -> Result<Trace, EngineError> {
        self.check(weights, state, batch)?;
        let TraceRequest { record, freeze_steps } = request;
        if let Some(name) = record.iter().find(|name| !self.network.traces().contains(name)) {
            return Err(EngineError::Arrays(format!("this network has no trace `{name}`")));
        }
        let level = self.level;
        let packed = &PackedNetwork::<C>::new(&self.options, &self.network, weights, level);
        let (steps, trials) = (batch.steps(), batch.trials());
        let mut state = state.clone();
        let mut traces: Vec<Vec<f32>> = vec![Vec::new(); record.len()];
        for start in (0..steps).step_by(SEGMENT) {
            let steps = start..steps.min(start + SEGMENT);
            let before = &state;
            let chunks: Vec<ChunkTrace> = self.for_each_chunk(trials, |workspace, chunk| {
                let (steps, freeze_steps) = (steps.clone(), freeze_steps.saturating_sub(start));
                level.run(TraceTask {
                    packed,
                    workspace,
                    state: before,
                    batch,
                    steps,
                    record,
                    freeze_steps,
                    chunk,
                })
            });
            for (index, trace) in traces.iter_mut().enumerate() {
                // A step has the rows of all chunks, one after the other.
                for step in 0..steps.len() {
                    for chunk in &chunks {
                        let rows = &chunk.traces[index];
                        let length = rows.len() / steps.len();
                        trace.extend_from_slice(&rows[step * length..][..length]);
                    }
                }
            }
            state = self.join_state(trials, chunks.iter().map(|chunk| &chunk.state));
        }
        let traces = record.iter().zip(traces).map(|(name, data)| {
            let mut shape = vec![steps, trials];
            shape.extend(self.network.trace_shape(name));
            ((*name).to_string(), Array::new(&shape, data))
        });
        Ok(Trace { traces: traces.collect(), state })
    }
}
