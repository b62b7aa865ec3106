//! Subspaces of the population: principal components, and planes fitted to (y1, y2, PC1) with their angles
//! (paper, Methods, "Invariant subspace"; Figure 5).

use nalgebra::{DMatrix, Matrix3, SymmetricEigen};

use crate::array::Array;

/// Principal components of a population.
#[derive(Clone, Debug)]
pub struct PrincipalComponents {
    mean: Vec<f64>,
    /// Directions, the strongest first.
    directions: Vec<Vec<f64>>,
    /// Variance along each direction (with n - 1).
    variances: Vec<f64>,
    total_variance: f64,
}

impl PrincipalComponents {
    /// Fits `activity` `[samples, units]`. `None` if the numbers are not finite or there are fewer than two
    /// samples.
    pub fn fit(activity: &Array) -> Option<PrincipalComponents> {
        let (samples, units) = (activity.shape()[0], activity.row_len());
        if samples < 2 || !activity.is_finite() {
            return None;
        }
        let mut mean = vec![0.0; units];
        for row in 0..samples {
            mean.iter_mut().zip(activity.row(row)).for_each(|(mean, value)| *mean += f64::from(*value));
        }
        for mean in &mut mean {
            *mean /= samples as f64;
        }
        let mut centred = DMatrix::zeros(samples, units);
        for row in 0..samples {
            for (unit, value) in activity.row(row).iter().enumerate() {
                centred[(row, unit)] = f64::from(*value) - mean[unit];
            }
        }
        let covariance = centred.tr_mul(&centred) / (samples as f64 - 1.0);
        let total_variance = covariance.trace();
        let eigen = SymmetricEigen::new(covariance);
        let mut order: Vec<usize> = (0..units).collect();
        order.sort_by(|one, other| eigen.eigenvalues[*other].total_cmp(&eigen.eigenvalues[*one]));
        Some(PrincipalComponents {
            mean,
            directions: order
                .iter()
                .map(|index| with_fixed_sign(eigen.eigenvectors.column(*index).iter().copied().collect()))
                .collect(),
            variances: order.iter().map(|index| eigen.eigenvalues[*index]).collect(),
            total_variance,
        })
    }

    /// Share of the variance along the first `count` components.
    pub fn explained_variance_ratio(&self, count: usize) -> Vec<f64> {
        self.variances.iter().take(count).map(|variance| variance / self.total_variance).collect()
    }

    /// Activity along one component, divided by its standard deviation ("whitened").
    pub fn whitened(&self, activity: &Array, component: usize) -> Vec<f64> {
        let scale = self.variances[component].sqrt();
        (0..activity.shape()[0])
            .map(|row| {
                let along = activity.row(row).iter().zip(&self.mean).zip(&self.directions[component]);
                along.map(|((value, mean), weight)| (f64::from(*value) - mean) * weight).sum::<f64>() / scale
            })
            .collect()
    }
}

/// Fixes the sign of a direction: its largest weight becomes positive.
fn with_fixed_sign(direction: Vec<f64>) -> Vec<f64> {
    let largest = direction
        .iter()
        .copied()
        .fold(0.0, |one: f64, other| if other.abs() > one.abs() { other } else { one });
    if largest < 0.0 { direction.into_iter().map(|weight| -weight).collect() } else { direction }
}

/// Unit normal (a, b, -1) / norm of the plane z = a x + b y + c fitted to points by least squares; `None` if
/// the points lie on a line.
pub fn plane_normal(points: &[[f64; 3]]) -> Option<[f64; 3]> {
    let count = points.len() as f64;
    let mean = [0, 1, 2].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / count);
    // Sums of products about the mean, which remove the intercept from the equations.
    let product = |one: usize, other: usize| -> f64 {
        points.iter().map(|point| (point[one] - mean[one]) * (point[other] - mean[other])).sum()
    };
    let (xx, xy, yy, xz, yz) = (product(0, 0), product(0, 1), product(1, 1), product(0, 2), product(1, 2));
    let determinant = xx * yy - xy * xy;
    // Rounding never makes it exactly zero. A comparison with not-a-number is false.
    let is_plane = determinant > NEARLY_A_LINE * xx * yy;
    is_plane.then(|| {
        let (a, b) = ((xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant);
        let length = (a * a + b * b + 1.0).sqrt();
        [a / length, b / length, -1.0 / length]
    })
}

/// 1 - r^2 between x and y below which points count as a line.
const NEARLY_A_LINE: f64 = 1e-12;

/// Unit normal of the plane through the mean of the points with the least sum of squared distances: no axis
/// is the dependent one. `None` if the points lie on a line.
pub fn orthogonal_normal(points: &[[f64; 3]]) -> Option<[f64; 3]> {
    let count = points.len() as f64;
    let mean = [0, 1, 2].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / count);
    let covariance = Matrix3::from_fn(|one, other| {
        points.iter().map(|point| (point[one] - mean[one]) * (point[other] - mean[other])).sum::<f64>()
    });
    if !covariance.iter().all(|value| value.is_finite()) {
        return None;
    }
    let eigen = SymmetricEigen::new(covariance);
    let mut order = [0, 1, 2];
    order.sort_by(|one, other| eigen.eigenvalues[*one].total_cmp(&eigen.eigenvalues[*other]));
    let is_plane = eigen.eigenvalues[order[1]] > NEARLY_A_LINE * eigen.eigenvalues[order[2]];
    let normal = eigen.eigenvectors.column(order[0]);
    is_plane.then(|| [normal[0], normal[1], normal[2]])
}

/// Angle between two planes in degrees, 0 to 90.
pub fn plane_angle(one: [f64; 3], other: [f64; 3]) -> f64 {
    let cosine: f64 = one.iter().zip(other).map(|(one, other)| one * other).sum();
    let angle = cosine.clamp(-1.0, 1.0).acos().to_degrees();
    angle.min(180.0 - angle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn planes_and_angles() {
        let flat: Vec<[f64; 3]> = (0..10).map(|i| [f64::from(i), f64::from(i * i), 2.0]).collect();
        let tilted: Vec<[f64; 3]> = flat.iter().map(|[x, y, _]| [*x, *y, *x]).collect();
        let (flat, tilted) = (plane_normal(&flat).expect("a plane"), plane_normal(&tilted).expect("a plane"));
        assert!((plane_angle(flat, tilted) - 45.0).abs() < 1e-6);
        assert!(plane_angle(flat, flat.map(|value| -value)) < 1e-6);
    }

    /// Points of the plane z = a x + b y, and noise along its normal.
    fn points_near(a: f64, b: f64) -> Vec<[f64; 3]> {
        (0..200)
            .map(|i| {
                let (x, y) = ((f64::from(i) * 0.7).sin(), (f64::from(i) * 1.3).cos());
                [x, y, a * x + b * y]
            })
            .collect()
    }

    proptest! {
        #[test]
        fn both_fits_find_the_plane_that_is_there(a in -3.0..3.0, b in -3.0..3.0, turn in 0.0..6.3f64) {
            let points = points_near(a, b);
            let by_height = plane_normal(&points).expect("a plane");
            let by_distance = orthogonal_normal(&points).expect("a plane");
            prop_assert!(plane_angle(by_height, by_distance) < 1e-4);
            // An angle is the same in rotated coordinates.
            let turned = |point: &[f64; 3]| {
                let (sin, cos) = turn.sin_cos();
                [cos * point[0] - sin * point[1], sin * point[0] + cos * point[1], point[2]]
            };
            let flat = [0.0, 0.0, 1.0];
            let moved = orthogonal_normal(&points.iter().map(turned).collect::<Vec<_>>()).expect("a plane");
            prop_assert!((plane_angle(moved, flat) - plane_angle(by_distance, flat)).abs() < 1e-4);
        }
    }

    #[test]
    fn a_line_is_no_plane() {
        let line: Vec<[f64; 3]> =
            (0..10).map(|i| [f64::from(i), 2.0 * f64::from(i), -f64::from(i)]).collect();
        assert_eq!((plane_normal(&line), orthogonal_normal(&line)), (None, None));
        assert_eq!(orthogonal_normal(&[]), None);
    }

    #[test]
    fn components_find_the_long_axis() {
        let data = (0..100).flat_map(|i| {
            let t = (f64::from(i) - 49.5) as f32;
            [t, 2.0 * t + if i % 2 == 0 { 0.01 } else { -0.01 }]
        });
        let activity = Array::new(&[100, 2], data.collect());
        let components = PrincipalComponents::fit(&activity).expect("components");
        assert!(components.explained_variance_ratio(1)[0] > 0.999);
        let whitened = components.whitened(&activity, 0);
        let variance = whitened.iter().map(|value| value * value).sum::<f64>() / 99.0;
        assert!((variance - 1.0).abs() < 1e-9);
    }
}
