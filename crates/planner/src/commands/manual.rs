//! `gainsweep completions` and `gainsweep man`.

use clap::CommandFactory;
use gainsweep_contract::exit::planner::FINE;
use gainsweep_store::atomic;

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::failure::Failure;
use crate::screen;

pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Failure> {
    let script = gainsweep_manual::completions(Cli::command(), args.shell);
    screen::data(|out| out.write_all(&script))?;
    Ok(FINE)
}

pub(crate) fn pages(args: &ManArgs) -> Result<u8, Failure> {
    let pages = gainsweep_manual::pages(Cli::command())?;
    match &args.dir {
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
