//! One program that is each of Slurm's commands, depending on the name that it is called by.

use std::process::ExitCode;

fn main() -> ExitCode {
    gainsweep_testkit::run()
}
