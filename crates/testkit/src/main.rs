//! The commands of a fake Slurm: the program acts as the command whose name it was called by; see
//! `gainsweep_testkit::fake_slurm`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gainsweep_testkit::fake_slurm::command_line()
}
