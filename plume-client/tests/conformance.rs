//! The suite that every client of the cloud can run, run on this one: in process, and over a real socket.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plume_client::{CallRate, Client, Error, ErrorKind, RateLimiter, Settings};
use plume_runtime::HttpTransport;
use plume_sim::conformance::{self, Failure, Implementation, Outcome, SeenNode, Setting, Subject, Way};

struct Ours;

impl Implementation for Ours {
    fn subject(&self, setting: &Setting) -> Box<dyn Subject> {
        let transport = setting.transport().unwrap_or_else(|| Arc::new(HttpTransport::default()));
        let client = Client::builder()
            .settings(Settings::from_variables(setting.endpoints().environment()).unwrap())
            .transport(transport)
            .rate_limiter(RateLimiter::new(CallRate::default(), setting.clock()))
            .clock(setting.clock())
            .build()
            .unwrap();
        Box::new(OurClient(client))
    }
}

struct OurClient(Client);

fn failure(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Auth | ErrorKind::Unauthorized => Failure::Unauthorized,
        ErrorKind::Forbidden => Failure::Forbidden,
        ErrorKind::NotFound(_) => Failure::NotFound,
        ErrorKind::Blocked => Failure::Blocked,
        ErrorKind::RateLimited => Failure::RateLimited,
        ErrorKind::Server | ErrorKind::Overloaded => Failure::Server,
        ErrorKind::Network | ErrorKind::Timeout => Failure::Network,
        ErrorKind::OutcomeUnknown => Failure::OutcomeUnknown,
        ErrorKind::Unreadable => Failure::Unreadable,
        _ => Failure::Other(error.to_string()),
    }
}

#[async_trait]
impl Subject for OurClient {
    async fn customers(&self) -> Result<Vec<String>, Failure> {
        let mut pages = self.0.customers().pages();
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failure)?;
            ids.extend(page.items.iter().map(|customer| customer.id.to_string()));
        }
        Ok(ids)
    }

    async fn nodes(&self, customer: &str, location: &str) -> Result<Vec<SeenNode>, Failure> {
        let nodes = self.0.customer(customer).location(location).nodes().await.map_err(failure)?;
        let seen = |node: &plume_types::Node| {
            let state = node.connection_state.known().map(|state| state.as_str().to_owned());
            SeenNode::new(node.id.to_string(), state)
        };
        Ok(nodes.iter().map(seen).collect())
    }

    async fn change(&self, customer: &str, location: &str, node: &str) -> Option<Result<(), Failure>> {
        let location = self.0.customer(customer).location(location);
        Some(location.reboot_node(node, Duration::from_secs(1)).send().await.map(drop).map_err(failure))
    }
}

/// No case fails, and only the cases named here are skipped.
fn judge(report: &conformance::Report, may_skip: &[&str]) {
    report.assert_passed();
    for (name, outcome) in report.results() {
        let skipped = matches!(outcome, Outcome::Skipped(_));
        assert_eq!(skipped, may_skip.contains(name), "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_client_conforms_in_process() {
    judge(&conformance::run(&Ours, Way::InProcess).await, &[]);
}

#[tokio::test]
async fn the_client_conforms_on_the_wire() {
    let report = conformance::run(&Ours, Way::Wire).await;
    // Time cannot be moved there, and the cases about minutes were run in process.
    let about_minutes = [
        "a token is renewed before it expires",
        "a token without a lifetime is not used for long",
        "Retry-After is respected",
        "a block pauses all calls and keeps the token",
        "the call limit is respected",
        "a hanging call ends",
        "valid tokens are used during an outage of the authorization server",
    ];
    judge(&report, &about_minutes);
}
