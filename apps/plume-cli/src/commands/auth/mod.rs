//! `plume auth`: credentials.

mod fetch;
mod login;
mod logout;
mod status;
mod token;

use clap::Subcommand;

use crate::failure::Result;
use crate::output::Printed;
use crate::session::Session;

/// Log in and out, and show the credential
#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    Login(login::Login),
    Status(status::ShowStatus),
    Token(token::PrintToken),
    Logout(logout::Logout),
}

impl Auth {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::Login(command) => session.print(&command.run(session).await?),
            Self::Status(command) => session.print(&command.run(session).await?),
            Self::Token(command) => session.print(&command.run(session).await?),
            Self::Logout(command) => session.print(&command.run(session)?),
        })
    }
}
