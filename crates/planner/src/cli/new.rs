//! `gainsweep new`: a commented sweep file to start from.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use clap::Args;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_language::check_name;

use crate::screen;
use crate::screen::failure::Failure;
use crate::sweep_file::SWEEPS;

/// A test checks that it is a valid sweep.
const TEMPLATE: &str = include_str!("new_template.toml");
/// The same for a program of one's own.
const PROGRAM_TEMPLATE: &str = include_str!("new_program_template.toml");

/// Write a commented sweep file to start from: sweeps/NAME.toml.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The sweep's name: letters, digits, `-`, `_` and `.`.
    pub(crate) name: String,

    /// For a program of your own, with its command, results and code.
    #[arg(long)]
    pub(crate) program: bool,
}

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    let name = &options.name;
    if let Some(stem) = name.strip_suffix(".toml") {
        return Err(Failure::user_hint(
            "NAME is the sweep's name, not its file's",
            format!("gainsweep new {stem}"),
        ));
    }
    check_name(name).map_err(|reason| Failure::user(format!("the name `{name}` {reason}")))?;
    let path = Path::new(SWEEPS).join(format!("{name}.toml"));
    fs_err::create_dir_all(SWEEPS)?;
    // `create_new` never overwrites a file, not even in a race.
    let mut file = match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::user_hint(
                format!("`{}` already exists; it was not changed", path.display()),
                "choose another name",
            ));
        }
        Err(error) => {
            return Err(anyhow::Error::new(error)
                .context(format!("cannot write `{}`", path.display()))
                .into());
        }
    };
    let template = if options.program { PROGRAM_TEMPLATE } else { TEMPLATE };
    file.write_all(template.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    screen::data(|out| writeln!(out, "{}", path.display()))?;
    screen::talk(&format!("edit it, then: gainsweep check {name}"));
    Ok(FINE)
}
