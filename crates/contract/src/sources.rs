//! The sources of a training: the presets of the published code, or sums of given waveforms.
//!
//! A text defines them: `chords`, `sines`, `waveforms`, or one entry a source, separated by commas. An entry
//! is a sum of waveforms with their frequencies in hertz: `sawtooth 140, sine 150 + sine 210`.

use std::fmt;
use std::str::FromStr;

/// The shape of one wave of amplitude 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveShape {
    /// sin(2 pi f t).
    Sine,
    /// The sign of the sine.
    Square,
    /// A ramp from -1 to 1 in each period.
    Sawtooth,
}

const SHAPES: [(&str, WaveShape); 3] =
    [("sine", WaveShape::Sine), ("square", WaveShape::Square), ("sawtooth", WaveShape::Sawtooth)];

/// One wave of a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    /// Its shape.
    pub shape: WaveShape,
    /// Its frequency in hertz, above zero.
    pub frequency: f64,
}

/// The sources.
#[derive(Clone, Debug, PartialEq)]
pub enum Sources {
    /// Two chords of two sines (x1, x1.25 and x1.5, x2.1 of the base frequency); the paper's default.
    Chords,
    /// Two pure sines (x1 and x1.8 of the base frequency); the paper's Figure 5.
    Sines,
    /// Sine (x1.2), square (x0.8) and sawtooth (x1.4 of the base frequency); three sources.
    Waveforms,
    /// Given sums, one a source. A sum of more than one wave is divided by its maximum.
    Sums(Vec<Vec<Wave>>),
}

/// The names of the presets.
pub const PRESETS: [&str; 3] = ["chords", "sines", "waveforms"];

impl Sources {
    /// The number of sources.
    pub fn count(&self) -> usize {
        match self {
            Sources::Chords | Sources::Sines => 2,
            Sources::Waveforms => 3,
            Sources::Sums(sums) => sums.len(),
        }
    }
}

impl FromStr for Sources {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "chords" => Ok(Sources::Chords),
            "sines" => Ok(Sources::Sines),
            "waveforms" => Ok(Sources::Waveforms),
            sums => sums.split(',').map(sum).collect::<Result<_, _>>().map(Sources::Sums),
        }
    }
}

fn sum(text: &str) -> Result<Vec<Wave>, String> {
    text.split('+').map(wave).collect()
}

fn wave(text: &str) -> Result<Wave, String> {
    let text = text.trim();
    let mut words = text.split_whitespace();
    let (Some(shape), Some(frequency), None) = (words.next(), words.next(), words.next()) else {
        return Err(format!(
            "`{text}` is not a source: write {} or sums like `sine 100 + sine 125, sawtooth 140` (hertz)",
            PRESETS.map(|name| format!("`{name}`")).join(", ")
        ));
    };
    let shape = SHAPES
        .iter()
        .find_map(|(name, known)| (*name == shape).then_some(*known))
        .ok_or_else(|| format!("`{shape}` is not a waveform: use sine, square or sawtooth"))?;
    match frequency.parse::<f64>() {
        Ok(frequency) if frequency.is_finite() && frequency > 0.0 => Ok(Wave { shape, frequency }),
        _ => Err(format!("`{frequency}` is not a frequency: write a number of hertz above 0")),
    }
}

/// The canonical spelling: equal sources have one spelling, and so one cell id.
impl fmt::Display for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sums = match self {
            Sources::Chords => return formatter.write_str("chords"),
            Sources::Sines => return formatter.write_str("sines"),
            Sources::Waveforms => return formatter.write_str("waveforms"),
            Sources::Sums(sums) => sums,
        };
        let wave = |wave: &Wave| {
            let name = SHAPES.iter().find(|(_, shape)| *shape == wave.shape).map_or("", |(name, _)| name);
            format!("{name} {}", wave.frequency)
        };
        let sums: Vec<String> =
            sums.iter().map(|sum| sum.iter().map(wave).collect::<Vec<_>>().join(" + ")).collect();
        formatter.write_str(&sums.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_one_spelling() {
        let sources: Sources = "sawtooth  140,sine 150+ sine 2.1e2".parse().expect("sources");
        assert_eq!(sources.count(), 2);
        assert_eq!(sources.to_string(), "sawtooth 140, sine 150 + sine 210");
        assert_eq!(sources.to_string().parse(), Ok(sources));
    }

    #[test]
    fn bad_sources_say_what_is_wrong() {
        for (text, part) in
            [("chord", "chords"), ("triangle 10", "sawtooth"), ("sine -1", "above 0"), ("", "sums like")]
        {
            let error = text.parse::<Sources>().expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
