//! The commands, one file each: its arguments, its calls, its view.

mod customers;
mod device;
mod devices;
mod health;
mod locations;
mod node;
mod nodes;
mod status;
mod uptime;
mod wan;
mod wifi;

use clap::Subcommand;

use crate::failure::Result;
use crate::output::Printed;
use crate::session::Session;

/// The commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Health(health::Health),
    Status(status::Status),
    Nodes(nodes::Nodes),
    Node(node::ShowNode),
    Devices(devices::Devices),
    Device(device::ShowDevice),
    Wifi(wifi::Wifi),
    Wan(wan::Wan),
    Uptime(uptime::Uptime),
    #[command(subcommand)]
    Customers(customers::Customers),
    #[command(subcommand)]
    Locations(locations::Locations),
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::Health(command) => command.print(session).await?,
            Self::Status(command) => session.print(&command.run(session).await?),
            Self::Nodes(command) => session.print(&command.run(session).await?),
            Self::Node(command) => session.print(&command.run(session).await?),
            Self::Devices(command) => session.print(&command.run(session).await?),
            Self::Device(command) => session.print(&command.run(session).await?),
            Self::Wifi(command) => session.print(&command.run(session).await?),
            Self::Wan(command) => session.print(&command.run(session).await?),
            Self::Uptime(command) => session.print(&command.run(session).await?),
            Self::Customers(command) => command.run(session).await?,
            Self::Locations(command) => command.run(session).await?,
        })
    }
}
