//! From TOML to a sweep.

use crate::diagnostic::Diagnostic;
use crate::sweep::Sweep;

/// Reads a sweep file.
///
/// # Errors
/// Every mistake that the file has, each with its place.
pub fn parse(text: &str) -> Result<Sweep, Vec<Diagnostic>> {
    let _ = text;
    Err(vec![Diagnostic::new("not yet")])
}
