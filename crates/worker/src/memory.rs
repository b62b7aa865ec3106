//! Refuses what cannot fit into this machine's memory. A failed allocation would end the program without a
//! message, and one that the system grants but cannot keep would kill other programs, too.

use gainsweep_contract::{Analysis, Parameters};
use gainsweep_model::Network;
use gainsweep_model::analysis::recorded_width;
use rustix::system::sysinfo;

use crate::failure::Failure;

/// What the parameters are used for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Purpose {
    /// A training, and its test.
    Train,
    /// A test alone.
    Test,
    /// A test whose traces are kept for figures.
    Plot,
}

/// Bytes of a number.
const FLOAT: u128 = 4;

/// Weights, their tensors, gradients twice, two moments.
const COPIES_IN_TRAINING: u128 = 6;

/// Numbers that the gradient of one LSTM step needs for each hidden unit and trial: four gates, h, c, tanh c.
const KEPT_PER_UNIT: u128 = 7;

/// Fails if these parameters need more memory than this machine has.
pub(crate) fn check(parameters: &Parameters, purpose: Purpose) -> Result<(), Failure> {
    let system = sysinfo();
    let present = (u128::from(system.totalram) + u128::from(system.totalswap)) * u128::from(system.mem_unit);
    let parts = needs(parameters, purpose);
    let needed: u128 = parts.iter().map(|(bytes, _)| bytes).sum();
    match parts.iter().max() {
        Some((_, cause)) if needed > present => Err(Failure::Other(format!(
            "these parameters need at least {} GB of memory, this machine has {} GB: most is for {cause}",
            needed / 1_000_000_000,
            present / 1_000_000_000,
        ))),
        _ => Ok(()),
    }
}

/// The peak memory of this process so far, if known.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Lower bounds of the needed bytes, each with its cause.
fn needs(parameters: &Parameters, purpose: Purpose) -> [(u128, &'static str); 4] {
    let network = Network::from_parameters(parameters);
    let count = |name: &str| parameters.count(name) as u128;
    let elements = |shape: &[usize]| shape.iter().map(|size| *size as u128).product::<u128>();
    let weights: u128 = network.weights().iter().map(|entry| elements(&entry.shape)).sum();
    let state: u128 = network.state_shapes(1).iter().map(|(_, shape)| elements(shape)).sum();
    let signals = network.signals as u128;

    let length = (parameters.number("source_duration") * parameters.number("sampling_rate")) as u128;
    let sources = length * parameters.sources().count() as u128;
    // Sources, noise, stimuli and outputs, and the traces that analyses and figures keep.
    let drawn = if purpose == Purpose::Plot {
        let traces = crate::network_figures::record(&network);
        traces.into_iter().map(|name| elements(&network.trace_shape(name))).sum()
    } else {
        0
    };
    let analysed = if parameters.analysis().is_some_and(Analysis::reads_network) {
        recorded_width(&network) as u128
    } else {
        0
    };
    let test =
        count("test_contexts") * count("test_samples_per_context") * (4 * signals + drawn.max(analysed));
    let (copies, batch) = match purpose {
        Purpose::Train => {
            let trial = state + (KEPT_PER_UNIT - 2) * network.hidden_units as u128 + 3 * signals;
            (COPIES_IN_TRAINING, count("samples_per_context") * count("trials_per_batch") * trial)
        }
        Purpose::Test | Purpose::Plot => (2, 0),
    };
    [
        (weights * copies * FLOAT, "the weights: use fewer units"),
        (batch * FLOAT, "one batch: use fewer `samples_per_context`, `trials_per_batch` or units"),
        (test * FLOAT, "the test: use fewer `test_contexts` or `test_samples_per_context`"),
        // They are computed as 64-bit numbers first.
        (sources * 3 * FLOAT, "the sources: use a shorter `source_duration`"),
    ]
}
