//! The modulator: an LSTM that sees stimuli and outputs, and its linear readout.
//!
//! The equations are in [`super`]. Everything that the LSTM multiplies with weights at one step is in one
//! column v = (h, 1, inputs), so biases are a column of the weights, and the same holds for their gradients.
//! The rows of the gates of one unit are adjacent, in the order input, forget, candidate, output. (Computing
//! gates, c and h of a tile while its sums are in registers is not faster: the processor then waits between
//! tiles, but not between units.)

use super::tape::{BEFORE, CANDIDATE, FORGET, INPUT, OUTPUT, SQUASHED, Tape, Unit};
use crate::array::{Array, Arrays};
use crate::kernels::function::{sigmoid, tanh};
use crate::kernels::outer::Outer;
use crate::kernels::product::Matrix;
use crate::kernels::{Lanes, Level, Task, Vector};
use crate::network::{ModulatorInput, Network, weight};

/// Gates of a unit.
const GATES: usize = 4;

/// Sizes.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    hidden: usize,
    inputs: usize,
    signals: usize,
    outputs: usize,
    input: ModulatorInput,
}

impl Sizes {
    fn new(network: &Network) -> Sizes {
        Sizes {
            hidden: network.hidden_units,
            inputs: network.inputs(),
            signals: network.signals,
            outputs: network.outputs(),
            input: network.input,
        }
    }

    /// Elements of v.
    fn column(self) -> usize {
        self.hidden + 1 + self.inputs
    }

    /// The position of y in v, if the LSTM sees it.
    fn outputs_at(self) -> Option<usize> {
        match self.input {
            ModulatorInput::StimulusAndOutput => Some(self.hidden + 1 + self.signals),
            ModulatorInput::Output => Some(self.hidden + 1),
            ModulatorInput::Stimulus => None,
        }
    }

    /// Writes x and y into their places in v.
    #[inline(always)]
    fn write_inputs(self, column: &mut [Lanes], stimulus: &[Lanes], output: &[Lanes]) {
        let inputs = &mut column[self.hidden + 1..];
        match self.input {
            ModulatorInput::StimulusAndOutput => {
                inputs[..self.signals].copy_from_slice(stimulus);
                inputs[self.signals..].copy_from_slice(output);
            }
            ModulatorInput::Stimulus => inputs.copy_from_slice(stimulus),
            ModulatorInput::Output => inputs.copy_from_slice(output),
        }
    }
}

/// The LSTM with its weights, packed.
pub(crate) struct Lstm {
    sizes: Sizes,
    /// `[4H, v]`, rows by unit and gate.
    gates: Matrix,
    /// `[outputs, (h, 1)]`
    readout: Matrix,
    /// `[H, (gates, outputs)]`: the weights that multiply h, transposed.
    hidden_back: Matrix,
    /// `[S, gates]`: the weights that multiply y, transposed.
    output_back: Option<Matrix>,
}

/// Memory of one chunk of trials.
pub(crate) struct Work {
    sizes: Sizes,
    /// v of this step and, as far as known, of the next one.
    columns: [Vec<Lanes>; 2],
    /// The inputs of the gates: the sums before sigmoid and tanh.
    received: Vec<Lanes>,
    /// c after the step.
    now: Vec<Lanes>,
    /// dL/dh and dL/dc after the step.
    hidden: Vec<Lanes>,
    cell: Vec<Lanes>,
    /// Sum of (dL/d gates, dL/d feedback) v^T.
    outer: Outer,
}

impl Lstm {
    pub(crate) fn new(network: &Network, weights: &Arrays, level: Level) -> Lstm {
        let sizes = Sizes::new(network);
        let hidden = sizes.hidden;
        let data = |name: &str| weights[name].data();
        let (of_hidden, of_inputs) = (data(weight::LSTM_HIDDEN), data(weight::LSTM_INPUT));
        let (bias, other_bias) = (data(weight::LSTM_INPUT_BIAS), data(weight::LSTM_HIDDEN_BIAS));
        let (readout, readout_bias) = (data(weight::FEEDBACK), data(weight::FEEDBACK_BIAS));
        // In PyTorch, all units of one gate are adjacent.
        let theirs = move |row: usize| row % GATES * hidden + row / GATES;
        let gates = Matrix::pack(level, GATES * hidden, sizes.column(), |row, column| {
            let row = theirs(row);
            match column.checked_sub(hidden) {
                None => of_hidden[row * hidden + column],
                Some(0) => bias[row] + other_bias[row],
                Some(input) => of_inputs[row * sizes.inputs + input - 1],
            }
        });
        let readout_matrix = Matrix::pack(level, sizes.outputs, hidden + 1, |row, column| {
            if column < hidden { readout[row * hidden + column] } else { readout_bias[row] }
        });
        let hidden_back = Matrix::pack(level, hidden, GATES * hidden + sizes.outputs, |unit, row| {
            if row < GATES * hidden {
                of_hidden[theirs(row) * hidden + unit]
            } else {
                readout[(row - GATES * hidden) * hidden + unit]
            }
        });
        let output_back = sizes.outputs_at().map(|start| {
            let start = start - hidden - 1;
            Matrix::pack(level, sizes.signals, GATES * hidden, |signal, row| {
                of_inputs[theirs(row) * sizes.inputs + start + signal]
            })
        });
        Lstm { sizes, gates, readout: readout_matrix, hidden_back, output_back }
    }

    /// Before a forward pass: h from the beginning of the tape.
    pub(crate) fn begin(&self, work: &mut Work, tape: &Tape) {
        for column in &mut work.columns {
            column[self.sizes.hidden] = Lanes::ONE;
        }
        work.columns[0][..self.sizes.hidden].copy_from_slice(&tape.hidden);
        for (now, unit) in work.now.iter_mut().zip(tape.units(0)) {
            *now = unit[BEFORE];
        }
    }

    /// New h and c from x and y, and the feedback.
    #[inline(always)]
    pub(crate) fn step<V: Vector>(&self, work: &mut Work, tape: &mut Tape, step: usize) {
        let hidden = self.sizes.hidden;
        let Work { columns: [column, next], received, now, .. } = work;
        self.sizes.write_inputs(column, tape.stimulus.at(step), tape.output.at(step));
        self.gates.times::<V>(column, received);
        let received = received.as_chunks().0;
        V::enter(Advance { received, units: tape.units_mut(step), cell: now, hidden: &mut next[..hidden] });
        if step + 1 == tape.steps {
            V::drain();
            for (unit, cell) in tape.units_mut(tape.steps).iter_mut().zip(now) {
                unit[BEFORE] = *cell;
            }
        }
        work.columns.swap(0, 1);
        self.readout.times::<V>(&work.columns[0][..=hidden], tape.feedback.at_mut(step));
    }

    /// h after the last step.
    pub(crate) fn hidden<'a>(&self, work: &'a Work) -> &'a [Lanes] {
        &work.columns[0][..self.sizes.hidden]
    }

    /// From dL/dh and dL/dc after the step to the gradients of the gates and of c before the step. Adds the
    /// LSTM's part to dL/dy, if it sees y.
    #[inline(always)]
    pub(crate) fn step_back<V: Vector>(
        &self,
        work: &mut Work,
        tape: &Tape,
        step: usize,
        outputs: &mut [Lanes],
    ) {
        let gates = &mut work.outer.left()[..GATES * self.sizes.hidden];
        V::enter(Retreat {
            units: tape.units(step),
            hidden: &work.hidden,
            cell: &mut work.cell,
            gates: gates.as_chunks_mut().0,
        });
        match &self.output_back {
            Some(matrix) => matrix.times::<V>(gates, outputs),
            None => outputs.fill(Lanes::ZERO),
        }
    }

    /// The place for the gradient of the feedback of step - 1.
    #[inline(always)]
    pub(crate) fn feedback_slot<'a>(&self, work: &'a mut Work) -> &'a mut [Lanes] {
        &mut work.outer.left()[GATES * self.sizes.hidden..]
    }

    /// When the gradients of the gates of `step` and of the feedback of `step` - 1 are in place: computes
    /// dL/dh of `step` - 1, and adds to the weights' gradients.
    #[inline(always)]
    pub(crate) fn finish_step_back<V: Vector>(&self, work: &mut Work, tape: &Tape, step: usize) {
        let hidden = self.sizes.hidden;
        let column = &mut work.columns[0];
        if step == 0 {
            column[..hidden].copy_from_slice(&tape.hidden);
        } else {
            let units = tape.units(step - 1);
            // The data of the next round are far away in memory: prefetch them while the processor
            // multiplies.
            self.hidden_back.times_with_ahead::<V>(work.outer.left(), &mut work.hidden, units.as_flattened());
            for (hidden, unit) in column[..hidden].iter_mut().zip(units) {
                (V::load(&unit[OUTPUT]) * V::load(&unit[SQUASHED])).store(hidden);
            }
        }
        if step < tape.steps {
            self.sizes.write_inputs(column, tape.stimulus.at(step), tape.output.at(step));
        }
        work.outer.push::<V>(column);
    }

    /// After the backward pass.
    pub(crate) fn gradients<V: Vector>(&self, work: &mut Work) -> Vec<(&'static str, Array)> {
        let Sizes { hidden, inputs, outputs, .. } = self.sizes;
        work.outer.flush::<V>();
        let outer = &work.outer;
        let ours = |row: usize| row % hidden * GATES + row / hidden;
        let matrix = |rows: usize, columns: usize, entry: &dyn Fn(usize, usize) -> f32| {
            let entries = (0..rows * columns).map(|index| entry(index / columns, index % columns));
            Array::new(&[rows, columns], entries.collect())
        };
        let bias: Vec<f32> = (0..GATES * hidden).map(|row| outer.get(ours(row), hidden)).collect();
        let bias = Array::new(&[GATES * hidden], bias);
        let below = |row: usize| GATES * hidden + row;
        let readout_bias = (0..outputs).map(|row| outer.get(below(row), hidden)).collect();
        vec![
            (
                weight::LSTM_INPUT,
                matrix(GATES * hidden, inputs, &|row, input| outer.get(ours(row), hidden + 1 + input)),
            ),
            (weight::LSTM_HIDDEN, matrix(GATES * hidden, hidden, &|row, unit| outer.get(ours(row), unit))),
            (weight::LSTM_INPUT_BIAS, bias.clone()),
            (weight::LSTM_HIDDEN_BIAS, bias),
            (weight::FEEDBACK, matrix(outputs, hidden, &|row, unit| outer.get(below(row), unit))),
            (weight::FEEDBACK_BIAS, Array::new(&[outputs], readout_bias)),
        ]
    }
}

impl Work {
    pub(crate) fn new(network: &Network) -> Work {
        let sizes = Sizes::new(network);
        let column = vec![Lanes::ZERO; sizes.column()];
        Work {
            sizes,
            columns: [column.clone(), column],
            received: vec![Lanes::ZERO; GATES * sizes.hidden],
            now: vec![Lanes::ZERO; sizes.hidden],
            hidden: vec![Lanes::ZERO; sizes.hidden],
            cell: vec![Lanes::ZERO; sizes.hidden],
            outer: Outer::new(GATES * sizes.hidden + sizes.outputs, sizes.column()),
        }
    }

    /// Before a backward pass: nothing depends on the state after the last step.
    pub(crate) fn begin_back(&mut self) {
        self.hidden.fill(Lanes::ZERO);
        self.cell.fill(Lanes::ZERO);
        self.outer.clear();
        self.outer.left()[..GATES * self.sizes.hidden].fill(Lanes::ZERO);
        self.columns[0][self.sizes.hidden + 1..].fill(Lanes::ZERO);
    }
}

/// From the inputs of the gates to the gates, c and h.
struct Advance<'a> {
    received: &'a [[Lanes; GATES]],
    units: &'a mut [Unit],
    cell: &'a mut [Lanes],
    hidden: &'a mut [Lanes],
}

impl Task for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Advance { received, units, cell: cells, hidden } = self;
        let count = units.len();
        let (received, cells, hidden) = (&received[..count], &mut cells[..count], &mut hidden[..count]);
        for index in 0..count {
            let (received, unit) = (&received[index], &mut units[index]);
            let (input, forget) = (sigmoid(V::load(&received[0])), sigmoid(V::load(&received[1])));
            let (candidate, output) = (tanh(V::load(&received[2])), sigmoid(V::load(&received[3])));
            let before = V::load(&cells[index]);
            let cell = forget.mul_add(before, input * candidate);
            let squashed = tanh(cell);
            input.stream(&mut unit[INPUT]);
            forget.stream(&mut unit[FORGET]);
            candidate.stream(&mut unit[CANDIDATE]);
            output.stream(&mut unit[OUTPUT]);
            squashed.stream(&mut unit[SQUASHED]);
            before.stream(&mut unit[BEFORE]);
            cell.store(&mut cells[index]);
            (output * squashed).store(&mut hidden[index]);
        }
    }
}

/// The gradients of all gates of all units, and of c before the step.
struct Retreat<'a> {
    units: &'a [Unit],
    hidden: &'a [Lanes],
    cell: &'a mut [Lanes],
    gates: &'a mut [[Lanes; GATES]],
}

impl Task for Retreat<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let one = V::splat(1.0);
        let Retreat { units, hidden, cell, gates } = self;
        let count = units.len();
        let (hidden, cell, gates) = (&hidden[..count], &mut cell[..count], &mut gates[..count]);
        for index in 0..count {
            let unit = &units[index];
            let (input, forget) = (V::load(&unit[INPUT]), V::load(&unit[FORGET]));
            let (candidate, output) = (V::load(&unit[CANDIDATE]), V::load(&unit[OUTPUT]));
            let (before, squashed) = (V::load(&unit[BEFORE]), V::load(&unit[SQUASHED]));
            let hidden = V::load(&hidden[index]);
            // dL/dc of this step: from later steps, and through h = o tanh c.
            let through_hidden = hidden * output;
            let later =
                V::load(&cell[index]) + squashed.neg_mul_add(squashed * through_hidden, through_hidden);
            // The derivative of the sigmoid is s (1 - s), of tanh 1 - t^2.
            let through_input = later * candidate * input;
            let through_forget = later * before * forget;
            let through_candidate = later * input;
            let through_output = hidden * squashed * output;
            let gates = &mut gates[index];
            (through_input * (one - input)).store(&mut gates[0]);
            (through_forget * (one - forget)).store(&mut gates[1]);
            candidate.neg_mul_add(candidate * through_candidate, through_candidate).store(&mut gates[2]);
            (through_output * (one - output)).store(&mut gates[3]);
            (later * forget).store(&mut cell[index]);
        }
    }
}
