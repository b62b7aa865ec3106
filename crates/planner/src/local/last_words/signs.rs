//! What errors and noise look like, in the words of languages and tools.

/// How a line begins that is an error, in lower case.
const BEGINNINGS: [&str; 11] = [
    "error:",
    "error in ",
    "error using ",
    "error[",
    "fatal:",
    "fatal error",
    "fatal python error",
    "panic:",
    "terminate called",
    "fortran runtime error",
    "exception in thread",
];

/// What stands in a line that is an error.
const PARTS: [&str; 14] = [
    ": error ",
    ": error: ",
    ": fatal error: ",
    ": fatal: ",
    " ERROR ",
    "[ERROR]",
    " CRITICAL ",
    " FATAL ",
    " panicked at ",
    "CUDA error",
    "Segmentation fault",
    "Bus error",
    "Illegal instruction",
    "Floating point exception",
];

/// Words of a line that may be an error, in lower case.
const WORDS: [&str; 12] = [
    "error",
    "failed",
    "failure",
    "fatal",
    "cannot",
    "could not",
    "exception",
    "unable to",
    "out of memory",
    "command not found",
    "no such file or directory",
    "permission denied",
];

/// How a line begins that says nothing about the reason, in lower case.
const NOISE_BEGINNINGS: [&str; 22] = [
    "warning",
    "exception ignored",
    "note: ",
    "execution halted",
    "calls:",
    "stacktrace:",
    "in expression starting at",
    "during handling of the above exception",
    "the above exception was the direct cause",
    "make:",
    "make[",
    "compilation terminated",
    "collect2:",
    "aborted",
    "error termination",
    "exit status",
    "srun: ",
    "mpirun ",
    "wandb: ",
    "node.js v",
    "for more information about this error",
    "set the environment variable hydra_full_error",
];

/// What stands in a line that says nothing about the reason.
const NOISE_PARTS: [&str; 12] = [
    "Warning:",
    " warning:",
    "[WARNING]",
    " WARNING ",
    "warnings.warn(",
    "could not compile",
    "aborting due to",
    "all warnings being treated",
    "resource_tracker:",
    "it/s]",
    "s/it]",
    "%|",
];

/// Is it noise, such as a warning, the end of a stack trace or a progress bar?
pub(super) fn is_noise(line: &str) -> bool {
    let lower = line.trim_start().to_lowercase();
    NOISE_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
        || NOISE_PARTS.iter().any(|part| line.contains(part))
}

/// Does it say in a usual way what went wrong?
pub(super) fn is_clearly_an_error(line: &str) -> bool {
    let lower = line.trim_start().to_lowercase();
    let says_so = BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
        || PARTS.iter().any(|part| line.contains(part));
    !is_noise(line)
        && (is_named_error(line.trim_start()) || was_killed(line) || (says_so && !is_measure(line)))
}

/// Does it have a word of errors?
pub(super) fn is_perhaps_an_error(line: &str) -> bool {
    let lower = line.to_lowercase();
    !is_noise(line) && !is_measure(line) && WORDS.iter().any(|word| lower.contains(word))
}

/// `ValueError: bad`, `java.lang.IllegalStateException: bad`
fn is_named_error(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    is_name && (name.ends_with("Error") || name.ends_with("Exception") || name == "KeyboardInterrupt")
}

/// `Killed`, `run.sh: line 3: 4711 Killed    python train.py`
fn was_killed(line: &str) -> bool {
    line.trim() == "Killed" || (line.contains(": line ") && line.contains(" Killed "))
}

/// `test error: 0.12`: a number that is measured.
fn is_measure(line: &str) -> bool {
    let lower = line.to_lowercase();
    let mut measures = lower.match_indices("error").map(|(at, word)| {
        let rest = lower[at + word.len()..].trim_start_matches('s');
        let value = rest.trim_start_matches([':', '=', ' ']);
        let (number, more) = value.split_once([' ', ',', ';']).unwrap_or((value, ""));
        let is_number = number.parse::<f64>().is_ok();
        value.len() < rest.len() && is_number && (more.is_empty() || number.contains('.'))
    });
    measures.any(|measure| measure)
}
