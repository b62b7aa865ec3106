//! A fast check of all cells. It does not look at every cell, and says whether all are right, as they nearly always are;
//! what is wrong is found afterwards, cell by cell (`validate.rs`).

use gainsweep_contract::contradictions::decides;
use gainsweep_contract::{CellId, fast_ids};
use rayon::prelude::*;

use crate::block::{Block, Factor};
use crate::sweep::Sweep;

impl Sweep {
    /// Are all cells right, and different? `false` also where only a closer look can tell what is wrong.
    pub(crate) fn is_right(&self) -> bool {
        match self.blocks.as_slice() {
            // Values were held against what the file declares when they were read; what is left is whether something
            // is missing, and that is the same for all cells where nothing is computed.
            [block] if !block.may_repeat() && block.computations.is_empty() && self.declared.is_some() => {
                self.count() == 0 || self.resolve(self.given(0)).is_ok()
            }
            [block] if !block.may_repeat() && self.declared.is_some() => {
                (0..self.count()).into_par_iter().all(|index| {
                    let given = block.given(&block.levels(index));
                    given.faults.is_empty() && self.resolve(given.values).is_ok()
                })
            }
            [block] if !block.may_repeat() => block.is_right(),
            _ => self.differ(),
        }
    }

    /// Cases leave parameters out, and can meet others by way of a default; so can blocks: the ids of all cells are
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
    /// Can two of its cells be the same? Not where axes set the same parameters in every cell, each cell to other
    /// values.
    pub(crate) fn may_repeat(&self) -> bool {
        self.factors.iter().any(|factor| factor.cases.is_some())
    }

    /// Are all cells right? `false` also where only a closer look can tell.
    ///
    /// A parameter that decides nothing about others is right or wrong by itself: each of its values is tried beside
    /// the first value of all other axes, and the product is taken only of what is left. This holds as long as a
    /// cell's parameters are what its levels say, each factor for itself: not where something is computed.
    fn is_right(&self) -> bool {
        if !self.computations.is_empty() {
            return (0..self.count()).into_par_iter().all(|index| self.is_right_at(&self.levels(index)));
        }
        // Other programs know their own parameters.
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
