//! `man`.

use std::path::Path;

use clap::CommandFactory;
use gainsweep_store::atomic;

use super::Cli;
use crate::failure::{Failure, tell};

pub(crate) use gainsweep_manual::ManOptions as Options;

/// `man`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let write = |path: &Path, page: &[u8]| Ok::<(), Failure>(atomic::write(path, page)?);
    let written = options.run(Cli::command(), &mut std::io::stdout().lock(), write)?;
    if let Some(written) = written {
        tell(&written);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_knows_every_command_and_option() {
        let pages = gainsweep_manual::pages(Cli::command()).expect("pages");
        assert!(pages.len() > 6, "{}", pages.len());
        assert_eq!(gainsweep_manual::forgotten(Cli::command(), &pages), Vec::<String>::new());
    }
}
