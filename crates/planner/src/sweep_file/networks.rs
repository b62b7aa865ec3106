//! The networks of another sweep that a sweep of analyses reads, from that sweep's last run or submission.

use std::path::Path;

use gainsweep_language::{Cell, Diagnostic, Networks, found_table, parse};
use gainsweep_store::regular_file;
use gainsweep_store::{CellsOnDisk, OnDisk, SweepFolder};

use crate::screen::failure::Failure;
use crate::screen::wording;
use crate::sweep_file::Loaded;
use crate::sweep_file::selectors::Selection;

/// The networks that a sweep reads, counted.
#[derive(Debug)]
pub(crate) struct ReadNetworks {
    /// The sweep that trained them.
    sweep: String,
    /// Number of networks that are read.
    read: u64,
    /// Number of these that are not trained yet.
    missing: u64,
    /// Number of networks of that sweep.
    all: u64,
}

impl ReadNetworks {
    /// For people.
    pub(crate) fn words(&self) -> String {
        let missing = match self.missing {
            0 => String::new(),
            missing => format!("; {missing} are not trained yet"),
        };
        format!("reads {} of {} of `{}`{missing}", self.read, wording::count(self.all, "network"), self.sweep)
    }
}

/// Looks up the networks that a file asks for, and adds a table of them to the file.
///
/// # Errors
/// `refuse`d: a sweep that does not exist or has no networks, selectors that match none. A record that cannot
/// be read.
pub(crate) fn look_up(
    asked: &Networks,
    results: &Path,
    refuse: impl Fn(Diagnostic) -> Failure,
) -> Result<(ReadNetworks, String), Failure> {
    let name = &asked.sweep;
    let here = |message: String| Diagnostic::new(message).at(asked.place.clone());
    let folder = SweepFolder::new(results, name);
    let text = match regular_file::read_to_string(&folder.sweep_file()) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(refuse(
                here(format!("there are no results of a sweep `{name}` in {}", results.display()))
                    .hint(format!("`gainsweep run {name}` trains its networks")),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let Ok(source) = parse(&text) else {
        return Err(refuse(here(format!(
            "this version of gainsweep cannot read {}: run `{name}` again",
            folder.sweep_file().display()
        ))));
    };
    if source.networks.is_some() {
        return Err(refuse(
            here(format!("`{name}` trains no networks: it reads those of another sweep"))
                .hint("name the sweep that trained them"),
        ));
    }
    let selection = Selection::read(&source, &asked.only)?;
    let places = selection.places(&source, (0..source.count()).collect());
    let mut cells: Vec<Cell> = places.into_iter().map(|index| source.cell(index)).collect();
    if cells.is_empty() {
        return Err(refuse(here(format!("no cell of `{name}` matches `only = {:?}`", asked.only))));
    }
    let selected = cells.len();
    let on_disk = CellsOnDisk::read(&folder)?;
    let done = |cell: &Cell| on_disk.of(cell.id) == Some(OnDisk::Done);
    let finished = cells.iter().filter(|cell| done(cell)).count();
    if asked.finished || source.precision.is_some() {
        // With a precision, missing cells may be unwanted.
        cells.retain(done);
    }
    if cells.is_empty() {
        return Err(refuse(
            here(format!("none of the {selected} networks of `{name}` is trained yet"))
                .hint(format!("`gainsweep run {name}` trains them")),
        ));
    }
    let table = found_table(asked, &std::path::absolute(folder.cells())?, &source, &cells);
    let networks = ReadNetworks {
        sweep: name.clone(),
        read: cells.len() as u64,
        missing: (cells.len() - finished) as u64,
        all: source.count(),
    };
    Ok((networks, table))
}

/// Refuses analyses of missing networks.
///
/// # Errors
/// Some are not trained yet.
pub(crate) fn refuse_missing(loaded: &Loaded) -> Result<(), Failure> {
    let Some(networks) = loaded.networks.as_ref().filter(|networks| networks.missing > 0) else {
        return Ok(());
    };
    Err(Failure::user_hint(
        format!(
            "{} of the {} of `{}` are not trained yet",
            networks.missing,
            wording::count(networks.read, "network"),
            networks.sweep
        ),
        format!(
            "`gainsweep run {}` trains them; `finished = true` in [networks] reads the trained ones",
            networks.sweep
        ),
    ))
}
