//! Is every cell right? Said without looking at every cell, as nearly all sweeps are right.

use gainsweep_contract::contradictions::decides;
use gainsweep_contract::many;
use rayon::prelude::*;

use crate::sweep::{Factor, Sweep};

impl Sweep {
    /// Are all cells right, and different? `false` also where only a closer look can tell what is wrong.
    ///
    /// A parameter that decides nothing about others is right or wrong by itself: each of its values is tried beside
    /// the first value of all other axes, and the product is taken only of what is left. This holds as long as a
    /// cell's parameters are what its levels say, each factor for itself.
    pub(crate) fn is_right(&self) -> bool {
        if self.factors.iter().any(|factor| factor.cases.is_some()) {
            return self.cases_are_right();
        }
        // Cells differ in what an axis sets; other programs know their own parameters.
        if self.worker.is_some() {
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
            many::is_right(&self.given(&levels))
        });
        of_deciding
            && self.factors.iter().enumerate().filter(|(_, factor)| !decides(factor)).all(
                |(place, factor)| {
                    (0..factor.len).into_par_iter().all(|level| {
                        let mut levels = vec![0; self.factors.len()];
                        levels[place] = level;
                        many::is_right(&self.given(&levels))
                    })
                },
            )
    }

    /// Only cases leave parameters out, and can meet others by way of a default: the ids of all cells are needed.
    fn cases_are_right(&self) -> bool {
        let id = |index| {
            let given = self.given(&self.levels(index));
            if self.worker.is_some() {
                Some(gainsweep_contract::CellId::of(&given))
            } else {
                many::id(&given)
            }
        };
        let ids: Option<Vec<_>> = (0..self.count()).into_par_iter().map(id).collect();
        let Some(mut ids) = ids else { return false };
        ids.par_sort_unstable();
        ids.windows(2).all(|pair| pair[0] != pair[1])
    }
}
