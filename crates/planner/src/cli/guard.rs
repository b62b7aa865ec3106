//! `gainsweep guard`: started by `run` and `task`, for the case that they are killed. See [`guard`].

use clap::Args;
use gainsweep_contract::exit::planner::FINE;

use crate::local::guard;
use crate::screen::failure::Failure;

/// End what workers started when their gainsweep is killed.
#[derive(Args, Debug)]
#[command(name = guard::COMMAND, hide = true)]
pub(crate) struct Options {}

#[expect(clippy::unnecessary_wraps, reason = "every command returns this")]
pub(crate) fn execute(_: &Options) -> Result<u8, Failure> {
    guard::listen();
    Ok(FINE)
}
