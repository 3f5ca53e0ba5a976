//! What every client of the Plume Cloud has to get right, as a suite that any implementation can run.
//!
//! Write a [`Subject`] around your client and an [`Implementation`] that makes one, and [`run`] them: in process if
//! your client takes a [`Transport`], or over HTTP on a loopback address with whatever HTTP library it uses. Each case
//! stages a cloud of its own with its faults, drives the client, and asks both what the client said and what the
//! cloud saw.
//!
//! ```
//! use async_trait::async_trait;
//! use plume_sim::conformance::{self, Failure, Implementation, SeenNode, Setting, Subject, Way};
//!
//! struct Nothing;
//!
//! #[async_trait]
//! impl Subject for Nothing {
//!     async fn customers(&self) -> Result<Vec<String>, Failure> {
//!         Err(Failure::Other("not written yet".to_owned()))
//!     }
//!     async fn nodes(&self, _customer: &str, _location: &str) -> Result<Vec<SeenNode>, Failure> {
//!         Err(Failure::Other("not written yet".to_owned()))
//!     }
//! }
//!
//! impl Implementation for Nothing {
//!     fn subject(&self, _setting: &Setting) -> Box<dyn Subject> {
//!         Box::new(Nothing)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let report = conformance::run(&Nothing, Way::InProcess).await;
//! assert!(!report.passed());
//! println!("{report}");
//! # }
//! ```

mod cases;
mod stage;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use plume_runtime::{Clock, Transport};

use crate::endpoints::Endpoints;

use stage::Bench;

/// A client under test: a few calls, and what came of them.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The ids of all customers, from `GET Customers`, page by page with `limit` and `skip` if the client reads pages.
    async fn customers(&self) -> Result<Vec<String>, Failure>;

    /// The nodes of a location, from `GET Customers/{id}/locations/{locationId}/nodes`.
    async fn nodes(&self, customer: &str, location: &str) -> Result<Vec<SeenNode>, Failure>;

    /// Something that must not happen twice: a restart, by `PUT Customers/{id}/locations/{locationId}/nodes/{nodeId}/reboot`,
    /// or any `POST` that changes something. `None` if the client has none; the cases about it are skipped then.
    async fn change(&self, _customer: &str, _location: &str, _node: &str) -> Option<Result<(), Failure>> {
        None
    }
}

/// A node as the client understood it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenNode {
    /// Its `id`.
    pub id: String,
    /// Its `connectionState`, as the word the cloud sent; nothing if it was missing or not a word.
    pub state: Option<String>,
}

/// Why a call failed, as far as the client can tell. Where a client cannot tell two of these apart, it may name either
/// one that is close; the cases accept what the cloud itself leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The token or the credentials are not accepted.
    Unauthorized,
    /// Another partner's resource.
    Forbidden,
    /// What was asked for does not exist.
    NotFound,
    /// The firewall blocks this address, or the client holds back because it did.
    Blocked,
    /// Too many requests.
    RateLimited,
    /// The cloud failed.
    Server,
    /// No answer came, or not the whole of it.
    Network,
    /// It is not known whether the change took place.
    OutcomeUnknown,
    /// The answer is not what was asked for.
    Unreadable,
    /// Anything else, in words.
    Other(String),
}

/// Makes clients.
pub trait Implementation: Sync {
    /// A new client with a token cache and a call limit of its own.
    fn subject(&self, setting: &Setting) -> Box<dyn Subject>;

    /// Whether the clients go by [`Setting::clock`]. Cases in which minutes pass are skipped if not.
    fn follows_the_clock(&self) -> bool {
        true
    }
}

/// What a client is given.
#[derive(Debug, Clone)]
pub struct Setting {
    endpoints: Endpoints,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
}

impl Setting {
    /// URLs and credentials.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// How bytes move in process. `None` on the wire: the client uses its own HTTP.
    #[must_use]
    pub fn transport(&self) -> Option<Arc<dyn Transport>> {
        self.transport.clone()
    }

    /// The time. In process a sleep on this clock ends at once and moves it; on the wire it is the machine's.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}

/// By which way the client reaches the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Through [`Setting::transport`].
    InProcess,
    /// Over HTTP on a loopback address; needs a tokio runtime with I/O. Cases in which minutes pass are skipped.
    #[cfg(feature = "server")]
    Wire,
}

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be, and why.
    Failed(String),
    /// Not run, and why.
    Skipped(&'static str),
}

/// All cases and what they came to.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    results: Vec<(&'static str, Outcome)>,
}

impl Report {
    /// Whether no case failed and at least one was run.
    #[must_use]
    pub fn passed(&self) -> bool {
        let ran = self.results.iter().any(|(_, outcome)| *outcome == Outcome::Passed);
        ran && self.failed().next().is_none()
    }

    /// The names of the cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &'static str> {
        self.results
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
            .map(|(name, _)| *name)
    }

    /// Every case with its outcome.
    #[must_use]
    pub fn results(&self) -> &[(&'static str, Outcome)] {
        &self.results
    }

    /// Ends a test whose client failed a case.
    ///
    /// # Panics
    ///
    /// If a case failed or none was run, with the report as the message.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.passed(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, outcome) in &self.results {
            match outcome {
                Outcome::Passed => writeln!(f, "passed   {name}")?,
                Outcome::Failed(why) => writeln!(f, "FAILED   {name}: {why}")?,
                Outcome::Skipped(why) => writeln!(f, "skipped  {name}: {why}")?,
            }
        }
        let failed = self.failed().count();
        write!(f, "{} cases, {failed} failed", self.results.len())
    }
}

/// Runs every case, each on a cloud of its own.
pub async fn run(implementation: &dyn Implementation, way: Way) -> Report {
    let mut results = Vec::new();
    for name in cases::NAMES {
        results.push((*name, run_case(implementation, way, name).await));
    }
    Report { results }
}

/// The names of the cases.
#[must_use]
pub fn cases() -> &'static [&'static str] {
    cases::NAMES
}

/// Runs one case by its name, to look at it closely.
pub async fn run_case(implementation: &dyn Implementation, way: Way, name: &str) -> Outcome {
    let bench = Bench { implementation, way };
    match cases::run(&bench, name).await {
        Ok(()) => Outcome::Passed,
        Err(stage::Stop::Skip(why)) => Outcome::Skipped(why),
        Err(stage::Stop::Fail(why)) => Outcome::Failed(why),
    }
}
