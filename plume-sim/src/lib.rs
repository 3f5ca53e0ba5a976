//! A Plume Cloud of your own, for demos and tests without credentials and without a network.
//!
//! A [`Simulator`] holds an OAuth 2.0 authorization server, the API, the reports and the LTE service. It answers
//! requests by one plain function, [`Simulator::handle`], and offers two ways to reach it:
//!
//! * [`Simulator::transport`]: in the same process, as a [`plume_runtime::Transport`];
//! * [`Simulator::serve`]: over HTTP on a loopback address (feature `server`, on by default), and with
//!   `Simulator::serve_tls` over TLS (feature `tls`).
//!
//! It can fail in every way the real cloud can: [`faults::FaultPlan`]. And it watches those who use it:
//! [`Simulator::verdict`] tells which rules a client broke, from tokens used after their end to changes sent twice.
//!
//! Its customers are the named [`Home`]s, each with a known state, and any number of generated ones. All
//! values come from a seed and from a [`plume_runtime::Clock`], so an answer can be had again byte by byte.
//! The JSON is written here by hand and not with the models of this workspace, so that a mistake in a model
//! shows.
//!
//! Each home has one history: what was, what a [`Story`] tells, and what requests have changed. Live state and
//! reports are computed from it as of the moment of a request, so they agree; [`Simulator::audit`] tells who
//! changed what.
//!
//! What is served stands in one table, [`Simulator::routes`]. Anything else is answered with 404 and shows
//! in [`Simulator::requests`] as a request without a route.
//!
//! Many bodies have no published form. The simulator makes them up, consistent with the rest of its world,
//! and says so: see the table at [`Route`] and [`Route::published`]. Do not take them as evidence. Within
//! published bodies, the keys of weekly and monthly WAN statistics are made up as well.
//!
//! # Example
//!
//! ```
//! use plume_sim::{Home, Simulator};
//!
//! let simulator = Simulator::builder().seed(7).build();
//! for (name, value) in simulator.environment() {
//!     // What a client needs to know to use `simulator.transport()`.
//!     let _ = (name, value);
//! }
//! assert_eq!(Home::Healthy.to_string(), "healthy");
//! assert_eq!(simulator.request_count(), 0);
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
// The text speaks of the server also where it is left out.
#![cfg_attr(not(feature = "server"), allow(rustdoc::broken_intra_doc_links))]

mod accounts;
mod app_qoe;
mod audit;
#[cfg(feature = "server")]
mod breaking;
mod builder;
pub mod conformance;
mod customers;
mod devices;
mod endpoints;
mod error_body;
pub mod faults;
mod filter;
mod firewall;
mod gateway;
mod gateway_reports;
mod history;
#[doc = include_str!("../TESTING.md")]
pub mod guide {}
mod home;
mod ids;
mod list_shape;
mod location;
mod lte;
mod measure;
mod nodes;
mod noise;
mod oauth;
mod oracle;
mod overview;
mod parameters;
mod partners;
mod plan;
mod positioned;
mod query;
mod replacement;
mod reports;
mod request_log;
mod router;
mod routes;
#[cfg(feature = "server")]
mod server;
mod settings;
mod simulator;
mod speed_test;
mod story;
mod telemetry;
mod tenants;
mod time;
#[cfg(feature = "tls")]
mod tls;
mod traffic;
mod transport;
mod wifi;
mod world;
mod writes;

pub use audit::AuditRecord;
pub use builder::SimulatorBuilder;
pub use endpoints::Endpoints;
pub use home::{Home, ParseHomeError};
pub use list_shape::ListShape;
pub use oracle::{Counts, Verdict, Violation, ViolationKind};
pub use request_log::RequestRecord;
#[cfg(feature = "server")]
pub use server::{ServeError, Server};
pub use simulator::{Route, Simulator};
pub use story::{Cast, Happening, Level, Story, StoryError, When};
