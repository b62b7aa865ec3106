//! One call of a command, which the program `fake-slurm` passes to the test that owns the cluster.
//!
//! The program connects to a socket, writes a [`Call`], reads an [`Answer`] and prints it. Each is one JSON
//! object.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The variable with the path of the socket.
pub(super) const SOCKET_VARIABLE: &str = "FAKE_SLURM";

/// A command line, and the folder of its process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) command: String,
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
}

/// The output and the end of a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: u8,
    /// It waits this many seconds before it prints anything.
    pub(super) delay: f64,
    /// It is killed before it prints anything.
    pub(super) killed: bool,
}

impl Answer {
    pub(super) fn good(stdout: impl Into<String>) -> Answer {
        Answer { stdout: stdout.into(), ..Answer::default() }
    }

    pub(super) fn error(stderr: impl std::fmt::Display) -> Answer {
        Answer { stderr: format!("{stderr}\n"), code: 1, ..Answer::default() }
    }
}

/// The program `fake-slurm`: it acts as the command whose name it was called by.
pub fn command_line() -> ExitCode {
    let answer = ask().unwrap_or_else(|error| {
        Answer::error(format!("Unable to contact slurm controller (connect failure): {error}"))
    });
    std::thread::sleep(Duration::from_secs_f64(answer.delay));
    if answer.killed {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    // A closed pipe is ignored.
    let _ = io::stdout().write_all(answer.stdout.as_bytes());
    let _ = io::stderr().write_all(answer.stderr.as_bytes());
    ExitCode::from(answer.code)
}

fn ask() -> io::Result<Answer> {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let called = words.next().unwrap_or_default();
    let call = Call {
        command: Path::new(&called).file_name().unwrap_or_default().to_string_lossy().into_owned(),
        arguments: words.collect(),
        folder: std::env::current_dir()?,
        environment: std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect(),
    };
    let mut stream = UnixStream::connect(std::env::var_os(SOCKET_VARIABLE).unwrap_or_default())?;
    stream.write_all(&serde_json::to_vec(&call)?)?;
    stream.shutdown(Shutdown::Write)?;
    Ok(serde_json::from_reader(BufReader::new(stream))?)
}

/// Long options, the only ones that gainsweep writes, and the other words. Unknown options are kept and do
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    given: Vec<(String, String)>,
    pub(super) words: Vec<String>,
}

impl Options {
    /// Reads a command line.
    pub(super) fn read(words: &[String]) -> Options {
        let mut options = Options::default();
        for word in words {
            match word.strip_prefix("--") {
                Some(option) => {
                    let (name, value) = option.split_once('=').unwrap_or((option, ""));
                    options.given.push((name.into(), value.into()));
                }
                None => options.words.push(word.clone()),
            }
        }
        options
    }

    /// Reads the `#SBATCH` lines of a script.
    pub(super) fn read_script(text: &str) -> Options {
        let lines = text.lines().take_while(|line| line.starts_with('#'));
        Options::read(
            &lines.filter_map(|line| line.strip_prefix("#SBATCH")).flat_map(words).collect::<Vec<_>>(),
        )
    }

    /// These options override the script's.
    pub(super) fn over(self, mut script: Options) -> Options {
        script.given.extend(self.given);
        Options { given: script.given, words: self.words }
    }

    /// The last value given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The items of a comma list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.value(name).map(|list| list.split(',').collect())
    }
}

/// The words of a line: quotes group, a backslash makes the next letter literal.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.trim().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_wins_over_its_script() {
        let script = "#!/bin/bash\n#SBATCH --comment=\"it's \\\"odd\\\" # \\\\ het\\job\"\n#SBATCH --requeue\n\
            #SBATCH --array=0-9\nexec true\n#SBATCH --mem=5\n";
        let given = Options::read(&["--array=3".to_string(), "a.sh".to_string()]);
        let options = given.over(Options::read_script(script));
        assert_eq!(options.value("comment"), Some("it's \"odd\" # \\ hetjob"));
        assert_eq!((options.value("array"), options.words.join(" ")), (Some("3"), "a.sh".to_string()));
        assert!(options.has("requeue") && !options.has("mem"));
    }
}
