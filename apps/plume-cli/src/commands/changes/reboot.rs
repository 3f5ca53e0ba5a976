//! `plume reboot`: restart a node or a whole location.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::args::{LocationIds, help};
use crate::commands::changes::consent::{Consent, Made, node_words};
use crate::durations::duration;
use crate::failure::Result;
use crate::output::Outcome;
use crate::session::Session;

/// Restart a node or a location
#[derive(Debug, Subcommand)]
pub(crate) enum Reboot {
    Node(RebootNode),
    Location(RebootLocation),
}

/// Restart a gateway or pod
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo reboot node \"Living Room\" --dry-run",
    "plume reboot node TST0000001 5f0000000000000000000001 5f0000000000000000000002 --yes",
]))]
pub(crate) struct RebootNode {
    /// The node's name, serial number or MAC address, or a beginning that fits one node only
    node: String,
    #[command(flatten)]
    ids: LocationIds,
    /// Wait this long before the restart
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    delay: Option<Duration>,
    #[command(flatten)]
    consent: Consent,
}

/// Restart all nodes of a location
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo reboot location --dry-run",
    "plume reboot location 5f0000000000000000000001 5f0000000000000000000002 --delay 1m",
]))]
pub(crate) struct RebootLocation {
    #[command(flatten)]
    ids: LocationIds,
    /// Wait this long before the restart
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    delay: Option<Duration>,
    #[command(flatten)]
    consent: Consent,
}

impl Reboot {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Made>> {
        match self {
            Self::Node(RebootNode { node: given, ids, delay, consent }) => {
                consent.check(session)?;
                let home = session.location(&ids).await?;
                let node = consent.node(session, &home, &given).await?;
                let words = format!("Restart the {}", node_words(&node));
                let change = home.reboot_node(node.id, delay.unwrap_or_default());
                Ok(consent.make(session, &home, words, change).await?.0)
            }
            Self::Location(RebootLocation { ids, delay, consent }) => {
                consent.check(session)?;
                let home = session.location(&ids).await?;
                let words = "Restart all nodes".to_owned();
                let change = home.reboot(delay.unwrap_or_default());
                Ok(consent.make(session, &home, words, change).await?.0)
            }
        }
    }
}
