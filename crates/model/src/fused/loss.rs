//! The loss, and its gradient with respect to outputs and feedback.

use super::tape::Tape;
use crate::kernels::{LANES, Lanes, Vector};

/// The objective: smooth L1 between outputs and sources, mean over trials and sources, summed over time, plus
/// `regularisation` times the sum of |feedback|. Lanes without their own trial do not count.
pub(crate) struct Loss<'a> {
    /// `[steps][S]`
    pub(crate) sources: &'a [f32],
    pub(crate) signals: usize,
    /// Trials in this chunk.
    pub(crate) trials: usize,
    /// 1 / (all trials * S) in the lanes of trials.
    pub(crate) share: Lanes,
    /// Regularisation in the lanes of trials.
    pub(crate) regularisation: Lanes,
}

impl Loss<'_> {
    /// For `trials` of `all_trials`.
    pub(crate) fn new(
        sources: &[f32],
        signals: usize,
        trials: usize,
        all_trials: usize,
        regularisation: f64,
    ) -> Loss<'_> {
        let in_trials =
            |value: f64| Lanes(std::array::from_fn(|lane| if lane < trials { value as f32 } else { 0.0 }));
        let share = in_trials(1.0 / (all_trials * signals) as f64);
        Loss { sources, signals, trials, share, regularisation: in_trials(regularisation) }
    }

    /// d loss / d y: the difference, limited to -1..=1, times the share of one output in the mean.
    #[inline(always)]
    pub(crate) fn output_gradient<V: Vector>(&self, tape: &Tape, step: usize, signal: usize) -> V {
        let source = V::splat(self.sources[step * self.signals + signal]);
        let difference = V::load(&tape.output.at(step)[signal]) - source;
        difference.clamp_to(V::splat(1.0)) * V::load(&self.share)
    }

    /// Adds d regulariser / d feedback: the sign.
    #[inline(always)]
    pub(crate) fn add_feedback_gradient<V: Vector>(&self, tape: &Tape, step: usize, gradient: &mut [Lanes]) {
        let regularisation = V::load(&self.regularisation);
        for (gradient, feedback) in gradient.iter_mut().zip(tape.feedback.at(step)) {
            (V::load(gradient) + V::load(feedback).sign_times(regularisation)).store(gradient);
        }
    }

    /// The sums of smooth L1 and of |feedback| over the whole tape.
    pub(crate) fn sums(&self, tape: &Tape) -> (f64, f64) {
        let mut loss = [0.0; LANES];
        let mut regulariser = [0.0; LANES];
        for step in 0..tape.steps {
            for (signal, outputs) in tape.output.at(step).iter().enumerate() {
                let source = self.sources[step * self.signals + signal];
                for (loss, output) in loss.iter_mut().zip(outputs.0) {
                    let distance = (output - source).abs();
                    *loss +=
                        f64::from(if distance < 1.0 { 0.5 * distance * distance } else { distance - 0.5 });
                }
            }
            for feedback in tape.feedback.at(step) {
                for (regulariser, feedback) in regulariser.iter_mut().zip(feedback.0) {
                    *regulariser += f64::from(feedback.abs());
                }
            }
        }
        (loss[..self.trials].iter().sum(), regulariser[..self.trials].iter().sum())
    }
}
