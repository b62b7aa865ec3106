//! Batch scripts: options, a site's preamble, and one command. No logic.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use crate::{JobDescription, Memory, logs};

/// The first line: sites' preambles (`module load ...`) are written for bash.
const INTERPRETER: &str = "#!/bin/bash";
/// Makes a comment an option.
const DIRECTIVE: &str = "#SBATCH";

/// Ends the script when a line of the preamble fails, and says which. What a file that is sourced does inside is its
/// own affair, as long as it succeeds in the end.
fn stop_where_a_line_fails() -> String {
    let say = format!("echo \"{}exit code $code: $BASH_COMMAND\" >&2", logs::SETUP_FAILED);
    format!("trap 'code=$?; if [ ${{#BASH_SOURCE[@]}} -eq 1 ]; then {say}; exit 1; fi' ERR")
}

/// A batch script in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Options by their long names without dashes; the value is `None` for options without one.
    pub options: Vec<(String, Option<String>)>,
    /// A site's own options, `--gres=gpu:1` or `#SBATCH --gres=gpu:1`. Their content is not checked.
    pub directives: Vec<String>,
    /// Lines that run before the command, unchanged. One that fails ends the script.
    pub preamble: Vec<String>,
    /// The words of the command. The shell execs it, so signals to the batch shell reach it.
    pub command: Vec<OsString>,
}

/// The script of a job.
pub(super) fn of_job(job: &JobDescription) -> Script {
    let JobDescription {
        minutes,
        memory,
        cpus,
        nodes,
        processes,
        warning,
        requeue,
        comment,
        site,
        directives,
        preamble,
        command,
    } = job;
    let mut options = vec![("time", minutes.to_string())];
    options.extend(match memory {
        Memory::Unsaid => None,
        Memory::Total(mib) => Some(("mem", format!("{mib}M"))),
        Memory::PerCpu(mib) => Some(("mem-per-cpu", format!("{mib}M"))),
    });
    options.extend(cpus.map(|cpus| ("cpus-per-task", cpus.to_string())));
    options.extend(nodes.map(|nodes| ("nodes", nodes.to_string())));
    options.push(("ntasks", processes.unwrap_or(1).to_string()));
    if let Some(warning) = warning {
        options.push(("signal", format!("B:USR1@{}", warning.as_secs())));
        // A restarted task continues the same log.
        options.push(("open-mode", "append".into()));
    }
    options.extend(comment.iter().map(|comment| ("comment", comment.clone())));
    let site = site.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let options = options.into_iter().chain(site).map(|(name, value)| (name.to_string(), Some(value)));
    let requeue = requeue.map(|requeue| if requeue { "requeue" } else { "no-requeue" });
    Script {
        options: options.chain(requeue.map(|name| (name.to_string(), None))).collect(),
        directives: directives.clone(),
        preamble: preamble.clone(),
        command: command.clone(),
    }
}

/// A script that sbatch would misread.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// An option's value contains a character that a comment line cannot contain.
    #[error("the value of --{option} must not contain line breaks or control characters: {value:?}")]
    Value {
        /// The option.
        option: String,
        /// Its value.
        value: String,
    },
    /// An invalid name of an option.
    #[error("`{0}` is not a long option of sbatch; write it without dashes, in lower case")]
    Name(String),
    /// A directive is not one line that begins with a dash.
    #[error("`{0}` is not an option line for sbatch; write it as --name=value, one a line")]
    Directive(String),
    /// A preamble line contains what sbatch refuses in any script.
    #[error("a preamble line must not contain carriage returns or zero bytes: {0:?}")]
    Preamble(String),
    /// A word of the command contains a zero byte, or there is no command.
    #[error("the command is empty or contains a zero byte")]
    Command,
    /// A path of a log that Slurm cannot take literally.
    #[error(
        "the path {0:?} contains a backslash, which Slurm does not allow in log paths; choose another folder"
    )]
    LogPath(String),
}

impl Script {
    /// The script's text.
    ///
    /// # Errors
    /// [`ScriptError`] if a part cannot be written such that sbatch and the shell read it as intended.
    pub fn render(&self) -> Result<String, ScriptError> {
        let mut lines = vec![INTERPRETER.to_string()];
        for (name, value) in &self.options {
            let mut letters = name.bytes();
            let good = letters.next().is_some_and(|first| first.is_ascii_lowercase())
                && letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !good {
                return Err(ScriptError::Name(name.clone()));
            }
            lines.push(match value {
                Some(value) => format!("{DIRECTIVE} --{name}={}", directive_value(name, value)?),
                None => format!("{DIRECTIVE} --{name}"),
            });
        }
        for directive in &self.directives {
            let bare = directive.strip_prefix(DIRECTIVE).unwrap_or(directive).trim();
            if !bare.starts_with('-') || bare.chars().any(char::is_control) {
                return Err(ScriptError::Directive(directive.clone()));
            }
            lines.push(format!("{DIRECTIVE} {bare}"));
        }
        if !self.preamble.is_empty() {
            lines.push(stop_where_a_line_fails());
        }
        for line in &self.preamble {
            if line.contains(['\r', '\0']) {
                return Err(ScriptError::Preamble(line.clone()));
            }
            lines.push(line.clone());
        }
        if self.command.is_empty() || self.command.iter().any(|word| word.as_bytes().contains(&0)) {
            return Err(ScriptError::Command);
        }
        let words: Vec<String> = self.command.iter().map(|word| shell_quote(word)).collect();
        lines.push(format!("exec {}", words.join(" ")));
        lines.push(String::new());
        Ok(lines.join("\n"))
    }
}

/// A value in sbatch's syntax: a backslash makes the next character literal, also in quotes.
fn directive_value(option: &str, value: &str) -> Result<String, ScriptError> {
    if value.chars().any(char::is_control) {
        return Err(ScriptError::Value { option: option.to_string(), value: value.to_string() });
    }
    let mut text = String::new();
    for letter in value.chars() {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    let text = break_up(&break_up(&text, "packjob"), "hetjob");
    let special = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '\\' | '#');
    Ok(if value.contains(special) || value.is_empty() { format!("\"{text}\"") } else { text })
}

/// Some versions blank this word wherever it is in the line. A backslash inside hides the word, and sbatch
/// drops it.
fn break_up(text: &str, word: &str) -> String {
    let mut broken = String::new();
    let mut rest = text;
    // Lower case changes ASCII only, so positions are the same in both texts.
    while let Some(place) = rest.to_ascii_lowercase().find(word) {
        let (before, after) = rest.split_at(place + word.len() - 3);
        broken.push_str(before);
        broken.push('\\');
        rest = after;
    }
    broken + rest
}

/// A path as the literal part of `--output`: there `%` begins a pattern, and a backslash anywhere disables
/// patterns.
///
/// # Errors
/// [`ScriptError::LogPath`] for a path with a backslash.
pub fn log_path(path: &str) -> Result<String, ScriptError> {
    if path.contains('\\') {
        return Err(ScriptError::LogPath(path.to_string()));
    }
    Ok(path.replace('%', "%%"))
}

/// A word that bash reads back unchanged, always on one line.
pub fn shell_quote(word: &OsStr) -> String {
    let bytes = word.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:,+@%^=".contains(byte);
    match word.to_str() {
        Some(text) if !bytes.is_empty() && bytes.iter().all(plain) => text.to_string(),
        Some(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let mut quoted = String::from("$'");
            for byte in bytes {
                match byte {
                    b'\'' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
                    b' '..=b'~' => quoted.push(char::from(*byte)),
                    _ => {
                        // Writing to a string cannot fail.
                        let _ = write!(quoted, "\\{byte:03o}");
                    }
                }
            }
            quoted + "'"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;
    use std::time::Duration;

    use super::*;

    fn script() -> Script {
        Script { command: vec!["true".into()], ..Script::default() }
    }

    #[test]
    fn a_script_is_options_preamble_and_one_command() {
        let script = Script {
            options: vec![
                ("job-name".into(), Some("gs-1f".into())),
                ("output".into(), Some("/a b/%A_%a.log".into())),
                ("requeue".into(), None),
            ],
            directives: vec!["--gres=gpu:1".into(), "#SBATCH --constraint=\"a&b\"".into()],
            preamble: vec!["module load x".into()],
            command: vec!["/opt/x y/gainsweep".into(), "task".into(), "it's".into()],
        };
        let expected = "#!/bin/bash\n\
            #SBATCH --job-name=gs-1f\n\
            #SBATCH --output=\"/a b/%A_%a.log\"\n\
            #SBATCH --requeue\n\
            #SBATCH --gres=gpu:1\n\
            #SBATCH --constraint=\"a&b\"\n\
            trap 'code=$?; if [ ${#BASH_SOURCE[@]} -eq 1 ]; then \
            echo \"set-up failed with exit code $code: $BASH_COMMAND\" >&2; exit 1; fi' ERR\n\
            module load x\n\
            exec '/opt/x y/gainsweep' task 'it'\\''s'\n";
        assert_eq!(script.render().expect("a script"), expected);
    }

    #[test]
    fn a_job_asks_for_what_it_needs_and_no_more() {
        let job = JobDescription {
            minutes: 10,
            memory: Memory::Total(512),
            command: vec!["true".into()],
            ..JobDescription::default()
        };
        let small = "#!/bin/bash\n#SBATCH --time=10\n#SBATCH --mem=512M\n#SBATCH --ntasks=1\nexec true\n";
        assert_eq!(of_job(&job).render().as_deref(), Ok(small));
        let job = JobDescription {
            cpus: Some(2),
            warning: Some(Duration::from_mins(2)),
            requeue: Some(true),
            comment: Some("gainsweep x".into()),
            site: vec![("partition".into(), "short".into())],
            ..job
        };
        let options: Vec<String> = of_job(&job)
            .options
            .into_iter()
            .map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")))
            .collect();
        assert_eq!(
            options.join(" "),
            "time=10 mem=512M cpus-per-task=2 ntasks=1 signal=B:USR1@120 open-mode=append \
             comment=gainsweep x partition=short requeue"
        );
    }

    #[test]
    fn values_are_quoted_as_sbatch_reads_them() {
        let table = [
            ("plain-1.5%A", "plain-1.5%A"),
            ("a b", "\"a b\""),
            ("odd \"na'me | # x", "\"odd \\\"na'me | # x\""),
            ("a\\b", "\"a\\\\b\""),
            ("a#b", "\"a#b\""),
            ("", "\"\""),
            ("my-HetJob", "my-Het\\Job"),
            ("packjob hetjob", "\"pack\\job het\\job\""),
        ];
        for (value, expected) in table {
            assert_eq!(directive_value("x", value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_would_be_misread_is_refused() {
        let with_option = |name: &str, value: &str| {
            Script { options: vec![(name.into(), Some(value.into()))], ..script() }.render()
        };
        assert!(matches!(with_option("comment", "a\nb"), Err(ScriptError::Value { .. })));
        assert!(matches!(with_option("comment", "a\0b"), Err(ScriptError::Value { .. })));
        assert!(matches!(with_option("--comment", "a"), Err(ScriptError::Name(_))));
        for directive in ["hetjob", "--a\n#SBATCH --b", "", "rm -rf"] {
            let rendered = Script { directives: vec![directive.into()], ..script() }.render();
            assert!(matches!(rendered, Err(ScriptError::Directive(_))), "{directive}");
        }
        assert!(matches!(
            Script { preamble: vec!["a\r".into()], ..script() }.render(),
            Err(ScriptError::Preamble(_))
        ));
        assert_eq!(Script::default().render(), Err(ScriptError::Command));
    }

    #[test]
    fn a_log_path_is_taken_literally() {
        assert_eq!(log_path("/a%A/b%%").as_deref(), Ok("/a%%A/b%%%%"));
        assert!(matches!(log_path("/a\\b"), Err(ScriptError::LogPath(_))));
    }

    #[test]
    fn bash_reads_every_word_back() {
        let words = [
            "plain",
            "",
            "a b",
            "it's",
            "$HOME `x` \\ \" ! ~ * ? [a] {b} #c",
            "line\nbreak\r\n",
            "tab\tbell\u{7}7",
            "\u{1f980} crab",
            "-n",
            "a=b",
            "~",
        ];
        let mut words: Vec<OsString> = words.iter().map(OsString::from).collect();
        words.push(OsString::from_vec(b"no text: \xff\xfe7'\\".to_vec()));
        for word in words {
            let line = format!("printf %s {}", shell_quote(&word));
            assert!(!line.contains(['\n', '\r']), "{line}");
            let output = std::process::Command::new("bash").args(["-c", &line]).output().expect("bash runs");
            assert_eq!(output.stdout, word.as_bytes(), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(value in ".*", directive in ".*", preamble in ".*", word in ".*") {
            let script = Script {
                options: vec![("comment".into(), Some(value.clone()))],
                directives: vec![directive],
                preamble: vec![preamble],
                command: vec![word.into()],
            };
            let _ = script.render();
            if let Ok(text) = directive_value("comment", &value) {
                proptest::prop_assert_eq!(as_sbatch_reads(&text), value);
            }
        }
    }

    /// How sbatch reads one argument from a line, according to its manual; checked with version 22.05.
    fn as_sbatch_reads(text: &str) -> String {
        let (mut read, mut quote, mut letters) = (String::new(), None, text.chars());
        while let Some(letter) = letters.next() {
            match (letter, quote) {
                ('\\', _) => read.extend(letters.next()),
                (letter, Some(open)) if letter == open => quote = None,
                ('"' | '\'', None) => quote = Some(letter),
                ('#', None) => break,
                (letter, None) if letter.is_whitespace() => break,
                _ => read.push(letter),
            }
        }
        read
    }
}
