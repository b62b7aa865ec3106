//! A fast check whether all cells are valid, as they nearly always are. It does not look at every cell. If it
//! fails, `validate.rs` finds the mistakes cell by cell.

use gainsweep_contract::contradictions::decides;
use gainsweep_contract::{CellId, fast_ids};
use rayon::prelude::*;

use crate::block::{Block, Factor};
use crate::sweep::Sweep;

impl Sweep {
    /// Are all cells valid and different? `false` also if only the slow check can tell.
    pub(crate) fn is_right(&self) -> bool {
        match self.blocks.as_slice() {
            // The values were checked against the declarations when they were read. A missing parameter
            // remains, and without computed values it is missing in all cells.
            [block] if !block.may_repeat() && block.computations.is_empty() && self.declared.is_some() => {
                self.count() == 0 || self.resolve(self.given(0)).is_ok()
            }
            [block] if !block.may_repeat() && (self.declared.is_some() || self.has_placeholders()) => {
                (0..self.count()).into_par_iter().all(|index| {
                    let given = block.given(&block.levels(index));
                    given.faults.is_empty() && self.resolve(given.values).is_ok()
                })
            }
            [block] if !block.may_repeat() => block.is_right(),
            _ => self.differ(),
        }
    }

    /// Has the command placeholders, which some cells may leave open?
    fn has_placeholders(&self) -> bool {
        self.worker.as_ref().is_some_and(|worker| !worker.command.is_by_contract())
    }

    /// Cases omit parameters, and may equal others by a default; so may blocks. So the ids of all cells are
    /// needed.
    fn differ(&self) -> bool {
        let id = |index| {
            let (block, levels) = self.find(index);
            let given = block.given(&levels);
            if !given.faults.is_empty() {
                return None;
            }
            if block.built_in {
                return fast_ids::id(&given.values);
            }
            self.resolve(given.values).ok().map(|parameters| CellId::of(&parameters))
        };
        let ids: Option<Vec<_>> = (0..self.count()).into_par_iter().map(id).collect();
        let Some(mut ids) = ids else { return false };
        ids.par_sort_unstable();
        ids.windows(2).all(|pair| pair[0] != pair[1])
    }
}

impl Block {
    /// Can two of its cells be the same? No if axes set the same parameters in every cell, and different
    /// values in each.
    pub(crate) fn may_repeat(&self) -> bool {
        self.factors.iter().any(|factor| factor.cases.is_some())
    }

    /// Are all cells valid? `false` also if only the slow check can tell.
    ///
    /// A parameter that decides nothing about others is valid or invalid by itself. So each of its values is
    /// tried with the first values of all other axes, and only the product of the remaining axes is checked.
    /// This holds if each factor sets its own parameters: not if a value is computed.
    fn is_right(&self) -> bool {
        if !self.computations.is_empty() {
            return (0..self.count()).into_par_iter().all(|index| self.is_right_at(&self.levels(index)));
        }
        // The parameters of other programs are not checked here.
        if !self.built_in {
            return true;
        }
        let decides = |factor: &Factor| self.axes[factor.axes.clone()].iter().any(|axis| decides(&axis.name));
        let deciding: Vec<usize> = (0..self.factors.len()).filter(|&f| decides(&self.factors[f])).collect();
        let lens = deciding.iter().map(|&factor| self.factors[factor].len as u64);
        let product = lens.fold(1, u64::saturating_mul);
        let of_deciding = (0..product).into_par_iter().all(|mut rest| {
            let mut levels = vec![0; self.factors.len()];
            for &factor in &deciding {
                let len = self.factors[factor].len as u64;
                levels[factor] = (rest % len) as usize;
                rest /= len;
            }
            self.is_right_at(&levels)
        });
        let alone = |place: usize, level: usize| {
            let mut levels = vec![0; self.factors.len()];
            levels[place] = level;
            self.is_right_at(&levels)
        };
        of_deciding
            && self
                .factors
                .iter()
                .enumerate()
                .filter(|(_, factor)| !decides(factor))
                .all(|(place, factor)| (0..factor.len).into_par_iter().all(|level| alone(place, level)))
    }

    fn is_right_at(&self, levels: &[usize]) -> bool {
        let given = self.given(levels);
        given.faults.is_empty() && (!self.built_in || fast_ids::is_right(&given.values))
    }
}
