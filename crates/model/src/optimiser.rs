//! Adam (Kingma & Ba 2015) as in PyTorch, and clipping of gradients by value.

use crate::array::{Array, Arrays};

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Adam's memory of past gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Updates so far.
    pub updates: u64,
    /// Running mean of the gradients.
    pub first_moment: Arrays,
    /// Running mean of their squares.
    pub second_moment: Arrays,
}

impl Adam {
    /// An optimiser before its first update.
    pub fn new(learning_rate: f64) -> Adam {
        Adam { learning_rate, updates: 0, first_moment: Arrays::new(), second_moment: Arrays::new() }
    }

    /// One update of the weights that have a gradient.
    pub fn update(&mut self, weights: &mut Arrays, gradients: &Arrays) {
        self.updates += 1;
        let updates = self.updates as f64;
        let first_correction = 1.0 - FIRST_DECAY.powf(updates);
        let second_correction = 1.0 - SECOND_DECAY.powf(updates);
        let step = (self.learning_rate / first_correction) as f32;
        let root_correction = second_correction.sqrt() as f32;
        let (first_share, second_share) = ((1.0 - FIRST_DECAY) as f32, (1.0 - SECOND_DECAY) as f32);
        for (name, gradient) in gradients {
            let Some(weight) = weights.get_mut(name) else { continue };
            let zeros = || Array::zeros(gradient.shape());
            let first = self.first_moment.entry(name.clone()).or_insert_with(zeros);
            let second = self.second_moment.entry(name.clone()).or_insert_with(zeros);
            let moments = first.data_mut().iter_mut().zip(second.data_mut());
            for ((weight, gradient), (first, second)) in
                weight.data_mut().iter_mut().zip(gradient.data()).zip(moments)
            {
                *first += (gradient - *first) * first_share;
                *second = *second * SECOND_DECAY as f32 + gradient * gradient * second_share;
                *weight -= step * *first / (second.sqrt() / root_correction + EPSILON as f32);
            }
        }
    }
}

/// Limits each element to `-limit..=limit`. Not-a-number stays unchanged.
pub fn clip_by_value(gradients: &mut Arrays, limit: f64) {
    let limit = limit as f32;
    for gradient in gradients.values_mut() {
        for element in gradient.data_mut() {
            *element = element.clamp(-limit, limit);
        }
    }
}

/// The Euclidean norm over all elements.
pub fn norm(gradients: &Arrays) -> f64 {
    let squares = gradients.values().flat_map(super::array::Array::data).map(|g| f64::from(*g).powi(2));
    squares.sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of PyTorch 2.13:
    /// ```python
    /// w = torch.tensor([1.0, -2.0], requires_grad=True); a = torch.optim.Adam([w], lr=0.1)
    /// for g in ([0.5, -3.0], [0.1, 2.0], [-0.2, 0.0]): w.grad = torch.tensor(g); a.step()
    /// print(w.tolist())
    /// ```
    #[test]
    fn updates_are_those_of_pytorch() {
        let mut weights = Arrays::from([("w".to_string(), Array::new(&[2], vec![1.0, -2.0]))]);
        let mut adam = Adam::new(0.1);
        for gradient in [[0.5, -3.0], [0.1, 2.0], [-0.2, 0.0]] {
            adam.update(
                &mut weights,
                &Arrays::from([("w".to_string(), Array::new(&[2], gradient.to_vec()))]),
            );
        }
        let expected = [0.785_260_56, -1.874_376_2];
        for (weight, expected) in weights["w"].data().iter().zip(expected) {
            assert!((weight - expected).abs() < 1e-6, "{weight} {expected}");
        }
    }

    #[test]
    fn clipping_keeps_what_is_not_finite_visible() {
        let values = vec![3.0, -3.0, 0.5, f32::NAN, f32::INFINITY];
        let mut gradients = Arrays::from([("w".to_string(), Array::new(&[5], values))]);
        clip_by_value(&mut gradients, 1.0);
        assert_eq!(gradients["w"].data()[..3], [1.0, -1.0, 0.5]);
        assert!(gradients["w"].data()[3].is_nan());
        assert!((norm(&Arrays::from([("a".into(), Array::new(&[2], vec![3.0, 4.0]))])) - 5.0).abs() < 1e-12);
    }
}
