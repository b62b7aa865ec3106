//! A sweep on a cluster: which cells go into which task, what is sent, and how it is sent exactly once.
//!
//! [`grouping`] and [`retry_policy`] are pure; the others touch files and the scheduler. The scheduler's own
//! words are in `gainsweep-scheduler`. A submission's files are in `gainsweep_store::submissions`. Start at
//! [`send_wave`].

pub(crate) mod ceilings;
pub(crate) mod grouping;
mod kill_points;
pub(crate) mod needs;
pub(crate) mod new_submission;
pub(crate) mod retry_policy;
mod room;
mod send;
pub(crate) mod send_wave;

use gainsweep_scheduler::SubmitError;

use crate::screen::failure::Failure;

/// Why the scheduler did not accept a submission: the user's mistake or the system's.
pub(crate) fn not_submitted(error: SubmitError) -> Failure {
    if let SubmitError::Refused { .. } = error {
        // The requested resources do not exist: the mistake is in the sweep file or in the site's profile.
        return Failure::user_hint(
            error.to_string(),
            "change `[slurm]` in the sweep file, or your profile; `gainsweep submit --dry-run` shows the request",
        );
    }
    anyhow::Error::new(error).into()
}
