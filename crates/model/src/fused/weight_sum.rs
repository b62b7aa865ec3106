//! Gradients of weights between small populations.

use crate::array::Array;
use crate::kernels::outer::Outer;
use crate::kernels::{Lanes, Vector};

/// The gradient of a weight matrix W `[to, from]` in a = W v: the sum of (dL/da) v^T; nothing if W is not
/// learned.
pub(crate) struct WeightSum {
    outer: Option<Outer>,
    to: usize,
    from: usize,
}

impl WeightSum {
    pub(crate) fn new(learned: bool, to: usize, from: usize) -> WeightSum {
        // The smaller dimension becomes the rows: columns are filled up to whole vectors.
        let outer = learned.then(|| Outer::new(to.min(from), to.max(from)));
        WeightSum { outer, to, from }
    }

    pub(crate) fn clear(&mut self) {
        self.outer.iter_mut().for_each(Outer::clear);
    }

    /// Is there anything to sum?
    pub(crate) fn is_learned(&self) -> bool {
        self.outer.is_some()
    }

    /// Adds one step: dL/da and v.
    #[inline(always)]
    pub(crate) fn add<V: Vector>(&mut self, gradient: &[Lanes], input: &[Lanes]) {
        if let Some(outer) = &mut self.outer {
            let (rows, columns) = if self.to <= self.from { (gradient, input) } else { (input, gradient) };
            outer.left().copy_from_slice(rows);
            outer.push::<V>(columns);
        }
    }

    /// The sum `[to, from]`, if the matrix is learned.
    pub(crate) fn take<V: Vector>(&mut self) -> Option<Array> {
        let outer = self.outer.as_mut()?;
        outer.flush::<V>();
        let mut data = Vec::with_capacity(self.to * self.from);
        for to in 0..self.to {
            for from in 0..self.from {
                data.push(if self.to <= self.from { outer.get(to, from) } else { outer.get(from, to) });
            }
        }
        Some(Array::new(&[self.to, self.from], data))
    }
}
