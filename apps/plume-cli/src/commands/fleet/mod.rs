//! `plume fleet`: all homes of the partner.

mod nodes;
mod plan;
mod progress;
mod scan;
mod walk;

use clap::Subcommand;

use crate::failure::Result;
use crate::output::Printed;
use crate::session::Session;

pub(crate) use crate::commands::fleet::progress::Progress;
pub(crate) use crate::commands::fleet::walk::homes;

/// Look at all homes of the partner
#[derive(Debug, Subcommand)]
pub(crate) enum Fleet {
    Scan(scan::Scan),
    Nodes(nodes::FleetNodes),
    Plan(plan::PlanChecks),
}

impl Fleet {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        match self {
            Self::Scan(command) => command.run(session).await,
            Self::Nodes(command) => command.run(session).await,
            Self::Plan(command) => Ok(session.print(&command.run(session).await?)),
        }
    }
}
