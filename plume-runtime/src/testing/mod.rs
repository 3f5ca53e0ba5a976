//! The contract suite for your own [`Transport`](crate::Transport). (feature `testing`)
//!
//! [`check_transport`] sends requests to a server of its own on the loopback address, and reports the promises of the
//! trait that were not kept.
#![cfg_attr(feature = "http-transport", doc = "\n```")]
#![cfg_attr(not(feature = "http-transport"), doc = "\n```ignore")]
//! use plume_runtime::{HttpTransport, testing::check_transport};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let report = check_transport(HttpTransport::default).await;
//! assert!(report.is_ok(), "{report}");
//! # }
//! ```

mod report;
mod server;
mod transport;

pub use report::Report;
pub use transport::check_transport;
