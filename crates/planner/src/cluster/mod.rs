//! A sweep on a Slurm cluster: which cells go into which task, what is sent, and what became of it.
//!
//! [`grouping`] and [`verdict`] are pure; [`seal`], [`send`] and [`view`] touch files and Slurm. Slurm's own words are in
//! `gainsweep-scheduler`; what is on disk of a submission in `gainsweep_store::submissions`.

pub(crate) mod advance;
pub(crate) mod grouping;
pub(crate) mod needs;
pub(crate) mod resend;
pub(crate) mod seal;
pub(crate) mod send;
mod steps;
pub(crate) mod submission;

use gainsweep_scheduler::SubmitError;

use crate::screen::failure::Failure;

/// Why Slurm did not take a submission: the user's mistake or the system's.
pub(crate) fn not_submitted(error: SubmitError) -> Failure {
    match error {
        // What was asked for cannot be had: the sweep's resources, or the site's profile.
        SubmitError::Refused { .. } => Failure::user_hint(
            error.to_string(),
            "change `[slurm]` in the sweep file, or your profile; `gainsweep submit --dry-run` shows what is asked for",
        ),
        other => anyhow::Error::new(other).into(),
    }
}
