//! `plume locate`: the blinking light of a node.

use clap::Args;
use plume::LedMode;

use crate::args::{LocationIds, help};
use crate::commands::changes::consent::{Consent, Made, node_words};
use crate::failure::Result;
use crate::output::Outcome;
use crate::session::Session;

/// Let the light of a node blink, so that a person finds it
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo locate \"Living Room\" --yes",
    "plume locate TST0000001 5f0000000000000000000001 5f0000000000000000000002 --off",
]))]
pub(crate) struct Locate {
    /// The node's name, serial number or MAC address, or a beginning that fits one node only
    node: String,
    #[command(flatten)]
    ids: LocationIds,
    /// End the blinking
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    consent: Consent,
}

impl Locate {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Made>> {
        self.consent.check(session)?;
        let home = session.location(&self.ids).await?;
        let node = self.consent.node(session, &home, &self.node).await?;
        let (mode, doing) =
            if self.off { (LedMode::Normal, "End the blinking of") } else { (LedMode::Locate, "Blink at") };
        let words = format!("{doing} the {}", node_words(&node));
        let change = home.set_node_led(node.id, mode);
        Ok(self.consent.make(session, &home, words, change).await?.0)
    }
}
