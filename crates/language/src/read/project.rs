//! `gainsweep.toml`: the settings of a project, which is a folder with sweeps and their results.

use toml::de::DeTable;

use super::syntax::{text, unknown_key};
use crate::diagnostic::Diagnostic;

/// The keys of the file.
const KEYS: [&str; 1] = ["results"];

/// The settings of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectSettings {
    /// The folder of results, relative to the project's root unless it is absolute.
    pub results: Option<String>,
}

/// Reads the file's tables.
pub(super) fn settings(document: &DeTable<'_>, problems: &mut Vec<Diagnostic>) -> ProjectSettings {
    let mut settings = ProjectSettings::default();
    for (key, node) in document {
        match key.get_ref().as_ref() {
            "results" => settings.results = text(key, node, problems),
            _ => problems.push(unknown_key("gainsweep.toml", key, &KEYS)),
        }
    }
    if let Some((_, node)) = document.iter().find(|(key, _)| key.get_ref() == "results")
        && settings.results.as_deref().is_some_and(|folder| folder.starts_with(['~', '$']))
    {
        problems.push(
            Diagnostic::new("`~` and variables are not expanded in `results`")
                .at(node.span())
                .hint("write the whole path, or set GAINSWEEP_RESULTS"),
        );
    }
    settings
}
