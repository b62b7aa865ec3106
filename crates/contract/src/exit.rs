//! Exit codes of the two programs: a public contract, read by planners, batch systems and scripts.

/// Exit codes of a worker (`WORKER train --params FILE --out DIR`).
pub mod worker {
    /// The training is finished; `done.json` is in the folder.
    pub const DONE: u8 = 0;
    /// Any other failure: a damaged file, a full disk, a bug.
    pub const FAILED: u8 = 1;
    /// Bad parameters or bad usage: running it again fails again.
    pub const USAGE: u8 = 2;
    /// The loss or a gradient is not finite.
    pub const DIVERGED: u8 = 3;
    /// Stopped early by a signal with a checkpoint written: run it again to resume (`EX_TEMPFAIL` of `sysexits.h`).
    pub const STOPPED: u8 = 75;
}

/// Exit codes of the planner (`gainsweep`).
pub mod planner {
    /// Success.
    pub const FINE: u8 = 0;
    /// Some cells failed.
    pub const CELLS_FAILED: u8 = 1;
    /// `plan --exit-code`: there are cells to run.
    pub const TO_DO: u8 = 1;
    /// The user's mistake: a bad sweep file, bad usage.
    pub const USER: u8 = 2;
    /// Slurm or the system: a full disk, a folder that cannot be written.
    pub const SYSTEM: u8 = 3;
}
