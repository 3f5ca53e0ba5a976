//! `plume man`: manual pages.

use std::{fs, io, path::PathBuf};

use clap::Args;
use clap_mangen::Man as Page;
use plume::cli::exit;
use serde::Serialize;

use crate::args::help;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Print the manual page, or write one for each command
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume man",
    "plume man --dir ~/.local/share/man/man1",
]))]
pub(crate) struct Man {
    /// Write all pages to this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Serialize)]
pub(crate) struct Manual {
    /// The page, without --dir.
    page: Option<String>,
    /// The files that were written.
    files: Vec<String>,
}

const COLUMNS: [Column<Manual>; 2] = [
    Column::text("PAGE", |manual| Cell::option(manual.page.as_ref())),
    Column::text("FILES", |manual| Cell::new(manual.files.join(" "))),
];

impl Man {
    pub(crate) fn run(self, session: &Session) -> Result<Outcome<Manual>> {
        let mut program = (session.program)();
        program.build();
        let (text, manual) = match self.dir {
            None => {
                let page = page(program);
                (page.clone(), Manual { page: Some(page), files: Vec::new() })
            }
            Some(directory) => {
                let failed = |error: io::Error| {
                    let message = format!("failed to write to {}: {error}", directory.display());
                    Failure::of_code(exit::FAILED, message, "Check the directory and its free space.")
                };
                fs::create_dir_all(&directory).map_err(failed)?;
                let mut files = Vec::new();
                for (name, page) in pages(program) {
                    let path = directory.join(format!("{name}.1"));
                    fs::write(&path, page).map_err(failed)?;
                    files.push(path.display().to_string());
                }
                let text = format!("{} pages in {}", files.len(), directory.display());
                (text, Manual { page: None, files })
            }
        };
        Ok(Outcome::verbatim("plume.man/1", manual, text, &COLUMNS))
    }
}

fn page(command: clap::Command) -> String {
    let mut page = Vec::new();
    // A vector takes everything.
    let _ = Page::new(command).render(&mut page);
    String::from_utf8_lossy(&page).into_owned()
}

/// The pages of a command and all below it, with their names.
fn pages(command: clap::Command) -> Vec<(String, String)> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let below = command.get_subcommands().filter(|child| child.get_name() != "help").cloned();
    let below: Vec<_> = below.flat_map(pages).collect();
    std::iter::once((name, page(command))).chain(below).collect()
}
