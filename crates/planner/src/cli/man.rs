//! `gainsweep man`.

use std::path::Path;

use clap::CommandFactory;
use gainsweep_contract::exit::planner::FINE;
pub(crate) use gainsweep_manual::ManOptions as Options;
use gainsweep_store::atomic;

use super::Cli;
use crate::screen;
use crate::screen::failure::Failure;

pub(crate) fn execute(options: &Options) -> Result<u8, Failure> {
    let mut page = Vec::new();
    let write = |path: &Path, page: &[u8]| Ok::<(), Failure>(atomic::write(path, page)?);
    let written = options.run(Cli::command(), &mut page, write)?;
    screen::data(|out| out.write_all(&page))?;
    if let Some(text) = written {
        screen::talk(&text);
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
