//! From the command line to a sweep: finds the file, reads it, reports its mistakes.

use std::path::{Path, PathBuf};

use gainsweep_language::{Diagnostic, Sweep, check_name, parse};
use gainsweep_store::SweepFolder;

use super::SweepArgs;
use super::find::find;
use super::origin;
use super::project::{Project, ResultsChoice};
use crate::prediction::replicates_wanted::ReplicatesWanted;
use crate::screen::failure::{BadSweep, Failure};
use crate::sweep_file::networks::{self, ReadNetworks};

/// A valid sweep file.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The file, as it was found from the current folder.
    pub(crate) path: PathBuf,
    /// Its project: where programs start, and where results are.
    pub(crate) project: Project,
    /// Its text.
    pub(crate) text: String,
    /// The sweep's name, safe as a folder.
    pub(crate) name: String,
    /// The sweep; every cell of it is valid.
    pub(crate) sweep: Sweep,
    /// The networks that it reads.
    pub(crate) networks: Option<ReadNetworks>,
    /// Which of its cells are wanted now, if it has a precision.
    pub(crate) replicates_wanted: Option<ReplicatesWanted>,
    pub(super) args: SweepArgs,
    pub(super) chosen: ResultsChoice,
}

impl Loaded {
    /// The folder of its results.
    pub(crate) fn folder(&self) -> SweepFolder {
        SweepFolder::new(&self.project.results, &self.name)
    }

    /// The sweep as it was typed, for the next commands.
    pub(crate) fn typed(&self) -> String {
        self.args.typed(&self.chosen)
    }

    /// The places of the cells that are wanted now: all of them without a precision.
    pub(crate) fn indices(&self) -> Vec<u64> {
        let all = 0..self.sweep.count();
        match &self.replicates_wanted {
            Some(rounds) => all.filter(|index| rounds.wants(*index)).collect(),
            None => all.collect(),
        }
    }

    /// What is no code, even if it lies in a folder with code: results, and sweep files, whose edits change cells.
    pub(crate) fn not_code(&self) -> [PathBuf; 3] {
        let Project { root, results, file, .. } = &self.project;
        let results = std::path::absolute(results).unwrap_or_else(|_| results.clone());
        [results, root.join(super::SWEEPS), file.clone()]
    }

    /// Refuses the sweep for these mistakes.
    pub(crate) fn refuse(&self, mistakes: Vec<Diagnostic>) -> Failure {
        bad(&self.path, &self.text, mistakes)
    }

    /// Looks again at what was measured.
    ///
    /// # Errors
    /// No cell measured the metric.
    pub(crate) fn look_again(&mut self) -> Result<(), Failure> {
        if let Some(precision) = &self.sweep.precision {
            let rounds = ReplicatesWanted::look(&self.sweep, precision, &self.folder());
            self.replicates_wanted =
                Some(rounds.map_err(|problem| bad(&self.path, &self.text, vec![problem]))?);
        }
        Ok(())
    }
}

/// Finds, reads and checks a sweep and all its cells.
///
/// # Errors
/// A file that does not exist or cannot be read, every mistake in it, more cells than the limit, results that are
/// from another file.
pub(crate) fn load(args: &SweepArgs, chosen: &ResultsChoice) -> Result<Loaded, Failure> {
    let path = find(&args.file)?;
    let project = Project::of(&path, chosen)?;
    let bytes = fs_err::read(&path)?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Failure::user(format!("`{}` is not UTF-8 text (byte {place})", path.display()))
    })?;
    text.push_str(&set_table(&args.set)?);
    let mut networks = None;
    if let Some(asked) = gainsweep_language::networks(&text) {
        let (read, table) =
            networks::look_up(&asked, &project.results, |problem| bad(&path, &text, vec![problem]))?;
        text.push_str(&table);
        networks = Some(read);
    }
    let refuse = |diagnostics| bad(&path, &text, diagnostics);
    let sweep = parse(&text).map_err(refuse)?;
    let name = name_of(&sweep, &path, args.name.as_deref())?;
    sweep.check_limit(args.limit).map_err(|problem| refuse(vec![problem]))?;
    sweep.validate_cells().map_err(refuse)?;
    tracing::debug!(path = %path.display(), name, cells = sweep.count(), "read the sweep");
    let (args, chosen) = (args.clone(), chosen.clone());
    let mut loaded =
        Loaded { path, project, text, name, sweep, networks, replicates_wanted: None, args, chosen };
    origin::refuse_another(&loaded)?;
    loaded.look_again()?;
    Ok(loaded)
}

fn bad(path: &Path, text: &str, diagnostics: Vec<Diagnostic>) -> Failure {
    Failure::Sweep(Box::new(BadSweep { path: path.into(), text: text.into(), diagnostics }))
}

/// The values of `--set`, as a table of the sweep file: so they are recorded, and their mistakes have lines.
fn set_table(settings: &[String]) -> Result<String, Failure> {
    if settings.is_empty() {
        return Ok(String::new());
    }
    let mut table = toml::Table::new();
    let mut lines = String::from("\n\n# set by --set on the command line\n[set]\n");
    for setting in settings {
        let Some((name, value)) = setting.split_once('=') else {
            return Err(Failure::user_hint(
                format!("`--set {setting}` has no value"),
                "for example --set batches=10, --set tau=[1,10], --set modulator_input=x",
            ));
        };
        let (name, value) = (name.trim(), value.trim());
        if table.insert(name.into(), true.into()).is_some() {
            return Err(Failure::user(format!("`--set {name}=...` is given twice")));
        }
        let plain = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let key = if plain { name.to_string() } else { toml::Value::String(name.into()).to_string() };
        // Values, lists and ranges of TOML are taken as they are; all else is text.
        let understood = format!("x = {value}").parse::<toml::Table>().is_ok_and(|table| table.len() == 1);
        let value =
            if understood { value.to_string() } else { toml::Value::String(value.into()).to_string() };
        lines.extend([key.as_str(), " = ", value.as_str(), "\n"]);
    }
    Ok(lines)
}

fn name_of(sweep: &Sweep, path: &Path, typed: Option<&str>) -> Result<String, Failure> {
    if let Some(typed) = typed {
        return match check_name(typed) {
            Ok(()) => Ok(typed.into()),
            Err(reason) => Err(Failure::user(format!("the name `{typed}` {reason}"))),
        };
    }
    if let Some(name) = &sweep.name {
        return Ok(name.clone());
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match check_name(&stem) {
        Ok(()) => Ok(stem.into_owned()),
        Err(reason) => Err(Failure::user_hint(
            format!("the sweep takes its name from its file, but `{stem}` {reason}"),
            "rename the file, or write `name = \"...\"` at its top",
        )),
    }
}
