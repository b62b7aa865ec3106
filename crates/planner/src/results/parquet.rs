//! The tables as Parquet, if asked for.
//!
//! Each is made from its CSV, so both contain the same. An existing one is always updated: an old one beside
//! new tables would be mistaken for new.

use std::path::{Path, PathBuf};

use anyhow::Context;
use gainsweep_contract::Value;
use gainsweep_report::{Results, columns};
use gainsweep_store::{AtomicFile, SweepFolder};

use crate::screen::VERSION;
use crate::screen::failure::Failure;

/// Writes the tables that are older than their CSV: all of them if asked, otherwise those that exist. Returns
/// the names of those that exist then.
///
/// # Errors
/// A table cannot be written.
pub(crate) fn keep(
    results: &Results,
    folder: &SweepFolder,
    asked: bool,
) -> Result<Vec<&'static str>, Failure> {
    let texts = texts(results);
    let mut written = Vec::new();
    for (name, table) in all(folder) {
        let target = folder.parquet(&table);
        if !table.exists() {
            // Remove a table whose data the cells no longer have.
            if target.exists() {
                fs_err::remove_file(&target)?;
            }
        } else if asked || target.exists() {
            if !is_newer(&target, &table) {
                write(&table, &target, &texts)?;
            }
            written.push(name);
        }
    }
    Ok(written)
}

/// All possible tables.
fn all(folder: &SweepFolder) -> [(&'static str, PathBuf); 5] {
    [
        ("cells", folder.cells_table()),
        ("summary", folder.summary_table()),
        (crate::results::tables::SUMMARY_CONTEXTS, folder.summary_contexts_table()),
        ("contexts", folder.contexts_table()),
        ("history", folder.history_table()),
    ]
}

fn is_newer(one: &Path, other: &Path) -> bool {
    let changed = |path| fs_err::metadata(path).ok()?.modified().ok();
    changed(one).zip(changed(other)).is_some_and(|(one, other)| one > other)
}

/// The columns that are always text: an id of digits is no number, and neither is a case named `1`.
fn texts(results: &Results) -> Vec<String> {
    let is_text = |axis: usize| {
        let values = || results.rows.iter().map(|row| &row.axes[axis]);
        values().any(|value| matches!(value, Value::Text(text) if !text.is_empty()))
    };
    let axes = columns(results).axes.into_iter().enumerate();
    let axes = axes.filter(|(axis, _)| is_text(*axis)).map(|(_, name)| name);
    ["cell", "state"].map(String::from).into_iter().chain(axes).collect()
}

fn write(table: &Path, target: &Path, texts: &[String]) -> Result<(), Failure> {
    let kinds = gainsweep_columnar::column_types(fs_err::File::open(table)?, texts);
    let kinds = kinds.with_context(|| format!("cannot make `{}`", target.display()))?;
    let mut file = AtomicFile::create(target)?;
    gainsweep_columnar::write(fs_err::File::open(table)?, &kinds, &format!("gainsweep {VERSION}"), &mut file)
        .with_context(|| format!("cannot make `{}`", target.display()))?;
    file.commit()?;
    Ok(())
}
