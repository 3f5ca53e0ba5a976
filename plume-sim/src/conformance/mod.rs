//! What every client of the Plume Cloud has to get right, as a suite that any implementation can run.
//!
//! Write a [`Subject`] around your client and an [`Implementation`] that makes one, and [`run`] them: in process if
//! your client takes a [`Transport`](plume_runtime::Transport), or over HTTP on a loopback address with whatever HTTP library it uses. Each case
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
//!
//! **The suite for clients is in the simulator, not in the client.** It asks through a trait of two methods, so that
//! it can judge clients from elsewhere, and it is itself judged by a small reference client with 25 bugs to choose
//! from. Cases in which minutes pass are run where time can be moved.

pub(crate) mod cases;
mod report;
mod run;
pub(crate) mod stage;
mod subject;

pub use report::{Outcome, Report};
pub use run::{cases, run, run_case};
pub use subject::{Failure, Implementation, SeenNode, Setting, Subject, Way};
