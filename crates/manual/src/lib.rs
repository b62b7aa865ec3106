//! Completions and manual pages of a command line, made from its clap definition: the commands `completions`
//! and `man`, which are the same in all programs. The caller writes files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
pub use clap_complete::Shell;

/// Print completions for a shell.
#[derive(Args, Debug)]
pub struct CompletionsOptions {
    /// The shell.
    pub shell: Shell,
}

impl CompletionsOptions {
    /// Writes the shell script that completes the command.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn run(&self, command: Command, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&completions(command, self.shell))
    }
}

/// Print the manual page; with --dir, write those of all commands.
#[derive(Args, Debug)]
pub struct ManOptions {
    /// Write one page for each command into this folder.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

impl ManOptions {
    /// Writes the command's own page to `out`; or all pages into the folder, each with `write`, and returns a
    /// message.
    ///
    /// # Errors
    /// `out` or a file cannot be written, or the folder cannot be created.
    pub fn run<E: From<io::Error>>(
        &self,
        command: Command,
        out: &mut dyn Write,
        write: impl Fn(&Path, &[u8]) -> Result<(), E>,
    ) -> Result<Option<String>, E> {
        let pages = pages(command)?;
        let Some(folder) = &self.dir else {
            out.write_all(&pages[0].text)?;
            return Ok(None);
        };
        fs_err::create_dir_all(folder)?;
        for page in &pages {
            write(&folder.join(&page.file), &page.text)?;
        }
        Ok(Some(format!("wrote {} pages to {}", pages.len(), folder.display())))
    }
}

/// A page of the manual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualPage {
    /// Its file: `gainsweep-run.1`.
    pub file: String,
    /// roff.
    pub text: Vec<u8>,
}

/// The script with which `shell` completes the command.
pub fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_string();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// One page for the command, and one for each of its visible subcommands.
///
/// # Errors
/// None in practice: the pages are written to memory.
pub fn pages(mut command: Command) -> io::Result<Vec<ManualPage>> {
    command.build();
    let mut all = Vec::new();
    add(command, &mut all)?;
    Ok(all)
}

fn add(command: Command, all: &mut Vec<ManualPage>) -> io::Result<()> {
    let below: Vec<Command> = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
        .cloned()
        .collect();
    let page = clap_mangen::Man::new(command);
    let mut text = Vec::new();
    page.render(&mut text)?;
    all.push(ManualPage { file: page.get_filename(), text });
    below.into_iter().try_for_each(|command| add(command, all))
}

/// The options and subcommands of a command that no page of `pages` names, for the tests of a command line.
pub fn forgotten(mut command: Command, pages: &[ManualPage]) -> Vec<String> {
    command.build();
    let mut missing = Vec::new();
    look(&command, pages, &mut missing);
    missing
}

fn look(command: &Command, pages: &[ManualPage], missing: &mut Vec<String>) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let file = format!("{name}.1");
    let Some(page) = pages.iter().find(|page| page.file == file) else {
        missing.push(file);
        return;
    };
    // roff writes a backslash before a hyphen.
    let text = String::from_utf8_lossy(&page.text).replace('\\', "");
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
    for long in shown.filter_map(|argument| argument.get_long()) {
        if !text.contains(&format!("--{long}")) {
            missing.push(format!("--{long} of {name}"));
        }
    }
    let below = command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    below.for_each(|command| look(command, pages, missing));
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    fn command() -> Command {
        let run = Command::new("run").about("Runs.").arg(Arg::new("jobs").long("jobs").help("How many."));
        let secret = Command::new("secret").hide(true);
        Command::new("tool").about("A tool.").subcommands([run, secret])
    }

    #[test]
    fn each_command_that_is_not_hidden_has_a_page() {
        let all = pages(command()).expect("pages");
        let files: Vec<&str> = all.iter().map(|page| page.file.as_str()).collect();
        assert_eq!(files, ["tool.1", "tool-run.1"]);
        assert!(String::from_utf8_lossy(&all[1].text).contains("How many."));
        assert_eq!(forgotten(command(), &all), Vec::<String>::new());
        assert_eq!(forgotten(command(), &all[..1]), ["tool-run.1"]);
        let more = command().mut_subcommand("run", |run| run.arg(Arg::new("more").long("more")));
        assert_eq!(forgotten(more, &all), ["--more of tool-run"]);
    }

    #[test]
    fn each_shell_has_a_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = String::from_utf8(completions(command(), shell)).expect("text");
            assert!(script.contains("run") && !script.is_empty(), "{shell}");
        }
    }
}
