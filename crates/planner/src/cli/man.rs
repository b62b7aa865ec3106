//! `gainsweep man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use gainsweep_contract::exit::planner::FINE;
use gainsweep_store::atomic;

use super::Cli;
use crate::screen;
use crate::screen::failure::Failure;

/// Print the manual page; with --dir, write the pages of all commands.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Write one page for each command into this folder.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    let pages = gainsweep_manual::pages(Cli::command())?;
    match &options.dir {
        Some(folder) => {
            fs_err::create_dir_all(folder)?;
            for page in &pages {
                atomic::write(&folder.join(&page.file), &page.text)?;
            }
            screen::talk(&format!("wrote {} pages to {}", pages.len(), folder.display()));
        }
        None => screen::data(|out| out.write_all(&pages[0].text))?,
    }
    Ok(FINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_knows_every_command_and_option() {
        let pages = gainsweep_manual::pages(Cli::command()).expect("pages");
        assert!(pages.len() > 15, "{}", pages.len());
        assert_eq!(gainsweep_manual::forgotten(Cli::command(), &pages), Vec::<String>::new());
    }
}
