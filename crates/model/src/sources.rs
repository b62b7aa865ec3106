//! The source signals s(t): sines, chords, classic waveforms, and sums of any of them.
//!
//! The order of the floating-point operations is that of the published code (`data_maker.py`): it decides on
//! which side of a zero crossing a square wave is.

use std::f64::consts::PI;

use gainsweep_contract::sources::{Sources, Wave, WaveShape};

use crate::array::Array;

/// Samples sources.
///
/// Returns `[samples, sources]`, with values in [-1, 1]; `duration` is in seconds, `sampling_rate` and
/// `base_frequency` in hertz. The presets use multiples of `base_frequency`; given sums have their own
/// frequencies.
pub fn generate(sources: &Sources, base_frequency: f64, sampling_rate: f64, duration: f64) -> Array {
    let samples = (duration * sampling_rate).ceil().max(1.0) as usize;
    let time: Vec<f64> = (0..samples).map(|index| index as f64 * (1.0 / sampling_rate)).collect();
    let columns: Vec<Vec<f64>> = match sources {
        Sources::Sines => [1.0, 1.8].iter().map(|ratio| sine(base_frequency * ratio, &time)).collect(),
        Sources::Chords => {
            let chord = |one: f64, other: f64| {
                normalised(sum(&sine(one * base_frequency, &time), &sine(other * base_frequency, &time)))
            };
            vec![chord(1.0, 1.25), chord(1.5, 2.1)]
        }
        // The columns of the published `gen_ica_style`: sine, square, sawtooth.
        Sources::Waveforms => vec![
            time.iter().map(|t| (2.0 * PI * base_frequency * 1.2 * t).sin()).collect(),
            time.iter().map(|t| sign((2.0 * PI * base_frequency * 0.8 * t).sin())).collect(),
            time.iter().map(|t| ramp(2.0 * PI * base_frequency * 1.4 * t)).collect(),
        ],
        Sources::Sums(sums) => sums
            .iter()
            .map(|waves| match waves.as_slice() {
                [wave] => sampled(*wave, &time),
                waves => {
                    let zero = vec![0.0; samples];
                    normalised(waves.iter().fold(zero, |total, wave| sum(&total, &sampled(*wave, &time))))
                }
            })
            .collect(),
    };
    let sources = columns.len();
    let mut data = Vec::with_capacity(samples * sources);
    for index in 0..samples {
        data.extend(columns.iter().map(|column| column[index] as f32));
    }
    Array::new(&[samples, sources], data)
}

fn sampled(wave: Wave, time: &[f64]) -> Vec<f64> {
    match wave.shape {
        WaveShape::Sine => sine(wave.frequency, time),
        WaveShape::Square => time.iter().map(|t| sign((2.0 * PI * wave.frequency * t).sin())).collect(),
        WaveShape::Sawtooth => time.iter().map(|t| ramp(2.0 * PI * wave.frequency * t)).collect(),
    }
}

fn sine(frequency: f64, time: &[f64]) -> Vec<f64> {
    time.iter().map(|t| (frequency * t * 2.0 * PI).sin()).collect()
}

/// numpy's sign: zero for zero.
fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

/// A sawtooth of period 2 pi that rises from -1 to 1.
fn ramp(phase: f64) -> f64 {
    let turn = 2.0 * PI;
    phase.rem_euclid(turn) / PI - 1.0
}

fn sum(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| one + other).collect()
}

fn normalised(values: Vec<f64>) -> Vec<f64> {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if largest == 0.0 { values } else { values.into_iter().map(|value| value / largest).collect() }
}
