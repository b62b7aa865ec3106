//! The table of the built-in worker's parameters. Parsing, checks, defaults, `gainsweep-worker params` and the
//! planner's error messages all come from this one list.

use crate::analysis::{Analysis, DECODERS, STAGES};
pub use crate::model::Model;
use crate::model::WITH_POPULATION;
use crate::sources::Sources;
use crate::value::Value;

/// The values that a parameter may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number between two bounds, both included.
    Integer {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// A number between two bounds, both included.
    Float {
        /// The smallest value.
        min: f64,
        /// The largest value.
        max: f64,
        /// Is `min` itself excluded?
        above: bool,
    },
    /// One of some names.
    Choice(&'static [&'static str]),
    /// Sources, see [`crate::sources`].
    Sources,
    /// The id of a cell.
    Cell,
}

/// A value that a table of constants can hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// See [`Value::Boolean`].
    Boolean(bool),
    /// See [`Value::Integer`].
    Integer(i64),
    /// See [`Value::Float`].
    Float(f64),
    /// See [`Value::Text`].
    Text(&'static str),
}

impl From<Literal> for Value {
    fn from(literal: Literal) -> Value {
        match literal {
            Literal::Boolean(flag) => Value::Boolean(flag),
            Literal::Integer(number) => Value::Integer(number),
            Literal::Float(number) => Value::Float(number),
            Literal::Text(text) => Value::Text(text.into()),
        }
    }
}

/// The source of a default.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// The same for all networks.
    Is(Literal),
    /// By network.
    By(fn(Model) -> Literal),
    /// Computed from the value of another parameter; the text says how. `None` for a value that the other
    /// parameter cannot have.
    From(&'static str, fn(&Value) -> Option<Value>, &'static str),
    /// No default: a parameter that is left out is absent. The text says what that means.
    Absent(&'static str),
    /// Only these analyses have the parameter; with them, this is its default.
    Of(&'static [Analysis], &'static Fallback),
}

/// One parameter of the built-in worker.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Name in parameter files.
    pub name: &'static str,
    /// The values that it may have.
    pub kind: Kind,
    /// The default: that of the published demos.
    pub default: Fallback,
    /// The networks that have it.
    pub models: &'static [Model],
    /// Unit, empty for pure numbers.
    pub unit: &'static str,
    /// Symbol in the paper; may be empty.
    pub symbol: &'static str,
    /// Name in the published code; may be empty.
    pub published: &'static str,
    /// One sentence.
    pub help: &'static str,
}

use Analysis::{ContextDecoding, Drive, Feedforward, FrozenFeedback, Stages};
use Fallback::{Absent, By, From as DerivedFrom, Is, Of};
use Literal::{Boolean, Float, Integer, Text};
use Model::{Dale, Modulation, Spatial, Unmixing};

const ALL: &[Model] = &Model::ALL;
const WITH_TAU: &[Model] = &[Modulation, Spatial, Dale];
const WITH_MODULATOR_INPUT: &[Model] = &[Unmixing, Modulation, Spatial, Dale];

/// Most units, samples, trials: far above any useful value; it catches typing errors.
const MANY: i64 = 1_000_000;

/// The names of [`context types`](Parameter), in the order of the published code's `mix_type`.
pub const CONTEXT_TYPES: &[&str] =
    &["random_normalised", "random", "scale", "scale_both", "interpolate", "interpolate_both", "constant"];
/// The inputs of the LSTM.
pub const MODULATOR_INPUTS: &[&str] = &["xy", "x", "y"];
/// What the feedback modulates in the Dale network, in the order of the published code's `mod_target`.
pub const MODULATION_TARGETS: &[&str] = &["both", "excitation", "inhibition"];

fn count_of_sources(sources: &Value) -> Option<Value> {
    let Value::Text(sources) = sources else { return None };
    i64::try_from(sources.parse::<Sources>().ok()?.count()).ok().map(Value::Integer)
}

const fn count(min: i64) -> Kind {
    Kind::Integer { min, max: MANY }
}

const fn at_least(min: f64) -> Kind {
    Kind::Float { min, max: f64::INFINITY, above: false }
}

const fn above(min: f64, max: f64) -> Kind {
    Kind::Float { min, max, above: true }
}

/// Every parameter, in display order.
#[rustfmt::skip]
pub const PARAMETERS: &[Parameter] = &[
    Parameter { name: "model", kind: Kind::Choice(&Model::NAMES), default: Is(Text("modulation")), models: ALL,
        unit: "", symbol: "", published: "MODEL_CLASS", help: "network" },
    Parameter { name: "seed", kind: Kind::Integer { min: 0, max: i64::MAX }, default: Is(Integer(1)), models: ALL,
        unit: "", symbol: "", published: "", help: "seed of every random number of the cell" },
    // The task.
    Parameter { name: "sources", kind: Kind::Sources, default: Is(Text("chords")), models: ALL,
        unit: "", symbol: "s", published: "gen_chords, gen_sines, gen_ica_style",
        help: "`chords`, `sines`, `waveforms`, or sums of waveforms in hertz like `sawtooth 140, sine 150 + sine 210`" },
    Parameter { name: "number_of_sources", kind: Kind::Integer { min: 1, max: 64 }, default: DerivedFrom("sources", count_of_sources, "as many as `sources` has"),
        models: ALL, unit: "", symbol: "n_s", published: "signal_dim",
        help: "sources mixed at a time; below the number of `sources`, each batch draws that many of them" },
    Parameter { name: "base_frequency", kind: above(0.0, f64::INFINITY), default: Is(Float(100.0)), models: ALL,
        unit: "Hz", symbol: "", published: "base_freq", help: "frequency that the presets of `sources` are multiples of" },
    Parameter { name: "sampling_rate", kind: above(0.0, f64::INFINITY), default: Is(Float(8000.0)), models: ALL,
        unit: "Hz", symbol: "f_s", published: "fs", help: "samples of a source in a second" },
    Parameter { name: "source_duration", kind: above(0.0, 3600.0), default: Is(Float(2.0)), models: ALL,
        unit: "s", symbol: "", published: "dur", help: "length of the sources that phases are drawn from" },
    Parameter { name: "context_type", kind: Kind::Choice(CONTEXT_TYPES), default: Is(Text("random_normalised")), models: ALL,
        unit: "", symbol: "A", published: "mix_type", help: "how mixing matrices are drawn" },
    Parameter { name: "determinant_threshold", kind: Kind::Float { min: 0.0, max: 1.0, above: false }, default: Is(Float(0.2)),
        models: ALL, unit: "", symbol: "", published: "det_threshold", help: "mixing matrices need |det A| above this" },
    Parameter { name: "noise", kind: at_least(0.0), default: Is(Float(0.001)), models: ALL,
        unit: "", symbol: "sigma_n", published: "mix_noise", help: "standard deviation of the noise on the stimuli" },
    Parameter { name: "samples_per_context", kind: count(2), default: Is(Integer(1000)), models: ALL,
        unit: "time steps", symbol: "n_t", published: "nt", help: "time steps in one context: one trial of training" },
    // The network.
    Parameter { name: "hidden_units", kind: count(1), default: Is(Integer(100)), models: ALL,
        unit: "", symbol: "N_h", published: "hidden_dim", help: "units of the LSTM" },
    Parameter { name: "modulator_input", kind: Kind::Choice(MODULATOR_INPUTS), default: Is(Text("xy")), models: WITH_MODULATOR_INPUT,
        unit: "", symbol: "", published: "input_to_net", help: "what the LSTM sees: stimuli x, outputs y, or both" },
    Parameter { name: "tau", kind: at_least(1.0), default: By(|model| Float(if model == Modulation { 1.0 } else { 100.0 })), models: WITH_TAU,
        unit: "time steps", symbol: "tau", published: "tau", help: "timescale of the modulation; 1 is instantaneous" },
    Parameter { name: "additive", kind: Kind::Boolean, default: Is(Boolean(false)), models: &[Modulation],
        unit: "", symbol: "", published: "add", help: "add the modulation to the baseline weights instead of multiplying them" },
    Parameter { name: "baseline_deviation", kind: at_least(0.0), default: Is(Float(0.001)), models: &[Modulation],
        unit: "", symbol: "", published: "w0_var", help: "standard deviation of the baseline weights W0 around 1 (additive: around 0)" },
    Parameter { name: "population_units", kind: count(1), default: Is(Integer(100)), models: WITH_POPULATION,
        unit: "", symbol: "N_z, N_H", published: "Nz", help: "units of the modulated population" },
    Parameter { name: "lower_population_units", kind: count(1), default: Is(Integer(40)), models: &[Dale],
        unit: "", symbol: "N_L", published: "NzL", help: "units of the lower-level population" },
    Parameter { name: "inhibitory_units", kind: count(0), default: Is(Integer(20)), models: &[Dale],
        unit: "", symbol: "N_I", published: "inh_frac * NzL", help: "inhibitory units; 0 is no feedforward inhibition" },
    Parameter { name: "feedback_signals", kind: count(1), default: Is(Integer(4)), models: WITH_POPULATION,
        unit: "", symbol: "N_FB", published: "Nm", help: "feedback signals that modulate the population" },
    Parameter { name: "modulation_width", kind: at_least(0.0), default: Is(Float(0.2)), models: WITH_POPULATION,
        unit: "", symbol: "sigma_m^2", published: "mod_width", help: "width of the modulation kernel on the ring; 0 is boxes, 10 and above (`inf`) is flat" },
    Parameter { name: "modulation_target", kind: Kind::Choice(MODULATION_TARGETS), default: Is(Text("both")), models: &[Dale],
        unit: "", symbol: "", published: "mod_target", help: "inputs of the population that the feedback modulates" },
    Parameter { name: "learn_baseline", kind: Kind::Boolean, default: By(|model| Boolean(model == Dale)), models: WITH_POPULATION,
        unit: "", symbol: "W_x, W_HL", published: "learn_baseline", help: "train the weights into the modulated population" },
    Parameter { name: "learn_readout", kind: Kind::Boolean, default: By(|model| Boolean(model == Dale)), models: WITH_POPULATION,
        unit: "", symbol: "W_ro", published: "learn_ro", help: "train the readout of the population" },
    Parameter { name: "learn_input", kind: Kind::Boolean, default: Is(Boolean(true)), models: &[Dale],
        unit: "", symbol: "W_Lx", published: "learn_wx", help: "train the weights into the lower-level population" },
    // The training.
    Parameter { name: "batches", kind: Kind::Integer { min: 0, max: 1_000_000_000 }, default: Is(Integer(10_000)), models: ALL,
        unit: "", symbol: "", published: "n_batch", help: "batches of the training" },
    Parameter { name: "trials_per_batch", kind: count(1), default: Is(Integer(32)), models: ALL,
        unit: "", symbol: "", published: "batch_size", help: "trials of a batch, each with a context of its own" },
    Parameter { name: "learning_rate", kind: above(0.0, f64::INFINITY), default: Is(Float(0.001)), models: ALL,
        unit: "", symbol: "", published: "lr", help: "learning rate of Adam" },
    Parameter { name: "gradient_clip", kind: above(0.0, f64::INFINITY), default: Is(Float(1.0)), models: ALL,
        unit: "", symbol: "", published: "max_grad_value", help: "gradients are clipped, each by its value, to +-this" },
    Parameter { name: "regularisation", kind: at_least(0.0), default: By(|model| Float(if model == Dale { 1e-5 } else { 0.0 })), models: ALL,
        unit: "", symbol: "lambda_out", published: "lambda_reg", help: "weight of the sum of |feedback| over time, trials and signals" },
    Parameter { name: "carry_state", kind: Kind::Boolean, default: Is(Boolean(true)), models: ALL,
        unit: "", symbol: "", published: "", help: "carry the network's state over from batch to batch" },
    // The test.
    Parameter { name: "test_contexts", kind: count(1), default: Is(Integer(20)), models: ALL,
        unit: "", symbol: "", published: "n_test", help: "fresh contexts of the test, run as one sequence" },
    Parameter { name: "test_samples_per_context", kind: count(2), default: DerivedFrom("samples_per_context", |samples| Some(samples.clone()), "`samples_per_context`"), models: ALL,
        unit: "time steps", symbol: "n_t", published: "n_sample", help: "time steps in one context of the test" },
    Parameter { name: "test_seed", kind: Kind::Integer { min: 0, max: i64::MAX }, default: Absent("left out: `seed`"), models: ALL,
        unit: "", symbol: "", published: "", help: "seed of the test's contexts and noise: the same ones for networks of different seeds" },
    Parameter { name: "network", kind: Kind::Cell, default: Absent("left out: a network is trained"), models: ALL,
        unit: "", symbol: "", published: "", help: "cell whose trained network is tested; nothing is trained" },
    // Analyses of a trained network, and baselines.
    Parameter { name: "analysis", kind: Kind::Choice(&Analysis::NAMES), default: Absent("left out: the plain test"), models: ALL,
        unit: "", symbol: "", published: "", help: "what is asked of the `network`; \"static_readout\" and \"feedforward\" are baselines without one" },
    Parameter { name: "repetitions", kind: count(1), default: Of(&[FrozenFeedback], &Is(Integer(40))), models: WITH_POPULATION,
        unit: "", symbol: "", published: "", help: "pairs of contexts, each a repetition of the experiment" },
    Parameter { name: "stage", kind: Kind::Choice(&STAGES), default: Of(&[Stages, ContextDecoding], &Absent("left out: each, with the stage in the names of the metrics")), models: ALL,
        unit: "", symbol: "x, z, z^L, z^H, m, y", published: "", help: "the stage of the network to look at" },
    Parameter { name: "decoder", kind: Kind::Choice(&DECODERS), default: Of(&[ContextDecoding], &Absent("left out: each, with the decoder in the names of the metrics")), models: ALL,
        unit: "", symbol: "", published: "", help: "how the context is decoded: linearly, from a quadratic expansion, or linearly as its inverse" },
    Parameter { name: "training_contexts", kind: count(1), default: Of(&[Stages], &Absent("left out: half of `test_contexts`")), models: ALL,
        unit: "", symbol: "", published: "", help: "test contexts that the decoder of the sources is fitted in; it is tested in the others" },
    Parameter { name: "context_grid", kind: Kind::Integer { min: 2, max: 1000 }, default: Of(&[ContextDecoding], &Is(Integer(20))), models: ALL,
        unit: "", symbol: "", published: "", help: "points of the grid of contexts along each side" },
    Parameter { name: "drive", kind: Kind::Float { min: -1000.0, max: 1000.0, above: false }, default: Of(&[Drive], &Is(Float(3.0))),
        models: WITH_POPULATION, unit: "", symbol: "", published: "", help: "extra input to the modulation units" },
    Parameter { name: "driven_unit", kind: count(1), default: Of(&[Drive], &Absent("left out: all of them")), models: WITH_POPULATION,
        unit: "", symbol: "", published: "", help: "the modulation unit that is driven, counted from 1" },
    Parameter { name: "window", kind: Kind::Integer { min: 1, max: 10_000 }, default: Of(&[Feedforward], &Is(Integer(100))), models: ALL,
        unit: "time steps", symbol: "n_t", published: "", help: "time steps that the feedforward network sees and unmixes at once" },
];

/// Parameters of the test, not of the network: an analysis of trained networks may vary them.
pub const OF_A_TEST: &[&str] = &[
    "test_contexts",
    "test_samples_per_context",
    "test_seed",
    "context_type",
    "determinant_threshold",
    "noise",
    "sources",
    "base_frequency",
    "sampling_rate",
    "source_duration",
    "tau",
    "analysis",
    "repetitions",
    "stage",
    "decoder",
    "training_contexts",
    "context_grid",
    "drive",
    "driven_unit",
];

/// The parameter of that name.
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

/// The known name nearest to an unknown one, if any is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= 0.5)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

impl Parameter {
    /// The default for that network; `None` if it depends on another parameter or an analysis, or if there is
    /// none.
    pub fn default_for(&self, model: Model) -> Option<Value> {
        match self.default {
            Is(literal) => Some(literal.into()),
            By(choose) => Some(choose(model).into()),
            DerivedFrom(..) | Absent(_) | Of(..) => None,
        }
    }

    /// The analyses that have it, if only some do.
    pub fn analyses(&self) -> Option<&'static [Analysis]> {
        match self.default {
            Of(analyses, _) => Some(analyses),
            Is(_) | By(_) | DerivedFrom(..) | Absent(_) => None,
        }
    }

    /// The values that it may have, as text.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Boolean => "true, false".into(),
            Kind::Integer { min, max: i64::MAX } => format!("whole numbers from {min}"),
            Kind::Integer { min, max } => format!("whole numbers from {min} to {max}"),
            Kind::Float { min, max, above } => {
                let from = if above { "above" } else { "at least" };
                let to = if max.is_finite() { format!(", at most {max}") } else { String::new() };
                format!("{from} {min}{to}")
            }
            Kind::Choice(names) => names.join(", "),
            Kind::Sources => "presets or sums of waveforms".into(),
            Kind::Cell => "the id of a cell: 16 hexadecimal digits".into(),
        }
    }
}
