//! The modulation kernel: how strongly feedback signal j reaches unit i (paper, eq. 10).

use std::f64::consts::PI;

use crate::array::Array;

/// From this width on the kernel is flat: every signal reaches every unit equally.
pub const FLAT_WIDTH: f64 = 10.0;

/// The kernel `[units, signals]`.
///
/// Units and signals are evenly spaced on a ring; `K_ij` = `exp(cos(z_i` - `l_j`) / width), divided by its
/// maximum over the units. Width 0 means boxes of `units / signals` (whole) units each; remaining units get
/// no modulation. Widths from [`FLAT_WIDTH`] on, infinity included, are flat.
pub fn modulation_kernel(units: usize, signals: usize, width: f64) -> Array {
    let mut kernel = Array::zeros(&[units, signals]);
    for signal in 0..signals {
        let column: Vec<f64> = if width == 0.0 {
            let size = units / signals;
            let inside = size * signal..size * (signal + 1);
            (0..units).map(|unit| if inside.contains(&unit) { 1.0 } else { 0.0 }).collect()
        } else if width >= FLAT_WIDTH {
            vec![1.0; units]
        } else {
            von_mises(units, 2.0 * PI * signal as f64 / signals as f64, width)
        };
        for (unit, value) in column.into_iter().enumerate() {
            kernel.data_mut()[unit * signals + signal] = value as f32;
        }
    }
    kernel
}

fn von_mises(units: usize, centre: f64, width: f64) -> Vec<f64> {
    let cosine: Vec<f64> =
        (0..units).map(|unit| (2.0 * PI * unit as f64 / units as f64 - centre).cos()).collect();
    let largest = cosine.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The difference first: exp(1 / width) alone overflows for narrow kernels.
    cosine.into_iter().map(|cosine| ((cosine - largest) / width).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_leave_the_remainder_alone() {
        let kernel = modulation_kernel(7, 2, 0.0);
        let reached: Vec<f32> = (0..7).map(|unit| kernel.row(unit).iter().sum()).collect();
        assert_eq!(reached, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn every_signal_peaks_at_one_and_narrow_kernels_are_finite() {
        for width in [1e-6, 0.05, 0.2, 1.0, 9.99, 10.0, f64::INFINITY] {
            let kernel = modulation_kernel(10, 3, width);
            assert!(kernel.is_finite());
            for signal in 0..3 {
                let peak = (0..10).map(|unit| kernel.row(unit)[signal]).fold(0.0, f32::max);
                assert!((peak - 1.0).abs() < 1e-6, "width {width}: {peak}");
            }
        }
    }
}
