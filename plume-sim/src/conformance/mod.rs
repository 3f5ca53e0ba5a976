//! A conformance suite for clients of the Plume Cloud.
//!
//! Implement [`Subject`] for your client and [`Implementation`] for its factory, and [`run`] the suite: in process if
//! your client accepts a [`Transport`](plume_runtime::Transport), or over HTTP on a loopback address with any HTTP
//! library. Each case has its own simulator with its faults, drives the client, and checks both the client's results
//! and the requests that arrived.
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
//!
//! **The suite is in the simulator, not in the client.** It needs a trait of two methods, so it can test any client.
//! It is tested itself with a small reference client that has 25 selectable bugs. Cases that take minutes run only
//! where time can be moved.

pub(crate) mod cases;
mod report;
mod run;
pub(crate) mod stage;
mod subject;

pub use report::{Outcome, Report};
pub use run::{cases, run, run_case};
pub use subject::{Failure, Implementation, SeenNode, Setting, Subject, Way};
