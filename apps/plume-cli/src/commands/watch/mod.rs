//! `plume watch`: changes while they happen.

mod board;
mod health;

use clap::Subcommand;

use crate::failure::Result;
use crate::output::Printed;
use crate::session::Session;

/// Watch homes, and report changes
#[derive(Debug, Subcommand)]
pub(crate) enum Watch {
    Health(health::WatchHealth),
}

impl Watch {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        match self {
            Self::Health(command) => command.run(session).await,
        }
    }
}
