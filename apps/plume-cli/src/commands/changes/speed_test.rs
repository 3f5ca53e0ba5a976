//! `plume speedtest run`: a new speed test.

use std::time::Duration;

use clap::Args;
use plume::{
    cli::exit,
    types::{SpeedTest, SpeedTestStatus},
};

use crate::args::{LocationIds, help};
use crate::commands::changes::consent::{Consent, node_words};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Printed};
use crate::session::Session;

/// Run a speed test, and show its result
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo speedtest run --dry-run",
    "plume speedtest run TST0000001 5f0000000000000000000001 5f0000000000000000000002 --yes --no-wait",
]))]
pub(crate) struct RunSpeedTest {
    /// The node's name, serial number or MAC address; the gateway if it is left out
    node: Option<String>,
    #[command(flatten)]
    ids: LocationIds,
    /// Do not wait for the result
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    consent: Consent,
}

/// The longest wait for a result.
const PATIENCE: Duration = Duration::from_secs(180);

const FIELDS: [Column<SpeedTest>; 8] = [
    Column::word("Result", |test| Cell::option(test.status.as_ref())),
    Column::number("Download (Mbps)", |test| Cell::option(test.download)),
    Column::number("Upload (Mbps)", |test| Cell::option(test.upload)),
    Column::number("Round trip (ms)", |test| Cell::option(test.rtt)),
    Column::number("Jitter (ms)", |test| Cell::option(test.jitter)),
    Column::text("Server", |test| Cell::option(test.server_name.as_ref())),
    Column::word("Started", |test| Cell::time(test.started_at)),
    Column::word("Ended", |test| Cell::time(test.ended_at)),
];

impl RunSpeedTest {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        self.consent.check(session)?;
        let home = session.location(&self.ids).await?;
        let node = match &self.node {
            Some(given) => self.consent.node(session, &home, given).await?,
            None => {
                let nodes = home.nodes().await?;
                let gateway = nodes.iter().find(|node| node.is_gateway() == Some(true)).cloned();
                gateway.ok_or_else(|| {
                    Failure::not_found("no gateway is connected in this location", "Name a node.")
                })?
            }
        };
        let words = format!("Run a speed test at the {}", node_words(&node));
        let change = home.start_speed_test(node.id.clone());
        let (mut outcome, response) = self.consent.make(session, &home, words, change).await?;
        if !outcome.is_sent() {
            return Ok(session.print(&outcome));
        }
        let Some(request) = response.and_then(|response| response.text("requestId")) else {
            session.warn("the cloud named no request, so its result cannot be shown");
            return Ok(session.print(&outcome));
        };
        if self.no_wait {
            outcome.started(request);
            return Ok(session.print(&outcome));
        }
        session.remark(&format!("note: the test {request} was started; it takes about half a minute"));
        let mut waiting = Waiting { session, is_over: false };
        let waited = home.wait_for_speed_test(node.id, &request, PATIENCE).await;
        waiting.is_over = true;
        let Some(test) = waited? else {
            let message = format!("no result of the speed test {request} after 3 minutes");
            let help = "It may come later: `plume speedtest list` shows the tests.";
            return Err(Failure::of_code(exit::NETWORK, message, help));
        };
        let code = if test.status == Some(SpeedTestStatus::Failed) { exit::FAILED } else { exit::DONE };
        Ok(session.print(&Outcome { code, ..Outcome::record("plume.speedtest.result/1", test, &FIELDS) }))
    }
}

/// The wait for a result. A signal drops it.
struct Waiting<'s> {
    session: &'s Session,
    is_over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.session.remark("note: the test continues; `plume speedtest list` shows its result");
        }
    }
}
