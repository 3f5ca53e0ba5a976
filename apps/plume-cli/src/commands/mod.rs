//! The commands, one file each: its arguments, its calls, its view.

mod customers;
mod health;
mod nodes;

use clap::Subcommand;

use crate::failure::Result;
use crate::output::Printed;
use crate::session::Session;

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Health(health::Health),
    Nodes(nodes::Nodes),
    #[command(subcommand)]
    Customers(customers::Customers),
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::Health(command) => session.print(&command.run(session).await?),
            Self::Nodes(command) => session.print(&command.run(session).await?),
            Self::Customers(command) => command.run(session).await?,
        })
    }
}
