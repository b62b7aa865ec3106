//! The commands of a fake Slurm, by the name that it is called as: see `gainsweep_testkit::fake_slurm`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gainsweep_testkit::fake_slurm::command_line()
}
