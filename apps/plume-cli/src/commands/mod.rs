//! The commands, one file each: its arguments, its calls, its view.

mod api;
mod auth;
mod changes;
mod completions;
mod config;
mod customers;
mod device;
mod devices;
mod diff;
mod doctor;
mod events;
mod find;
mod fleet;
mod health;
mod locations;
mod man;
mod node;
mod nodes;
mod sim;
mod speedtest;
mod status;
mod topology;
mod uptime;
mod wan;
mod watch;
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
    Topology(topology::ShowTopology),
    Events(events::Events),
    Wan(wan::Wan),
    Uptime(uptime::Uptime),
    #[command(subcommand, name = "speedtest", alias = "speedtests")]
    SpeedTests(speedtest::SpeedTests),
    Find(find::Find),
    #[command(subcommand)]
    Customers(customers::Customers),
    #[command(subcommand)]
    Locations(locations::Locations),
    #[command(subcommand)]
    Fleet(fleet::Fleet),
    #[command(subcommand)]
    Watch(watch::Watch),
    Diff(diff::Diff),
    #[command(subcommand)]
    Reboot(changes::Reboot),
    #[command(subcommand)]
    Rename(changes::Rename),
    Locate(changes::Locate),
    Claim(changes::Claim),
    Unclaim(changes::Unclaim),
    Api(Box<api::Api>),
    #[command(subcommand)]
    Auth(auth::Auth),
    #[command(subcommand)]
    Config(config::Config),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Sim(sim::Sim),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Whether the command is about simulated homes, with --demo or without.
    pub(crate) fn is_simulator(&self) -> bool {
        matches!(self, Self::Sim(_))
    }

    /// Whether the command is about this machine or its set-up, whose texts and requests pass no recording and no
    /// pseudonyms.
    pub(crate) fn is_about_setup(&self) -> bool {
        matches!(self, Self::Auth(_) | Self::Config(_) | Self::Doctor(_) | Self::Sim(_))
    }

    /// Whether the command shows stored documents as they are.
    pub(crate) fn shows_files(&self) -> bool {
        matches!(self, Self::Diff(_))
    }

    /// Whether a signal is the end that the command waits for.
    pub(crate) fn ends_at_signal(&self) -> bool {
        matches!(self, Self::Sim(_))
    }

    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        Ok(match self {
            Self::Health(command) => command.print(session).await?,
            Self::Status(command) => session.print(&command.run(session).await?),
            Self::Nodes(command) => session.print(&command.run(session).await?),
            Self::Node(command) => session.print(&command.run(session).await?),
            Self::Devices(command) => session.print(&command.run(session).await?),
            Self::Device(command) => session.print(&command.run(session).await?),
            Self::Wifi(command) => session.print(&command.run(session).await?),
            Self::Events(command) => session.print(&command.run(session).await?),
            Self::Topology(command) => session.print(&command.run(session).await?),
            Self::Wan(command) => session.print(&command.run(session).await?),
            Self::Uptime(command) => session.print(&command.run(session).await?),
            Self::SpeedTests(command) => command.run(session).await?,
            Self::Find(command) => session.print(&command.run(session).await?),
            Self::Customers(command) => command.run(session).await?,
            Self::Locations(command) => command.run(session).await?,
            Self::Api(command) => command.run(session).await?,
            Self::Auth(command) => command.run(session).await?,
            Self::Config(command) => command.run(session).await?,
            Self::Doctor(command) => session.print(&command.run(session).await?),
            Self::Sim(command) => command.run(session).await?,
            Self::Completions(command) => session.print(&command.run(session)?),
            Self::Man(command) => session.print(&command.run(session)?),
            Self::Fleet(command) => command.run(session).await?,
            Self::Watch(command) => command.run(session).await?,
            Self::Diff(command) => session.print(&command.run(session).await?),
            Self::Reboot(command) => session.print(&command.run(session).await?),
            Self::Rename(command) => session.print(&command.run(session).await?),
            Self::Locate(command) => session.print(&command.run(session).await?),
            Self::Claim(command) => session.print(&command.run(session).await?),
            Self::Unclaim(command) => session.print(&command.run(session).await?),
        })
    }
}
