//! Hand-written forward and backward pass.
//!
//! ```text
//! forward    a(t) = W_x x(t)             z(t) = m(t-1) * a(t)        y(t) = W_ro z(t)
//!            m(t) = m(t-1) + (K f(t) - m(t-1)) / tau
//! backward   dz(t) = W_ro^T dy(t)        da(t) = m(t-1) * dz(t)
//!            dm(t-1) = (1 - 1/tau) dm(t) + a(t) * dz(t)
//!            df(t) = K^T dm(t) / tau
//!            dW_ro = sum dy(t) z(t)^T    dW_x = sum da(t) x(t)^T     where they are learned
//! ```

use super::Spatial;
use crate::array::{Array, Arrays};
use crate::fused::{Circuit, Loss, Relaxation, Tape, WeightSum};
use crate::kernels::product::Matrix;
use crate::kernels::{Lanes, Level, Vector};
use crate::network::{Network, weight};

/// The population's activity on the tape.
const POPULATION: usize = 0;

/// The network with its weights, packed.
pub(crate) struct SpatialCircuit {
    baseline: Matrix,
    readout: Matrix,
    readout_back: Matrix,
    kernel: Matrix,
    kernel_back: Matrix,
    relaxation: Relaxation,
}

/// Memory.
pub(crate) struct Work {
    /// a, or forward also K f.
    drive: Vec<Lanes>,
    /// dL/dz, then dL/da
    population: Vec<Lanes>,
    /// dL/dm
    modulation: Vec<Lanes>,
    baseline: WeightSum,
    readout: WeightSum,
}

impl Circuit for SpatialCircuit {
    type Options = Spatial;
    type Work = Work;

    fn work(options: &Spatial, network: &Network) -> Work {
        let population = options.population;
        let (units, signals) = (population.units, network.signals);
        let zeros = vec![Lanes::ZERO; units];
        Work {
            drive: zeros.clone(),
            population: zeros.clone(),
            modulation: zeros,
            baseline: WeightSum::new(population.learn_baseline, units, signals),
            readout: WeightSum::new(population.learn_readout, signals, units),
        }
    }

    fn new(options: &Spatial, network: &Network, weights: &Arrays, level: Level) -> SpatialCircuit {
        let population = options.population;
        let (units, signals, feedback) = (population.units, network.signals, population.feedback_signals);
        let data = |name: &str| weights[name].data();
        let (baseline, readout, kernel) =
            (data(weight::BASELINE), data(weight::READOUT), data(weight::KERNEL));
        SpatialCircuit {
            baseline: Matrix::pack(level, units, signals, |to, from| baseline[to * signals + from]),
            readout: Matrix::pack(level, signals, units, |to, from| readout[to * units + from]),
            readout_back: Matrix::pack(level, units, signals, |from, to| readout[to * units + from]),
            kernel: Matrix::pack(level, units, feedback, |to, from| kernel[to * feedback + from]),
            kernel_back: Matrix::pack(level, feedback, units, |from, to| kernel[to * feedback + from]),
            relaxation: Relaxation::new(options.tau),
        }
    }

    #[inline(always)]
    fn output<V: Vector>(&self, work: &mut Work, tape: &mut Tape, step: usize) {
        self.baseline.times::<V>(tape.stimulus.at(step), &mut work.drive);
        let population = tape.activity[POPULATION].at_mut(step);
        for ((unit, gain), drive) in population.iter_mut().zip(tape.modulation[0].at(step)).zip(&work.drive) {
            (V::load(gain) * V::load(drive)).store(unit);
        }
        self.readout.times::<V>(population, tape.output.at_mut(step));
    }

    #[inline(always)]
    fn modulate<V: Vector>(&self, work: &mut Work, tape: &mut Tape, step: usize) {
        self.kernel.times::<V>(tape.feedback.at(step), &mut work.drive);
        let (before, after) = tape.modulation[0].pair(step);
        for ((before, after), target) in before.iter().zip(after).zip(&work.drive) {
            self.relaxation.step(V::load(before), V::load(target)).store(after);
        }
    }

    fn clear(work: &mut Work) {
        work.modulation.fill(Lanes::ZERO);
        work.baseline.clear();
        work.readout.clear();
    }

    #[inline(always)]
    fn receive<V: Vector>(&self, work: &mut Work, tape: &Tape, step: usize, outputs: &[Lanes]) {
        let stimulus = tape.stimulus.at(step);
        self.baseline.times::<V>(stimulus, &mut work.drive);
        self.readout_back.times::<V>(outputs, &mut work.population);
        let gains = tape.modulation[0].at(step).iter().zip(&work.drive);
        let gradients = work.modulation.iter_mut().zip(&mut work.population);
        for ((modulation, unit), (gain, drive)) in gradients.zip(gains) {
            let population = V::load(unit);
            let kept = self.relaxation.kept(V::load(modulation));
            V::load(drive).mul_add(population, kept).store(modulation);
            (V::load(gain) * population).store(unit);
        }
        work.readout.add::<V>(outputs, tape.activity[POPULATION].at(step));
        work.baseline.add::<V>(&work.population, stimulus);
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
        self.kernel_back.times::<V>(&work.modulation, feedback);
        for gradient in feedback {
            self.relaxation.to_target(V::load(gradient)).store(gradient);
        }
    }

    fn gradients<V: Vector>(&self, work: &mut Work) -> Vec<(&'static str, Array)> {
        let sums = [(weight::BASELINE, &mut work.baseline), (weight::READOUT, &mut work.readout)];
        sums.into_iter().filter_map(|(name, sum)| Some((name, sum.take::<V>()?))).collect()
    }
}
