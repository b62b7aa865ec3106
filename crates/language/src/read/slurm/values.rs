//! The values of `[slurm]`. Text in a script's directives is one word each: it cannot end a line or begin
//! another option.

use crate::diagnostic::Diagnostic;
use crate::quantity::{parse_duration, parse_memory};
use crate::read::syntax::{Key, Node, must_be, text, texts};
use crate::slurm::Amount;

type Problems = Vec<Diagnostic>;

/// The largest count: it catches typing errors.
const MANY: i64 = 1_000_000;
/// The largest value of Slurm.
const NICEST: i64 = 2_147_483_645;

/// Options of sbatch, with their letter if any, and the key of `[slurm]` for them. Without a key, the
/// submission sets them.
const OPTIONS: [(&str, Option<char>, Option<&str>); 27] = [
    ("partition", Some('p'), Some("partition")),
    ("account", Some('A'), Some("account")),
    ("qos", Some('q'), Some("qos")),
    ("constraint", Some('C'), Some("constraint")),
    ("reservation", None, Some("reservation")),
    ("exclude", Some('x'), Some("exclude")),
    ("gpus", Some('G'), Some("gpus")),
    ("nice", None, Some("nice")),
    ("time", Some('t'), Some("time")),
    ("mem", None, Some("memory")),
    ("mem-per-cpu", None, Some("memory_per_cpu")),
    ("cpus-per-task", Some('c'), Some("cpus")),
    ("signal", None, Some("signal_seconds")),
    ("requeue", None, Some("requeue")),
    ("no-requeue", None, Some("requeue")),
    ("array", Some('a'), None),
    ("job-name", Some('J'), None),
    ("output", Some('o'), None),
    ("error", Some('e'), None),
    ("open-mode", None, None),
    ("ntasks", Some('n'), Some("tasks")),
    ("nodes", Some('N'), Some("nodes")),
    ("chdir", Some('D'), None),
    ("wrap", None, None),
    ("parsable", None, None),
    ("test-only", None, None),
    ("wait", Some('W'), None),
];

/// What an option says besides its key, and may be a directive: it adds to what the submission sets.
const ADDS: [&str; 1] = ["--requeue=expedite"];

/// The key for one of Slurm's own option names.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let name = name.replace('_', "-");
    OPTIONS.iter().find(|(option, ..)| *option == name).and_then(|(_, _, key)| *key)
}

/// A text that is one word.
pub(super) fn word(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let word = text(key, node, problems)?;
    check_word(key, &word, node, problems).then_some(word)
}

fn check_word(key: &Key<'_>, word: &str, node: &Node<'_>, problems: &mut Problems) -> bool {
    let bad = word.chars().find(|c| c.is_whitespace() || c.is_control() || "\"'\\#`$;".contains(*c));
    if let Some(bad) = bad {
        problems.push(
            Diagnostic::new(format!("`{}` must be one word without quotes, got {word:?}", key.get_ref()))
                .at(node.span())
                .hint(format!("{bad:?} is not allowed in it")),
        );
    }
    bad.is_none()
}

/// A list of words.
pub(super) fn words(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let items = node.get_ref().as_array();
    let words = texts(key, node, problems).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
    let mut right = items.is_some_and(|items| items.len() == words.len());
    for (word, node) in words.iter().zip(items.into_iter().flatten()).filter(|_| right).collect::<Vec<_>>() {
        right &= check_word(key, word, node, problems);
    }
    right.then_some(words)
}

fn whole(node: &Node<'_>) -> Option<i64> {
    let number = node.get_ref().as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A whole number from 1.
pub(super) fn count(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<u32> {
    between(key, node, 1, MANY, problems)
}

/// A value of `nice`.
pub(super) fn nice(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<u32> {
    between(key, node, 0, NICEST, problems)
}

fn between(key: &Key<'_>, node: &Node<'_>, from: i64, to: i64, problems: &mut Problems) -> Option<u32> {
    let number = whole(node).filter(|number| (from..=to).contains(number));
    if number.is_none() {
        let problem = must_be(key, node, &format!("a whole number from {from} to {to}"));
        problems.push(match (key.get_ref().as_ref(), whole(node)) {
            ("at_most", Some(0)) => problem.hint("leave it out for no limit"),
            ("attempts", Some(0)) => problem.hint("`attempts = 1` retries nothing"),
            _ => problem,
        });
    }
    number.and_then(|number| u32::try_from(number).ok())
}

/// `true` or `false`.
pub(super) fn flag(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<bool> {
    let flag = node.get_ref().as_bool();
    if flag.is_none() {
        problems.push(must_be(key, node, "true or false"));
    }
    flag
}

/// A factor of at least 1.
pub(super) fn factor(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<f64> {
    let float = node.get_ref().as_float().and_then(|number| number.as_str().parse::<f64>().ok());
    let number = float.or_else(|| whole(node).map(|number| number as f64));
    let number = number.filter(|number| (1.0..=1000.0).contains(number));
    if number.is_none() {
        let problem = must_be(key, node, "a number from 1 to 1000");
        problems.push(
            problem.hint("each retry gets this many times as much as the attempt before; 1 for the same"),
        );
    }
    number
}

/// A number of GPUs, or a type and a number.
pub(super) fn gpus(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    if node.get_ref().as_str().is_some() {
        return word(key, node, problems);
    }
    let number = whole(node).filter(|number| (0..=MANY).contains(number));
    if number.is_none() {
        problems.push(must_be(key, node, "a whole number, or a type and a number such as \"a100:1\""));
    }
    number.map(|number| number.to_string())
}

/// An amount, or `"auto"`.
pub(super) fn or_auto<T>(
    key: &Key<'_>,
    node: &Node<'_>,
    problems: &mut Problems,
    amount: impl Fn(&Key<'_>, &Node<'_>, &mut Problems) -> Option<T>,
) -> Option<Amount<T>> {
    if node.get_ref().as_str() == Some("auto") {
        return Some(Amount::Predicted);
    }
    amount(key, node, problems).map(Amount::Said)
}

/// A time above zero.
pub(super) fn time(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<std::time::Duration> {
    quantity(
        key,
        node,
        "a time in quotes",
        "for example \"2 h\", \"90 min\" or \"1-12:00:00\"",
        problems,
        |text| {
            parse_duration(text)
                .and_then(|time| if time.is_zero() { Err("must be above 0".into()) } else { Ok(time) })
        },
    )
}

/// Memory above zero.
pub(super) fn memory(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<u64> {
    let what = "an amount of memory in quotes";
    quantity(key, node, what, "for example \"2 GiB\" or \"512M\"", problems, |text| {
        parse_memory(text).and_then(|mib| if mib == 0 { Err("must be above 0".into()) } else { Ok(mib) })
    })
}

fn quantity<T>(
    key: &Key<'_>,
    node: &Node<'_>,
    what: &str,
    example: &str,
    problems: &mut Problems,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let Some(text) = node.get_ref().as_str() else {
        problems.push(must_be(key, node, what).hint(example));
        return None;
    };
    let reason = match parse(text) {
        Ok(quantity) => return Some(quantity),
        Err(reason) => reason,
    };
    let (reason, hint) =
        reason.split_once(": ").map_or((reason.as_str(), None), |(reason, hint)| (reason, Some(hint)));
    let problem = Diagnostic::new(format!("`{}` = {text:?} {reason}", key.get_ref())).at(node.span());
    problems.push(match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    });
    None
}

/// Lines of shell.
pub(super) fn preamble(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    lines(key, node, problems, |line| {
        line.trim_start().starts_with("#SBATCH").then(|| {
            (
                "a line of `preamble` is shell code, and cannot be an #SBATCH line".into(),
                "write its options in `directives`".into(),
            )
        })
    })
}

/// More options of sbatch.
pub(super) fn directives(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    lines(key, node, problems, |line| {
        if line.starts_with("#SBATCH") {
            return Some((
                "a directive is written without #SBATCH".into(),
                "begin it with the option, as in \"--switches=1\"".into(),
            ));
        }
        if !line.starts_with('-') {
            return Some((
                format!("{line:?} is not an option of sbatch"),
                "begin it with the option, as in \"--switches=1\"".into(),
            ));
        }
        // Slurm reads several options on one line: check each of them.
        line.split_whitespace().filter(|word| !ADDS.contains(word)).find_map(|word| {
            let (option, _, key) = OPTIONS.iter().find(|(option, letter, _)| {
                let long = word.strip_prefix("--").map(|word| word.split('=').next().unwrap_or(word));
                long == Some(option)
                    || (long.is_none()
                        && letter.is_some_and(|letter| {
                            word.strip_prefix('-').is_some_and(|word| word.starts_with(letter))
                        }))
            })?;
            let hint = match key {
                Some(key) => format!("write `{key}` instead"),
                None => "leave it out".into(),
            };
            let by = if key.is_some() { "it has its own key" } else { "the submission sets it itself" };
            Some((format!("--{option} cannot be a directive: {by}"), hint))
        })
    })
}

fn lines(
    key: &Key<'_>,
    node: &Node<'_>,
    problems: &mut Problems,
    refuse: impl Fn(&str) -> Option<(String, String)>,
) -> Option<Vec<String>> {
    let before = problems.len();
    let lines = texts(key, node, problems);
    for (line, span) in &lines {
        let wrong = if line.contains(['\n', '\r']) {
            Some((
                format!("each of `{}` is one line", key.get_ref()),
                "write each line as a separate text".into(),
            ))
        } else if line.chars().any(|c| c.is_control() && c != '\t') {
            Some((
                format!("a control character is not allowed in `{}`", key.get_ref()),
                "leave it out".into(),
            ))
        } else {
            refuse(line)
        };
        problems.extend(wrong.map(|(message, hint)| Diagnostic::new(message).at(span.clone()).hint(hint)));
    }
    (problems.len() == before).then(|| lines.into_iter().map(|(line, _)| line).collect())
}
