//! Hand-written forward and backward pass.
//!
//! ```text
//! forward    a(t) = W_Lx x(t)            zL(t) = [a(t)]+
//!            E(t) = |W_HL| zL(t)         I(t) = W_inh zL(t)          p = p(t-1)
//!            zH(t) = p * [E - I]+        excitation only: [p * E - I]+       inhibition only: [E - p * I]+
//!            y(t) = W_ro zH(t)
//!            m(t) = m(t-1) + (f(t) - m(t-1)) / tau                   p(t) = 1 - sigmoid(K m(t))
//! backward   dzH = W_ro^T dy, u = dzH where zH is above zero:
//!                                both           excitation only    inhibition only
//!            dE                  p * u          p * u              u
//!            dI                  -p * u         -u                 -p * u
//!            dp(t-1)             [E - I]+ * u   E * u              -I * u
//!            dm(t-1) = (1 - 1/tau) dm(t) - K^T (p * (1 - p) * dp(t-1))
//!            df(t) = dm(t) / tau
//!            da = |W_HL|^T dE + W_inh^T dI where a is above zero
//!            dW_ro = sum dy zH^T   dW_HL = sign(W_HL) * sum dE zL^T  dW_Lx = sum da x^T    where they are learned
//! ```
//!
//! The gain before the first step is given; nothing flows into the modulation before it.

use super::{Dale, INHIBITION_WEIGHTS, LOWER_WEIGHTS, ModulationTarget};
use crate::array::{Array, Arrays};
use crate::fused::{Circuit, Loss, Relaxation, Tape, WeightSum};
use crate::kernels::function::sigmoid;
use crate::kernels::product::Matrix;
use crate::kernels::{Lanes, Level, Vector};
use crate::network::{Network, weight};

/// zL and zH on the tape.
const LOWER: usize = 0;
const HIGHER: usize = 1;
/// The factor of the gain's gradient: [E - I]+, E or -I.
const DRIVE: usize = 2;
/// m and p on the tape.
const MODULATION: usize = 0;
const GAIN: usize = 1;

/// The network with its weights, packed.
pub(crate) struct DaleCircuit {
    lower: Matrix,
    /// `|W_HL|` above `W_inh`.
    input: Matrix,
    /// The same side by side, transposed.
    input_back: Matrix,
    readout: Matrix,
    readout_back: Matrix,
    kernel: Matrix,
    kernel_back: Matrix,
    /// Signs of `W_HL`.
    signs: Vec<f32>,
    relaxation: Relaxation,
    target: ModulationTarget,
    units: usize,
}

/// Memory.
pub(crate) struct Work {
    /// E and I, then their gradients.
    input: Vec<Lanes>,
    /// dL/dzH, then dL/d(K m); forward K m.
    population: Vec<Lanes>,
    /// dL/da
    lower: Vec<Lanes>,
    /// K^T dL/d(K m)
    share: Vec<Lanes>,
    /// dL/dm
    modulation: Vec<Lanes>,
    lower_weights: WeightSum,
    baseline: WeightSum,
    readout: WeightSum,
}

impl Circuit for DaleCircuit {
    type Options = Dale;
    type Work = Work;

    /// Keeps the factor of the gain's gradient, see [`DRIVE`].
    fn kept(options: &Dale) -> Option<usize> {
        Some(options.population.units)
    }

    fn work(options: &Dale, network: &Network) -> Work {
        let Dale { population, lower_units, learn_input, .. } = *options;
        let zeros = |count: usize| vec![Lanes::ZERO; count];
        Work {
            input: zeros(2 * population.units),
            population: zeros(population.units),
            lower: zeros(lower_units),
            share: zeros(population.feedback_signals),
            modulation: zeros(population.feedback_signals),
            lower_weights: WeightSum::new(learn_input, lower_units, network.signals),
            baseline: WeightSum::new(population.learn_baseline, population.units, lower_units),
            readout: WeightSum::new(population.learn_readout, network.signals, population.units),
        }
    }

    fn new(options: &Dale, network: &Network, weights: &Arrays, level: Level) -> DaleCircuit {
        let Dale { tau, population, lower_units, target, .. } = *options;
        let (units, signals, feedback) = (population.units, network.signals, population.feedback_signals);
        let data = |name: &str| weights[name].data();
        let (lower, baseline, inhibition) =
            (data(LOWER_WEIGHTS), data(weight::BASELINE), data(INHIBITION_WEIGHTS));
        let (readout, kernel) = (data(weight::READOUT), data(weight::KERNEL));
        let stacked = |row: usize, column: usize| {
            if row < units {
                baseline[row * lower_units + column].abs()
            } else {
                inhibition[(row - units) * lower_units + column]
            }
        };
        let sign = |weight: &f32| if *weight == 0.0 { 0.0 } else { weight.signum() };
        DaleCircuit {
            lower: Matrix::pack(level, lower_units, signals, |to, from| lower[to * signals + from]),
            input: Matrix::pack(level, 2 * units, lower_units, stacked),
            input_back: Matrix::pack(level, lower_units, 2 * units, |from, to| stacked(to, from)),
            readout: Matrix::pack(level, signals, units, |to, from| readout[to * units + from]),
            readout_back: Matrix::pack(level, units, signals, |from, to| readout[to * units + from]),
            kernel: Matrix::pack(level, units, feedback, |to, from| kernel[to * feedback + from]),
            kernel_back: Matrix::pack(level, feedback, units, |from, to| kernel[to * feedback + from]),
            signs: baseline.iter().map(sign).collect(),
            relaxation: Relaxation::new(tau),
            target,
            units,
        }
    }

    #[inline(always)]
    fn output<V: Vector>(&self, work: &mut Work, tape: &mut Tape, step: usize) {
        let zero = V::splat(0.0);
        let [lower, higher, drives] = &mut tape.activity[..] else { unreachable!("three activities") };
        let lower = lower.at_mut(step);
        self.lower.times::<V>(tape.stimulus.at(step), lower);
        for lower in lower.iter_mut() {
            let drive = V::load(lower);
            drive.where_positive(drive).store(lower);
        }
        self.input.times::<V>(lower, &mut work.input);
        let (excitation, inhibition) = work.input.split_at(self.units);
        let (higher, drives) = (higher.at_mut(step), drives.at_mut(step));
        let inputs = tape.modulation[GAIN].at(step).iter().zip(excitation.iter().zip(inhibition));
        for ((higher, drive), (gain, (excitation, inhibition))) in higher.iter_mut().zip(drives).zip(inputs) {
            let (gain, excitation, inhibition) = (V::load(gain), V::load(excitation), V::load(inhibition));
            let (activity, modulated) = match self.target {
                ModulationTarget::Both => {
                    let net = excitation - inhibition;
                    let net = net.where_positive(net);
                    (gain * net, net)
                }
                ModulationTarget::Excitation => {
                    let net = gain * excitation - inhibition;
                    (net.where_positive(net), excitation)
                }
                ModulationTarget::Inhibition => {
                    let net = excitation - gain * inhibition;
                    (net.where_positive(net), zero - inhibition)
                }
            };
            activity.store(higher);
            modulated.store(drive);
        }
        self.readout.times::<V>(higher, tape.output.at_mut(step));
    }

    #[inline(always)]
    fn modulate<V: Vector>(&self, work: &mut Work, tape: &mut Tape, step: usize) {
        let (modulation, gain) = tape.modulation.split_at_mut(GAIN);
        let (before, after) = modulation[MODULATION].pair(step);
        for ((before, after), target) in before.iter().zip(after.iter_mut()).zip(tape.feedback.at(step)) {
            self.relaxation.step(V::load(before), V::load(target)).store(after);
        }
        self.kernel.times::<V>(after, &mut work.population);
        for (gain, modulation) in gain[0].at_mut(step + 1).iter_mut().zip(&work.population) {
            (V::splat(1.0) - sigmoid(V::load(modulation))).store(gain);
        }
    }

    fn clear(work: &mut Work) {
        work.modulation.fill(Lanes::ZERO);
        for sum in [&mut work.lower_weights, &mut work.baseline, &mut work.readout] {
            sum.clear();
        }
    }

    #[inline(always)]
    fn receive<V: Vector>(&self, work: &mut Work, tape: &Tape, step: usize, outputs: &[Lanes]) {
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        self.readout_back.times::<V>(outputs, &mut work.population);
        let (excitation, inhibition) = work.input.split_at_mut(self.units);
        let activity = tape.activity[HIGHER].at(step).iter().zip(tape.activity[DRIVE].at(step));
        let known = tape.modulation[GAIN].at(step).iter().zip(activity);
        let gradients = work.population.iter_mut().zip(excitation.iter_mut().zip(inhibition));
        for ((population, (excitation, inhibition)), (gain, (higher, drive))) in gradients.zip(known) {
            let (gain, drive) = (V::load(gain), V::load(drive));
            // With both modulated, the rectified quantity is E - I, not its product with p, whose sign may
            // differ.
            let decides = if self.target == ModulationTarget::Both { drive } else { V::load(higher) };
            let unit = V::load(population).where_positive(decides);
            let modulated = gain * unit;
            let (to_excitation, to_inhibition) = match self.target {
                ModulationTarget::Both => (modulated, zero - modulated),
                ModulationTarget::Excitation => (modulated, zero - unit),
                ModulationTarget::Inhibition => (unit, zero - modulated),
            };
            to_excitation.store(excitation);
            to_inhibition.store(inhibition);
            (zero - gain * (one - gain) * drive * unit).store(population);
        }
        self.kernel_back.times::<V>(&work.population, &mut work.share);
        for (modulation, share) in work.modulation.iter_mut().zip(&work.share) {
            (self.relaxation.kept(V::load(modulation)) + V::load(share)).store(modulation);
        }

        work.readout.add::<V>(outputs, tape.activity[HIGHER].at(step));
        work.baseline.add::<V>(&work.input[..self.units], tape.activity[LOWER].at(step));
        if work.lower_weights.is_learned() {
            self.input_back.times::<V>(&work.input, &mut work.lower);
            for (gradient, lower) in work.lower.iter_mut().zip(tape.activity[LOWER].at(step)) {
                V::load(gradient).where_positive(V::load(lower)).store(gradient);
            }
            work.lower_weights.add::<V>(&work.lower, tape.stimulus.at(step));
        }
    }

    #[inline(always)]
    fn feedback_gradient<V: Vector>(
        &self,
        work: &mut Work,
        _: &Tape,
        _: usize,
        _: &Loss,
        feedback: &mut [Lanes],
    ) {
        for (feedback, modulation) in feedback.iter_mut().zip(&work.modulation) {
            self.relaxation.to_target(V::load(modulation)).store(feedback);
        }
    }

    fn gradients<V: Vector>(&self, work: &mut Work) -> Vec<(&'static str, Array)> {
        let sums = [
            (LOWER_WEIGHTS, &mut work.lower_weights),
            (weight::BASELINE, &mut work.baseline),
            (weight::READOUT, &mut work.readout),
        ];
        let mut gradients: Vec<(&'static str, Array)> =
            sums.into_iter().filter_map(|(name, sum)| Some((name, sum.take::<V>()?))).collect();
        for (_, gradient) in gradients.iter_mut().filter(|(name, _)| *name == weight::BASELINE) {
            gradient.data_mut().iter_mut().zip(&self.signs).for_each(|(gradient, sign)| *gradient *= sign);
        }
        gradients
    }
}
