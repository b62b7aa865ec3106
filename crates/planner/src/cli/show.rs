//! `gainsweep show`: what cells measured, and the commands that compute one of them again.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use gainsweep_contract::CellId;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_contract::records::Done;
use gainsweep_language::{Cell, Filling, Worker};
use gainsweep_store::{CellFolder, UsualNames};

use crate::cells::selected::look_and_select;
use crate::local::program_of;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};
use crate::sweep_file::{Loaded, ResultsChoice, SweepArgs, load};

/// The entry of a record for an unknown value.
const UNKNOWN: &str = "unknown";

/// Show what some cells measured.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) sweep: SweepArgs,

    /// Which cells: tau=100, noise=0,0.1, state=failed, the beginning of an id.
    #[arg(value_name = "SELECTOR", required = true)]
    pub(crate) cells: Vec<String>,

    /// Print a shell script that computes the numbers of one cell again and compares them.
    #[arg(long)]
    pub(crate) reproduce: bool,
}

pub(crate) fn execute(options: &Options, results: &ResultsChoice) -> Result<u8, Failure> {
    let loaded = load(&options.sweep, results)?;
    let (cells, _) = look_and_select(&loaded, &options.cells)?;
    if options.reproduce && cells.len() > 1 {
        return Err(Failure::user_hint(
            format!("--reproduce is about one cell; `{}` selects {}", options.cells.join(" "), cells.len()),
            "`gainsweep cells FILE` lists the cells with their ids",
        ));
    }
    let (mut shown, mut missing) = (Vec::new(), Vec::new());
    for cell in &cells {
        let home = loaded.folder().cell(cell.id);
        match home.read_record() {
            Some(done) => shown.push((cell, home, done)),
            None => missing.push(cell.id),
        }
    }
    if shown.is_empty() {
        return Err(not_done(&missing, &loaded));
    }
    if !missing.is_empty() {
        let cells = wording::count(missing.len() as u64, "cell");
        screen::talk(&format!("{cells} not shown: not done"));
    }
    screen::data(|out| {
        for (number, (cell, home, done)) in shown.iter().enumerate() {
            if options.reproduce {
                return recipe(out, &loaded, cell, home, done);
            }
            if number > 0 {
                writeln!(out)?;
            }
            numbers(out, &loaded, cell, home, done)?;
        }
        Ok(())
    })?;
    Ok(FINE)
}

/// The failure if none of the cells is done.
fn not_done(cells: &[CellId], loaded: &Loaded) -> Failure {
    match cells {
        [cell] => Failure::user_hint(
            format!("{cell} is not done: it has no numbers"),
            format!("see: gainsweep explain {} {}", loaded.typed(), cell.short()),
        ),
        cells => Failure::user_hint(
            format!("none of these {} cells is done: they have no numbers", cells.len()),
            format!("see: gainsweep cells {}", loaded.typed()),
        ),
    }
}

/// The metrics as the worker wrote them, and their provenance.
fn numbers(
    out: &mut dyn Write,
    loaded: &Loaded,
    cell: &Cell,
    home: &CellFolder,
    done: &Done,
) -> io::Result<()> {
    head(out, "", loaded, cell, done)?;
    let contents = home.read(&UsualNames::default());
    for damage in &contents.damage {
        screen::talk(&format!("warning: {damage}"));
    }
    let metrics = contents.metrics.unwrap_or_default();
    let width = metrics.names.iter().map(<[u8]>::len).max().unwrap_or(0);
    for (name, value) in metrics.names.iter().zip(metrics.fields()) {
        let name = wording::one_line(&String::from_utf8_lossy(name));
        writeln!(out, "{name:width$}  {}", wording::one_line(value))?;
    }
    Ok(())
}

/// A shell script that computes the numbers again in a new folder, and compares them.
fn recipe(
    out: &mut dyn Write,
    loaded: &Loaded,
    cell: &Cell,
    home: &CellFolder,
    done: &Done,
) -> io::Result<()> {
    head(out, "# ", loaded, cell, done)?;
    let built_in = loaded.sweep.worker.is_none();
    let commit = wording::one_line(&done.commit);
    if built_in && !commit.is_empty() && commit != UNKNOWN {
        writeln!(out, "# with the program that made them: git checkout {commit}; cargo build --release")?;
    }
    // Paths may be relative to the current folder.
    writeln!(out, "cd {}", wording::quoted(&std::env::current_dir()?))?;
    // A new folder each time: in an old one the worker would find finished results.
    writeln!(out, "again=$(mktemp -d \"${{TMPDIR:-/tmp}}/gainsweep-{}-XXXXXX\") || exit", cell.id)?;
    writeln!(out, "export again")?;
    let sealed = done.code.as_ref().map(|code| loaded.folder().sealed().join(format!("{code}.code")));
    let sealed = sealed.and_then(|path| std::path::absolute(path).ok()).filter(|path| path.is_dir());
    if sealed.is_none() && done.code.is_some() {
        writeln!(out, "# the sealed copy of the code is gone: this runs the code as it lies now")?;
    }
    writeln!(out, "{}", training(loaded, cell, home, sealed.as_deref(), "\"$again\""))?;
    let metrics = wording::quoted(&home.metrics());
    if loaded.sweep.worker.as_ref().is_some_and(|worker| !worker.writes_metrics()) {
        return writeln!(out, "# its results are those in {metrics}");
    }
    writeln!(out, "diff {metrics} \"$again\"/metrics.csv && echo the same")
}

fn head(out: &mut dyn Write, before: &str, loaded: &Loaded, cell: &Cell, done: &Done) -> io::Result<()> {
    let label = wording::one_line(&loaded.sweep.label(cell));
    writeln!(out, "{before}cell {}   {}   {label}", cell.id, loaded.name)?;
    let program = format!(
        "{}{}, {} with {}, on {}, in {}",
        done.engine,
        // A worker that writes no record of its own has no known version.
        match &done.code {
            Some(code) => format!(", code {code}"),
            None if done.version == UNKNOWN => String::new(),
            None => format!(", version {} ({})", done.version, done.commit),
        },
        if done.device == UNKNOWN { "one process" } else { done.device.as_str() },
        wording::count(done.threads as u64, "thread"),
        done.host,
        wording::duration(done.wall_seconds),
    );
    writeln!(out, "{before}made by {}", wording::one_line(&program))
}

/// The command that trains a cell again, into a folder given as a shell word.
pub(super) fn training(
    loaded: &Loaded,
    cell: &Cell,
    home: &CellFolder,
    sealed: Option<&Path>,
    into: &str,
) -> String {
    if let Some(worker) = &loaded.sweep.worker {
        return own_training(worker, &loaded.project.root, sealed, cell, home, into);
    }
    let networks = loaded.sweep.networks.as_ref();
    let networks = networks
        .map_or_else(String::new, |networks| format!(" --networks {}", wording::quoted(&networks.folder)));
    let params = wording::quoted(&home.parameters());
    format!("gainsweep-worker train --params {params} --out {into}{networks}")
}

/// The same for a program of the sweep's own: in its sealed copy or where it lies, after its set-up.
fn own_training(
    worker: &Worker,
    root: &Path,
    sealed: Option<&Path>,
    cell: &Cell,
    home: &CellFolder,
    into: &str,
) -> String {
    // A sign that no path has, for the folder: it is given as a shell word.
    const INTO: &str = "\u{1}";
    // It starts in another folder.
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let (parameters, json) = (absolute(home.parameters()), absolute(home.parameters_json()));
    let filling = Filling {
        parameters: &cell.parameters,
        params: parameters.as_os_str(),
        params_json: json.as_os_str(),
        out: OsStr::new(INTO),
        cell: &cell.id.to_string(),
        cpus: 1,
    };
    let mut words = worker.command.words(&filling);
    if let Some(program) = words.first_mut() {
        *program = program_of(program, sealed.unwrap_or(root), root);
    }
    let mut words: Vec<String> = words
        .iter()
        .map(|word| wording::quoted(Path::new(word)).replace(INTO, &format!("'{into}'")))
        .collect();
    if worker.command.is_by_contract() {
        words.extend(["train", "--params", &wording::quoted(&parameters), "--out", into].map(String::from));
    }
    let variables = worker.environment.iter();
    let variables =
        variables.map(|(name, value)| format!("export {name}={}", wording::quoted(Path::new(value))));
    let steps: Vec<String> = std::iter::once(format!("cd {}", wording::quoted(root)))
        .chain(variables)
        .chain(worker.setup.iter().cloned())
        .chain(sealed.map(|sealed| format!("cd {}", wording::quoted(sealed))))
        .chain([words.join(" ")])
        .collect();
    let steps = steps.join(" && ");
    // `source` and `module` are words of bash.
    if worker.setup.is_empty() {
        format!("({steps})")
    } else {
        format!("bash -c {}", wording::quoted(Path::new(&steps)))
    }
}
