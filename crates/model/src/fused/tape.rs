//! What a pass over time writes down: for the backward pass, for traces, for the next state.

use super::kernels::Lanes;

/// A quantity of some width over time.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    width: usize,
    lanes: Vec<Lanes>,
}

impl History {
    pub(super) fn new(width: usize) -> History {
        History { width, lanes: Vec::new() }
    }

    /// Makes room for so many instants. Memory is kept.
    fn resize(&mut self, instants: usize) {
        self.lanes.resize(self.width * instants, Lanes::ZERO);
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    #[inline(always)]
    pub(super) fn at(&self, instant: usize) -> &[Lanes] {
        &self.lanes[instant * self.width..][..self.width]
    }

    #[inline(always)]
    pub(super) fn at_mut(&mut self, instant: usize) -> &mut [Lanes] {
        &mut self.lanes[instant * self.width..][..self.width]
    }

    /// Two consecutive instants, the later one to be written.
    #[inline(always)]
    pub(super) fn pair(&mut self, instant: usize) -> (&[Lanes], &mut [Lanes]) {
        let (before, after) = self.lanes[instant * self.width..][..2 * self.width].split_at_mut(self.width);
        (before, after)
    }
}

/// One LSTM unit at one step: all that its backward pass needs, side by side.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Unit {
    /// i
    pub(super) input: Lanes,
    /// f
    pub(super) forget: Lanes,
    /// g
    pub(super) candidate: Lanes,
    /// o
    pub(super) output: Lanes,
    /// c of the step before.
    pub(super) before: Lanes,
    /// tanh c
    pub(super) squashed: Lanes,
}

impl Unit {
    const ZERO: Unit = Unit {
        input: Lanes::ZERO,
        forget: Lanes::ZERO,
        candidate: Lanes::ZERO,
        output: Lanes::ZERO,
        before: Lanes::ZERO,
        squashed: Lanes::ZERO,
    };

    /// h = o tanh c
    pub(super) fn hidden(&self) -> Lanes {
        Lanes(std::array::from_fn(|lane| self.output.0[lane] * self.squashed.0[lane]))
    }
}

/// Everything that was in some steps of one chunk of trials.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) steps: usize,
    hidden_units: usize,
    /// `[steps + 1][H]`; of the last only `before`, the final c, counts.
    units: Vec<Unit>,
    /// h before the first step.
    pub(super) hidden: Vec<Lanes>,
    /// x
    pub(super) stimulus: History,
    /// y
    pub(super) output: History,
    /// Readout of the LSTM.
    pub(super) feedback: History,
    /// In the order of `Network::state_shapes`, from before the first step on: instant t + 1 is after step t.
    pub(super) modulation: Vec<History>,
    /// Activity of populations, as the network's file says.
    pub(super) activity: Vec<History>,
}

impl Tape {
    pub(super) fn new(
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

    /// Makes room for so many steps. Memory is kept.
    pub(super) fn resize(&mut self, steps: usize) {
        self.steps = steps;
        self.units.resize((steps + 1) * self.hidden_units, Unit::ZERO);
        for history in [&mut self.stimulus, &mut self.output, &mut self.feedback] {
            history.resize(steps);
        }
        self.activity.iter_mut().for_each(|history| history.resize(steps));
        self.modulation.iter_mut().for_each(|history| history.resize(steps + 1));
    }

    #[inline(always)]
    pub(super) fn units(&self, step: usize) -> &[Unit] {
        &self.units[step * self.hidden_units..][..self.hidden_units]
    }

    /// The units of a step and of the next one.
    #[inline(always)]
    pub(super) fn units_pair(&mut self, step: usize) -> (&mut [Unit], &mut [Unit]) {
        self.units[step * self.hidden_units..][..2 * self.hidden_units].split_at_mut(self.hidden_units)
    }

    /// c before the first step, to be set.
    pub(super) fn set_cell(&mut self, unit: usize, cell: Lanes) {
        self.units[unit].before = cell;
    }
}
