//! `completions` and `man`.

use std::io::Write;

use clap::CommandFactory;
use gainsweep_store::atomic;

use crate::arguments::{Arguments, Completions, Man};
use crate::failure::{Failure, tell};

/// `completions`.
pub(crate) fn completions(arguments: &Completions) -> Result<(), Failure> {
    let script = gainsweep_manual::completions(Arguments::command(), arguments.shell);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}

/// `man`.
pub(crate) fn pages(arguments: &Man) -> Result<(), Failure> {
    let pages = gainsweep_manual::pages(Arguments::command())?;
    match &arguments.dir {
        Some(folder) => {
            fs_err::create_dir_all(folder)?;
            for page in &pages {
                atomic::write(&folder.join(&page.file), &page.text)?;
            }
            tell(&format!("wrote {} pages to {}", pages.len(), folder.display()));
        }
        None => std::io::stdout().lock().write_all(&pages[0].text)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_knows_every_command_and_option() {
        let pages = gainsweep_manual::pages(Arguments::command()).expect("pages");
        assert!(pages.len() > 6, "{}", pages.len());
        assert_eq!(gainsweep_manual::forgotten(Arguments::command(), &pages), Vec::<String>::new());
    }
}
