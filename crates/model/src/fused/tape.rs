//! What a pass over time records: for the backward pass, for traces, for the next state.

use crate::kernels::Lanes;

/// A quantity of a fixed width over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    width: usize,
    lanes: Vec<Lanes>,
}

impl History {
    pub(crate) fn new(width: usize) -> History {
        History { width, lanes: Vec::new() }
    }

    /// Makes room for this many instants. Memory is kept.
    fn resize(&mut self, instants: usize) {
        self.lanes.resize(self.width * instants, Lanes::ZERO);
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    #[inline(always)]
    pub(crate) fn at(&self, instant: usize) -> &[Lanes] {
        &self.lanes[instant * self.width..][..self.width]
    }

    #[inline(always)]
    pub(crate) fn at_mut(&mut self, instant: usize) -> &mut [Lanes] {
        &mut self.lanes[instant * self.width..][..self.width]
    }

    /// Two consecutive instants; the later one is written.
    #[inline(always)]
    pub(crate) fn pair(&mut self, instant: usize) -> (&[Lanes], &mut [Lanes]) {
        let (before, after) = self.lanes[instant * self.width..][..2 * self.width].split_at_mut(self.width);
        (before, after)
    }
}

/// One LSTM unit at one step: everything for its backward pass, adjacent, in the order of the names below.
pub(crate) type Unit = [Lanes; 6];

/// i
pub(crate) const INPUT: usize = 0;
/// f
pub(crate) const FORGET: usize = 1;
/// g
pub(crate) const CANDIDATE: usize = 2;
/// o
pub(crate) const OUTPUT: usize = 3;
/// c of the step before.
pub(crate) const BEFORE: usize = 4;
/// tanh c
pub(crate) const SQUASHED: usize = 5;

/// h = o tanh c
pub(crate) fn hidden(unit: &Unit) -> Lanes {
    Lanes(std::array::from_fn(|lane| unit[OUTPUT].0[lane] * unit[SQUASHED].0[lane]))
}

/// Everything about some steps of one chunk of trials.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    pub(crate) steps: usize,
    hidden_units: usize,
    /// `[steps + 1][H]`; of the last one only [`BEFORE`], the final c, counts.
    units: Vec<Unit>,
    /// h before the first step.
    pub(crate) hidden: Vec<Lanes>,
    /// x
    pub(crate) stimulus: History,
    /// y
    pub(crate) output: History,
    /// Readout of the LSTM.
    pub(crate) feedback: History,
    /// In the order of `Network::state_shapes`, from before the first step on: instant t + 1 is after step t.
    pub(crate) modulation: Vec<History>,
    /// Activity of populations, as the network's file defines it.
    pub(crate) activity: Vec<History>,
}

impl Tape {
    pub(crate) fn new(
        hidden_units: usize,
        signals: usize,
        outputs: usize,
        modulation: &[usize],
        activity: &[usize],
    ) -> Tape {
        let histories = |widths: &[usize]| widths.iter().map(|width| History::new(*width)).collect();
        Tape {
            steps: 0,
            hidden_units,
            units: Vec::new(),
            hidden: vec![Lanes::ZERO; hidden_units],
            stimulus: History::new(signals),
            output: History::new(signals),
            feedback: History::new(outputs),
            modulation: histories(modulation),
            activity: histories(activity),
        }
    }

    /// Makes room for this many steps. Memory is kept.
    pub(crate) fn resize(&mut self, steps: usize) {
        self.steps = steps;
        self.units.resize((steps + 1) * self.hidden_units, [Lanes::ZERO; 6]);
        for history in [&mut self.stimulus, &mut self.output, &mut self.feedback] {
            history.resize(steps);
        }
        self.activity.iter_mut().for_each(|history| history.resize(steps));
        self.modulation.iter_mut().for_each(|history| history.resize(steps + 1));
    }

    #[inline(always)]
    pub(crate) fn units(&self, step: usize) -> &[Unit] {
        &self.units[step * self.hidden_units..][..self.hidden_units]
    }

    #[inline(always)]
    pub(crate) fn units_mut(&mut self, step: usize) -> &mut [Unit] {
        &mut self.units[step * self.hidden_units..][..self.hidden_units]
    }

    /// c before the first step, to set.
    pub(crate) fn set_cell(&mut self, unit: usize, cell: Lanes) {
        self.units[unit][BEFORE] = cell;
    }
}
