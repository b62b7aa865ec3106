//! The program that a sweep file names: is it there, and does its code hold together? Asked before anything runs or is
//! sent.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gainsweep_contract::schema::nearest;
use gainsweep_language::{Diagnostic, SlurmSection, Worker};
use gainsweep_store::SweepFolder;

use super::load::Loaded;
use crate::programs::{is_program, locate, why_not};
use crate::screen::failure::Failure;
use crate::sealing::code::{Code, SealedCode};

/// Where cells will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this machine.
    Here,
    /// On a cluster, where lines of a preamble may bring programs.
    AfterAPreamble,
}

impl Place {
    /// On a cluster, with this profile of the site.
    pub(crate) fn on_a_cluster(loaded: &Loaded, profile: Option<&SlurmSection>) -> Place {
        let has_lines = |section: &SlurmSection| section.has_preamble();
        let any = has_lines(&loaded.sweep.slurm) || profile.is_some_and(has_lines);
        if any { Place::AfterAPreamble } else { Place::Here }
    }
}

/// Looks at the program, and at the code that it is made of. `None` without `code`.
///
/// # Errors
/// Every mistake, with its place in the sweep file.
pub(crate) fn check(loaded: &Loaded, place: Place) -> Result<Option<Code>, Failure> {
    let Some(worker) = &loaded.sweep.worker else { return Ok(None) };
    let mut mistakes = Vec::new();
    let code = if worker.code.is_empty() {
        None
    } else {
        Code::read(&loaded.project.root, &worker.code, &loaded.not_code())
            .map_err(|mistake| {
                let found = worker.mistake_in_code(mistake.entry, mistake.message);
                mistakes.push(if mistake.hint.is_empty() { found } else { found.hint(mistake.hint) });
            })
            .ok()
    };
    // One mistake in `code` would make others.
    if mistakes.is_empty() {
        let words = worker.command.fixed_words();
        mistakes.extend(program_mistake(worker, &loaded.project.root, &words, place));
        mistakes.extend(script_mistake(worker, &loaded.project.root, &words));
        if let Some(code) = &code {
            mistakes.extend(forgotten(worker, &loaded.project.root, &words, code));
        }
    }
    if mistakes.is_empty() { Ok(code) } else { Err(loaded.refuse(mistakes)) }
}

/// Seals the code that [`check`] found, and finds out whether its program can start.
///
/// # Errors
/// It cannot be copied, or was edited since; it cannot start.
pub(crate) fn seal(
    loaded: &Loaded,
    folder: &SweepFolder,
    code: Option<Code>,
) -> Result<Option<SealedCode>, Failure> {
    let Some(code) = code else { return Ok(None) };
    let sealed = code.seal(folder)?;
    if let Some(worker) = &loaded.sweep.worker
        && let Some(mistake) = cannot_start(worker, &sealed.home)
    {
        return Err(loaded.refuse(vec![mistake]));
    }
    Ok(Some(sealed))
}

/// The program is not there, or is none.
fn program_mistake(
    worker: &Worker,
    root: &Path,
    words: &[Option<String>],
    place: Place,
) -> Option<Diagnostic> {
    let program = words.first()?.as_deref()?;
    let is_path = program.contains('/');
    // Lines of setup may bring a bare name, and may make a path; those of a preamble bring a name.
    if !worker.setup.is_empty() || (!is_path && place == Place::AfterAPreamble) {
        return None;
    }
    let path = worker.environment.get("PATH").map(OsString::from).or_else(|| std::env::var_os("PATH"));
    let plain = program.strip_prefix("./").unwrap_or(program);
    let file = if is_path { root.join(plain) } else { PathBuf::from(program) };
    if locate(file.as_os_str(), &path.unwrap_or_default()).is_some() {
        return None;
    }
    let found = if is_path { why_not(&file) } else { "" };
    let what = if is_path { format!("{}", file.display()) } else { format!("no `{program}` on PATH") };
    let message = match (is_path, found) {
        (true, "") => format!("there is no program {what}"),
        (true, why) => format!("{what} is no program{why}"),
        (false, _) => format!("there is {what}"),
    };
    let beside = root.join(program);
    let hint = if program.contains(' ') {
        "write the command as one text, or each word of it in its own quotes".to_string()
    } else if let Some(joined) = quoted_file(root, words, 0) {
        format!("`{joined}` has blanks: quote it, as in a shell: \"'{joined}' ...\"")
    } else if !is_path && is_program(&beside) {
        format!("a file of that name lies in the project's root: write ./{program}")
    } else if !is_path && beside.is_file() {
        format!("{} is a file: name its interpreter, for example \"python3 {program}\"", beside.display())
    } else if is_path {
        "a relative path starts at the project's root".to_string()
    } else {
        "install it, write its path, or load it with `setup` lines".to_string()
    };
    Some(worker.mistake_in_command(program, message).hint(hint))
}

/// The script of an interpreter is not there.
fn script_mistake(worker: &Worker, root: &Path, words: &[Option<String>]) -> Option<Diagnostic> {
    // Lines of setup may change the folder; a copy of the code has its own.
    if worker.code.is_empty() && worker.setup.iter().any(|line| line.trim_start().starts_with("cd ")) {
        return None;
    }
    let script = words.iter().skip(1).flatten().find(|word| !word.starts_with('-'))?;
    let path = Path::new(script);
    let is_script = path.extension().is_some_and(|end| SCRIPTS.iter().any(|known| end == *known));
    if !is_script || root.join(path).exists() || quoted_file(root, words, 1).is_some() {
        return None;
    }
    let place = root.join(path);
    let folder = place.parent().unwrap_or(root);
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let beside: Vec<String> = beside.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let near = nearest(name, beside.iter().map(String::as_str));
    let hint = near.map_or_else(
        || "a relative path starts at the project's root".to_string(),
        |near| format!("did you mean `{}`?", path.with_file_name(near).display()),
    );
    Some(
        worker.mistake_in_command(script, format!("there is no `{script}` in {}", root.display())).hint(hint),
    )
}

/// What the names of scripts end with.
const SCRIPTS: [&str; 8] = ["py", "R", "r", "jl", "sh", "m", "pl", "js"];

/// Words of the command that name something below the root which is no part of `code`: in the copy it is missing.
fn forgotten(worker: &Worker, root: &Path, words: &[Option<String>], code: &Code) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for (number, word) in words.iter().enumerate().skip(1) {
        let Some(word) = word.as_deref() else { continue };
        let path = Path::new(word.rsplit('=').next().unwrap_or(word));
        let plain = path.strip_prefix(".").unwrap_or(path);
        if plain.as_os_str().is_empty() || plain.is_absolute() {
            continue;
        }
        if root.join(plain).exists() && !code.contains(plain) {
            let shown = plain.display();
            mistakes.push(
                worker
                    .mistake_in_command(
                        word,
                        format!("`{shown}` is not in `code`: the program runs in a copy without it"),
                    )
                    .hint(format!(
                        "add \"{shown}\" to `code`, or write its absolute path to use it where it lies"
                    )),
            );
        } else if let Some(joined) = quoted_file(root, words, number) {
            mistakes.push(
                worker
                    .mistake_in_command(word, format!("`{word}` is one word of `{joined}`, which has blanks"))
                    .hint(format!("quote it, as in a shell: '{joined}'")),
            );
        }
    }
    mistakes
}

/// A file below the root whose name is this word and those after it, with blanks between.
fn quoted_file(root: &Path, words: &[Option<String>], from: usize) -> Option<String> {
    let mut joined = words.get(from)?.clone()?;
    if root.join(&joined).exists() {
        return None;
    }
    words[from + 1..].iter().map_while(Option::as_deref).find_map(|word| {
        joined = format!("{joined} {word}");
        root.join(&joined).is_file().then(|| joined.clone())
    })
}

/// A sealed program that this machine cannot start: its interpreter or a library is missing in the copy.
fn cannot_start(worker: &Worker, home: &Path) -> Option<Diagnostic> {
    let words = worker.command.fixed_words();
    let word = words.first()?.as_deref()?;
    let program = home.join(word);
    // What `setup` loads is known only after it.
    if !word.contains('/') || !worker.setup.is_empty() || !program.is_file() {
        return None;
    }
    let why = missing_interpreter(&program).or_else(|| missing_libraries(&program, home, worker))?;
    Some(
        worker
            .mistake_in_command(word, format!("the sealed copy of `{word}` cannot start: {why}"))
            .hint("add what it needs to `code`, or load it with `setup` lines"),
    )
}

/// What the first line of a script names, if it is not there.
fn missing_interpreter(program: &Path) -> Option<String> {
    let mut start = [0; 256];
    let read = std::fs::File::open(program).and_then(|mut file| file.read(&mut start)).ok()?;
    let line = String::from_utf8_lossy(&start[..read]);
    let line = line.strip_prefix("#!")?.lines().next()?.trim().to_string();
    let mut words = line.split_whitespace();
    let interpreter = words.next()?;
    if interpreter.ends_with("/env") {
        let name = words.find(|word| !word.starts_with('-'))?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        return locate(OsStr::new(name), &path).is_none().then(|| format!("there is no `{name}` on PATH"));
    }
    (!Path::new(interpreter).exists()).then(|| format!("its interpreter {interpreter} is not there"))
}

/// The libraries that the system's loader does not find.
fn missing_libraries(program: &Path, home: &Path, worker: &Worker) -> Option<String> {
    let mut command = Command::new("ldd");
    command.arg(program).current_dir(home).envs(&worker.environment).env("LC_ALL", "C").stdin(Stdio::null());
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let missing: Vec<&str> =
        said.lines().filter_map(|line| line.trim().strip_suffix("=> not found").map(str::trim)).collect();
    (!missing.is_empty()).then(|| format!("it finds no {}", missing.join(", ")))
}
