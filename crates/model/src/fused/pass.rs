//! The loop over time, forward and backward, of one chunk of trials.

use std::ops::Range;

use super::chunk::Chunk;
use super::circuit::Circuit;
use super::loss::Loss;
use super::lstm::{self, Lstm};
use super::tape::{BEFORE, History, Tape, hidden};
use crate::array::{Array, Arrays};
use crate::batch::Batch;
use crate::kernels::{Lanes, Level, Task, Vector};
use crate::network::{Network, state, trace};

/// A network with its weights, packed.
pub(crate) struct PackedNetwork<C: Circuit> {
    network: Network,
    lstm: Lstm,
    circuit: C,
}

impl<C: Circuit> PackedNetwork<C> {
    /// Packs weights that are already checked.
    pub(crate) fn new(
        options: &C::Options,
        network: &Network,
        weights: &Arrays,
        level: Level,
    ) -> PackedNetwork<C> {
        PackedNetwork {
            network: network.clone(),
            lstm: Lstm::new(network, weights, level),
            circuit: C::new(options, network, weights, level),
        }
    }
}

/// Memory of one chunk of trials while it is computed; reused for the next one.
pub(crate) struct Workspace<C: Circuit> {
    tape: Tape,
    lstm: lstm::Work,
    circuit: C::Work,
    outputs: Vec<Lanes>,
}

impl<C: Circuit> Workspace<C> {
    pub(crate) fn new(options: &C::Options, network: &Network) -> Workspace<C> {
        let shapes = network.state_shapes(1);
        let modulation: Vec<usize> = shapes.iter().skip(2).map(|(_, shape)| shape.iter().product()).collect();
        let outputs = network.outputs();
        let populations = network.architecture.populations().into_iter().map(|population| population.units);
        let activities: Vec<usize> = populations.chain(C::kept(options)).collect();
        Workspace {
            tape: Tape::new(network.hidden_units, network.signals, outputs, &modulation, &activities),
            lstm: lstm::Work::new(network),
            circuit: C::work(options, network),
            outputs: vec![Lanes::ZERO; network.signals],
        }
    }
}

/// The contribution of one chunk to a gradient.
pub(crate) struct ChunkGradient {
    /// Sums over the chunk's trials.
    pub(crate) loss: f64,
    pub(crate) regulariser: f64,
    pub(crate) gradients: Vec<(&'static str, Array)>,
    /// For each of `Network::state_shapes`, the rows of the chunk's trials.
    pub(crate) state: Vec<Vec<f32>>,
}

/// The contribution of one chunk to traces.
pub(crate) struct ChunkTrace {
    /// `[steps, trials of the chunk, ...]` for each requested name.
    pub(crate) traces: Vec<Vec<f32>>,
    /// As for [`ChunkGradient`].
    pub(crate) state: Vec<Vec<f32>>,
}

/// Loss, gradient and next state of one chunk.
pub(crate) struct GradientTask<'a, C: Circuit> {
    pub(crate) packed: &'a PackedNetwork<C>,
    pub(crate) workspace: &'a mut Workspace<C>,
    pub(crate) state: &'a Arrays,
    pub(crate) batch: &'a Batch,
    pub(crate) regularisation: f64,
    pub(crate) chunk: Chunk,
}

impl<C: Circuit> Task for GradientTask<'_, C> {
    type Output = ChunkGradient;

    #[inline(always)]
    fn run<V: Vector>(self) -> ChunkGradient {
        let GradientTask { packed, workspace, state, batch, regularisation, chunk } = self;
        let network = &packed.network;
        chunk.load(network, state, batch, 0..batch.steps(), &mut workspace.tape);
        let (sources, trials) = (batch.sources.data(), batch.trials());
        let loss = Loss::new(sources, network.signals, chunk.len(), trials, regularisation);
        V::enter(Forward { packed, workspace: &mut *workspace, freeze_steps: 0 });
        let state = final_state(packed, workspace, chunk);
        V::enter(Backward { packed, workspace: &mut *workspace, loss: &loss });
        let mut gradients = packed.lstm.gradients::<V>(&mut workspace.lstm);
        gradients.extend(packed.circuit.gradients::<V>(&mut workspace.circuit));
        let (sum, regulariser) = loss.sums(&workspace.tape);
        ChunkGradient { loss: sum, regulariser, gradients, state }
    }
}

/// Traces and next state of some steps of one chunk.
pub(crate) struct TraceTask<'a, C: Circuit> {
    pub(crate) packed: &'a PackedNetwork<C>,
    pub(crate) workspace: &'a mut Workspace<C>,
    pub(crate) state: &'a Arrays,
    pub(crate) batch: &'a Batch,
    pub(crate) steps: Range<usize>,
    pub(crate) record: &'a [&'a str],
    /// This many of `steps`, from the first, are frozen.
    pub(crate) freeze_steps: usize,
    pub(crate) chunk: Chunk,
}

impl<C: Circuit> Task for TraceTask<'_, C> {
    type Output = ChunkTrace;

    #[inline(always)]
    fn run<V: Vector>(self) -> ChunkTrace {
        let TraceTask { packed, workspace, state, batch, steps, record, freeze_steps, chunk } = self;
        chunk.load(&packed.network, state, batch, steps, &mut workspace.tape);
        V::enter(Forward { packed, workspace: &mut *workspace, freeze_steps });
        let traces =
            record.iter().map(|name| recorded(name, &packed.network, &workspace.tape, chunk)).collect();
        ChunkTrace { traces, state: final_state(packed, workspace, chunk) }
    }
}

/// Runs all steps of a tape that has state and stimuli.
struct Forward<'a, C: Circuit> {
    packed: &'a PackedNetwork<C>,
    workspace: &'a mut Workspace<C>,
    freeze_steps: usize,
}

impl<C: Circuit> Task for Forward<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Forward { packed: PackedNetwork { lstm, circuit, .. }, workspace, freeze_steps } = self;
        let Workspace { tape, lstm: lstm_work, circuit: work, .. } = workspace;
        lstm.begin(lstm_work, tape);
        for step in 0..tape.steps {
            circuit.output::<V>(work, tape, step);
            lstm.step::<V>(lstm_work, tape, step);
            circuit.modulate::<V>(work, tape, step);
            if step < freeze_steps {
                // The modulation that acts on the signals keeps its value; the state behind it continues.
                if let Some(acting) = tape.modulation.last_mut() {
                    let (before, after) = acting.pair(step);
                    after.copy_from_slice(before);
                }
            }
        }
    }
}

/// Runs all steps of the tape, from the last to the first.
///
/// Round t has the gradients of the gates of step t and of the feedback of step t - 1: the readout of the
/// LSTM and its recurrent weights read the same h(t-1), so they form one matrix. One extra round is for the
/// feedback of the last step, which is in the regulariser.
struct Backward<'a, C: Circuit> {
    packed: &'a PackedNetwork<C>,
    workspace: &'a mut Workspace<C>,
    loss: &'a Loss<'a>,
}

impl<C: Circuit> Task for Backward<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Backward { packed: PackedNetwork { lstm, circuit, .. }, workspace, loss } = self;
        let Workspace { tape, lstm: lstm_work, circuit: work, outputs } = workspace;
        lstm_work.begin_back();
        C::clear(work);
        for step in (0..=tape.steps).rev() {
            if step < tape.steps {
                lstm.step_back::<V>(lstm_work, tape, step, outputs);
                for (signal, gradient) in outputs.iter_mut().enumerate() {
                    (V::load(gradient) + loss.output_gradient::<V>(tape, step, signal)).store(gradient);
                }
                circuit.receive::<V>(work, tape, step, outputs);
            }
            let feedback = lstm.feedback_slot(lstm_work);
            if step == 0 {
                feedback.fill(Lanes::ZERO);
            } else {
                circuit.feedback_gradient::<V>(work, tape, step - 1, loss, feedback);
                loss.add_feedback_gradient::<V>(tape, step - 1, feedback);
            }
            lstm.finish_step_back::<V>(lstm_work, tape, step);
        }
    }
}

/// The state after the last step: for each of `Network::state_shapes`, the rows of the chunk's trials.
fn final_state<C: Circuit>(
    packed: &PackedNetwork<C>,
    workspace: &Workspace<C>,
    chunk: Chunk,
) -> Vec<Vec<f32>> {
    let tape = &workspace.tape;
    let rows = |lanes: &[Lanes]| {
        let mut rows = Vec::with_capacity(lanes.len() * chunk.len());
        chunk.scatter(lanes, &mut rows);
        rows
    };
    let cell: Vec<Lanes> = tape.units(tape.steps).iter().map(|unit| unit[BEFORE]).collect();
    let modulation = tape.modulation.iter().map(|history| rows(history.at(tape.steps)));
    [rows(packed.lstm.hidden(&workspace.lstm)), rows(&cell)].into_iter().chain(modulation).collect()
}

/// One trace, `[steps, trials of the chunk, ...]`.
fn recorded(name: &str, network: &Network, tape: &Tape, chunk: Chunk) -> Vec<f32> {
    let mut data = Vec::new();
    let mut copy = |history: &History, first: usize| {
        for step in 0..tape.steps {
            chunk.scatter(history.at(step + first), &mut data);
        }
    };
    match name {
        trace::STIMULUS => copy(&tape.stimulus, 0),
        trace::OUTPUT => copy(&tape.output, 0),
        trace::FEEDBACK => copy(&tape.feedback, 0),
        state::HIDDEN | state::CELL => {
            for step in 0..tape.steps {
                let lanes: Vec<Lanes> = if name == state::CELL {
                    tape.units(step + 1).iter().map(|unit| unit[BEFORE]).collect()
                } else {
                    tape.units(step).iter().map(hidden).collect()
                };
                chunk.scatter(&lanes, &mut data);
            }
        }
        _ => {
            // The remaining traces of a network are its modulations, which count from before the first step,
            // and then the activities.
            let index = network.traces().iter().position(|known| *known == name).expect("names were checked")
                - COMMON;
            match tape.modulation.get(index) {
                Some(history) => copy(history, 1),
                None => copy(&tape.activity[index - tape.modulation.len()], 0),
            }
        }
    }
    data
}

/// Traces that every network has, at the beginning of its list.
const COMMON: usize = 5;
