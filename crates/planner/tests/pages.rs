//! Every command line on a page names a command, and options, that the program has.
#![allow(clippy::print_stderr, reason = "that it was skipped is said")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use gainsweep_contract::CellState;

/// A line that begins with `$ ` in a block of a page, as words.
struct Typed {
    place: String,
    words: Vec<String>,
}

/// What a program accepts: its commands, each with its options.
type Known = BTreeMap<String, BTreeSet<String>>;

#[test]
fn command_lines_on_pages_can_be_typed() {
    let gainsweep = PathBuf::from(env!("CARGO_BIN_EXE_gainsweep"));
    let worker = gainsweep.with_file_name("gainsweep-worker");
    let typed = typed();
    assert!(check(&typed, "gainsweep", &known(&gainsweep)) >= 40);
    if worker.is_file() {
        assert!(check(&typed, "gainsweep-worker", &known(&worker)) >= 15);
    } else {
        eprintln!("SKIPPED: lines of the worker; it is not built (cargo build -p gainsweep-worker)");
    }
}

/// The reference names all commands and options of both programs.
#[test]
fn the_page_of_commands_has_every_command_and_option() {
    let gainsweep = PathBuf::from(env!("CARGO_BIN_EXE_gainsweep"));
    let worker = gainsweep.with_file_name("gainsweep-worker");
    let page = std::fs::read_to_string(home().join("docs/reference/commands.md")).expect("the page");
    for program in [gainsweep, worker].iter().filter(|program| program.is_file()) {
        for (command, options) in known(program) {
            assert!(page.contains(&format!("`{command}")), "{}: `{command}` is missing", program.display());
            for option in options.iter().filter(|option| !["--help", "--version"].contains(&option.as_str()))
            {
                assert!(
                    option.len() == 2 || page.contains(&format!("`{option}")),
                    "{} {command}: `{option}` is missing",
                    program.display()
                );
            }
        }
    }
}

/// Lesson 2, typed in: the commands print what the page shows, except for times and the machine.
#[test]
fn the_lesson_of_a_program_of_ones_own_prints_what_it_shows() {
    let version = Command::new("python3").args(["-c", "import tomllib"]).output();
    if !version.is_ok_and(|version| version.status.success()) {
        eprintln!("SKIPPED: the lesson needs python3 of version 3.11 or later");
        return;
    }
    let page = std::fs::read_to_string(home().join("docs/tutorial/2-your-own-program.md")).expect("the page");
    let block =
        |kind: &str| page.split(&format!("```{kind}\n")).nth(1).and_then(|rest| rest.split("```").next());
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("train.py"), block("python").expect("a program")).expect("written");
    let sweep = block("toml").expect("a sweep");
    let mut typed = 0;
    for block in page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        for shown in block.split("$ ").skip(1) {
            let (line, shown) = shown.split_once('\n').expect("a command and what it prints");
            let words = words(line);
            let program =
                if words[0] == "gainsweep" { env!("CARGO_BIN_EXE_gainsweep") } else { words[0].as_str() };
            let output = Command::new(program)
                .args(&words[1..])
                .current_dir(folder.path())
                .env_remove("GAINSWEEP_RESULTS")
                .env("NO_COLOR", "1")
                .output()
                .expect("the program starts");
            let printed = [output.stderr, output.stdout].concat();
            let printed = String::from_utf8(printed).expect("text");
            assert_eq!(lasting(&printed), lasting(shown), "{line}\n{printed}");
            if words[1] == "new" {
                // The page says: replace it by this.
                std::fs::write(folder.path().join("sweeps/ridge.toml"), sweep).expect("written");
            }
            typed += 1;
        }
    }
    assert!(typed >= 5, "{typed}");
}

/// The lines without times, order and machine-dependent text.
fn lasting(text: &str) -> Vec<String> {
    let of_the_machine = ["log ", "attempt ", "peak ", "again "];
    let lines = text.lines().filter(|line| !of_the_machine.iter().any(|start| line.starts_with(start)));
    let mut lines: Vec<String> = lines
        .map(|line| {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            if words.get(1).is_some_and(|word| ["done", "failed"].contains(word)) {
                words[0] = "N/N";
            }
            for place in 1..words.len() {
                if words[place] == "s" {
                    words[place - 1] = "T";
                }
            }
            words.join(" ")
        })
        .collect();
    lines.sort();
    lines
}

/// The reference has a row for each state.
#[test]
fn the_page_of_cell_states_has_every_state() {
    let page = std::fs::read_to_string(home().join("docs/reference/cell-states.md")).expect("the page");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let named: Vec<&str> = rows.map(|(name, _)| name).take(CellState::ALL.len()).collect();
    assert_eq!(named, CellState::ALL.map(CellState::name));
}

/// Checks the lines that start this program. Returns how many there were.
fn check(typed: &[Typed], program: &str, known: &Known) -> usize {
    let mut lines = 0;
    for Typed { place, words } in typed {
        // Variables of the environment may come first.
        let mut words = words.iter().skip_while(|word| word.contains('=') && !word.starts_with('-'));
        let Some(first) = words.next().filter(|first| first.rsplit('/').next() == Some(program)) else {
            continue;
        };
        let Some(command) = words.next() else { continue };
        lines += 1;
        if command.starts_with("--") {
            continue;
        }
        let options =
            known.get(command).unwrap_or_else(|| panic!("{place}: {first} has no command `{command}`"));
        for word in words.take_while(|word| !["|", ">", ">>", "&&", ";"].contains(&word.as_str())) {
            let option = word.split('=').next().unwrap_or_default();
            assert!(!option.starts_with('-') || options.contains(option), "{place}: no option `{option}`");
        }
    }
    lines
}

/// The commands and options in the help of a program.
fn known(program: &Path) -> Known {
    let help = |arguments: &[&str]| {
        let output =
            Command::new(program).args(arguments).arg("--help").output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let all = help(&[]);
    let commands = all.split("Commands:\n").nth(1).expect("commands").lines();
    let commands = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(|name| (name.to_string(), options(&help(&[name])))).collect()
}

/// The options of a help text: what begins a line with `-`.
fn options(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split([' ', ',', '=']).take(3));
    words.filter(|word| word.starts_with('-')).map(String::from).collect()
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The lines of all pages.
fn typed() -> Vec<Typed> {
    let mut pages = Vec::new();
    for name in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        pages.push(home().join(name));
    }
    for folder in ["docs", "sweeps/paper", "results/paper", "results/benchmarks"] {
        below(&home().join(folder), &mut pages);
    }
    let mut typed = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page");
        let mut lines = text.lines().enumerate();
        let mut in_block = false;
        while let Some((number, line)) = lines.next() {
            if line.trim_start().starts_with("```") {
                in_block = line.trim() == "```console";
            }
            let Some(line) = line.trim_start().strip_prefix("$ ").filter(|_| in_block) else { continue };
            let mut whole = line.to_string();
            while let Some(more) = whole.strip_suffix('\\') {
                whole = format!("{more} {}", lines.next().expect("it continues").1);
            }
            let place = format!("{}:{}", page.display(), number + 1);
            typed.push(Typed { place, words: words(&whole) });
        }
    }
    typed
}

fn below(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => below(&path, pages),
            path if path.extension().is_some_and(|ending| ending == "md") => pages.push(path),
            _ => {}
        }
    }
}

/// The words of a line, quotes respected, without a comment after ` # `.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.split(" # ").next().unwrap_or_default().chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            (letter, _) => word.push(letter),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}
