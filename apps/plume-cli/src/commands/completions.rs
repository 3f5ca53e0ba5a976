//! `plume completions`: scripts for shells.

use clap::Args;
use clap_complete::Shell;
use serde::Serialize;

use crate::args::help;
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Print the script that completes commands in a shell
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume completions bash",
    "plume completions fish",
]))]
pub(crate) struct Completions {
    /// The shell; the script goes to a file that it reads, for example
    /// ~/.local/share/bash-completion/completions/plume
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Serialize)]
pub(crate) struct Script {
    shell: String,
    script: String,
}

const COLUMNS: [Column<Script>; 2] = [
    Column::word("SHELL", |script| Cell::new(&script.shell)),
    Column::text("SCRIPT", |script| Cell::new(&script.script)),
];

impl Completions {
    pub(crate) fn run(self, session: &Session) -> Result<Outcome<Script>> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut (session.program)(), "plume", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        let data = Script { shell: self.shell.to_string(), script: script.clone() };
        Ok(Outcome::verbatim("plume.completions/1", data, script, &COLUMNS))
    }
}
