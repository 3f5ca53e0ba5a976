//! `plume rename`: new names for nodes, devices and locations.

use clap::{Args, Subcommand};

use crate::args::{LocationIds, help};
use crate::commands::changes::consent::{Consent, Made, new_text, node_words};
use crate::failure::{Failure, Result};
use crate::output::Outcome;
use crate::session::Session;

/// Rename a node, a device or a location
#[derive(Debug, Subcommand)]
pub(crate) enum Rename {
    Node(RenameNode),
    Device(RenameDevice),
    Location(RenameLocation),
}

/// Rename a gateway or pod
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo rename node \"Living Room\" Attic --yes",
    "plume rename node TST0000001 Attic 5f0000000000000000000001 5f0000000000000000000002 --dry-run",
]))]
pub(crate) struct RenameNode {
    /// The node's name, serial number or MAC address, or a beginning that fits one node only
    node: String,
    /// The new name
    name: String,
    #[command(flatten)]
    ids: LocationIds,
    #[command(flatten)]
    consent: Consent,
}

/// Rename a device
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo rename device Alexa Speaker --yes",
    "plume rename device aa:bb:cc:00:11:22 Speaker 5f0000000000000000000001 5f0000000000000000000002",
]))]
pub(crate) struct RenameDevice {
    /// The device's name or MAC address, or a beginning that fits one device only
    device: String,
    /// The new name, at most 32 characters
    name: String,
    #[command(flatten)]
    ids: LocationIds,
    #[command(flatten)]
    consent: Consent,
}

/// Rename a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo rename location \"Summer house\" --dry-run",
    "plume rename location \"Summer house\" 5f0000000000000000000001 5f0000000000000000000002",
]))]
pub(crate) struct RenameLocation {
    /// The new name
    name: String,
    #[command(flatten)]
    ids: LocationIds,
    #[command(flatten)]
    consent: Consent,
}

impl Rename {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Made>> {
        match self {
            Self::Node(RenameNode { node: given, name, ids, consent }) => {
                consent.check(session)?;
                let name = new_name(session, &name)?;
                let home = session.location(&ids).await?;
                let node = consent.node(session, &home, &given).await?;
                let words = format!("Rename the {} to \"{name}\"", node_words(&node));
                let change = home.rename_node(node.id, &name);
                Ok(consent.make(session, &home, words, change).await?.0)
            }
            Self::Device(RenameDevice { device: given, name, ids, consent }) => {
                consent.check(session)?;
                let name = new_name(session, &name)?;
                let home = session.location(&ids).await?;
                let device = consent.device(session, &home, &given).await?;
                let words =
                    format!("Rename the device \"{}\" ({}) to \"{name}\"", device.display_name(), device.mac);
                let change = home.rename_device(device.mac.clone(), &name);
                Ok(consent.make(session, &home, words, change).await?.0)
            }
            Self::Location(RenameLocation { name, ids, consent }) => {
                consent.check(session)?;
                let name = new_name(session, &name)?;
                let home = session.location(&ids).await?;
                let words = format!("Rename the location to \"{name}\"");
                let change = home.rename(&name);
                Ok(consent.make(session, &home, words, change).await?.0)
            }
        }
    }
}

/// An empty name is a mistake in a script, such as a variable that is not set.
fn new_name(session: &Session, name: &str) -> Result<String> {
    match plume_text::trim(name) {
        "" => Err(Failure::usage("the new name is empty", "Give a name.")),
        name => new_text(session, "nickname", name),
    }
}
