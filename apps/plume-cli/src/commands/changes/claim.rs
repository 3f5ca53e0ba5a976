//! `plume claim` and `plume unclaim`: which nodes a location has.

use clap::Args;
use plume::NodeToClaim;

use crate::args::{LocationIds, help};
use crate::commands::changes::consent::{Consent, Made, new_text, node_words};
use crate::failure::Result;
use crate::output::Outcome;
use crate::session::Session;

/// Add a node to a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo claim TST0000001 --name Attic --dry-run",
    "plume claim TST0000001 5f0000000000000000000001 5f0000000000000000000002 --yes",
]))]
pub(crate) struct Claim {
    /// The serial number on the node
    serial_number: String,
    #[command(flatten)]
    ids: LocationIds,
    /// The name of the node in this location
    #[arg(long)]
    name: Option<String>,
    /// The room
    #[arg(long)]
    room: Option<String>,
    /// The model, which some nodes need
    #[arg(long)]
    model: Option<String>,
    /// The MAC address of the Ethernet port, which some nodes need
    #[arg(long, value_name = "MAC")]
    ethernet_mac: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

impl Claim {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Made>> {
        self.consent.check(session)?;
        let text = |field, text: Option<String>| text.map(|text| new_text(session, field, &text)).transpose();
        let serial_number = new_text(session, "serialNumber", &self.serial_number)?;
        let (nickname, room) = (text("nickname", self.name)?, text("room", self.room)?);
        let home = session.location(&self.ids).await?;
        let words = format!("Claim the node {serial_number}");
        let change = home.claim_node(&NodeToClaim {
            serial_number: Some(serial_number),
            nickname,
            room,
            model: self.model,
            ethernet_mac: self.ethernet_mac.map(Into::into),
            ..NodeToClaim::default()
        });
        let (outcome, claim) = self.consent.make(session, &home, words, change).await?;
        if claim.is_none() && outcome.is_sent() {
            session.warn("nothing changed: the location had this node already");
        }
        Ok(outcome)
    }
}

/// Remove a node from a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo unclaim \"Living Room\" --dry-run",
    "plume unclaim TST0000001 5f0000000000000000000001 5f0000000000000000000002",
]))]
pub(crate) struct Unclaim {
    /// The node's name, serial number or MAC address, or a beginning that fits one node only
    node: String,
    #[command(flatten)]
    ids: LocationIds,
    #[command(flatten)]
    consent: Consent,
}

impl Unclaim {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Made>> {
        self.consent.check(session)?;
        let home = session.location(&self.ids).await?;
        let node = self.consent.node(session, &home, &self.node).await?;
        let words = format!("Remove the {}", node_words(&node));
        let change = home.unclaim_node(node.id);
        Ok(self.consent.make(session, &home, words, change).await?.0)
    }
}
