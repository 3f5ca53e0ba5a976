//! A simulator of the Plume Cloud, for demos and tests without credentials or a network.
//!
//! A [`Simulator`] has an OAuth 2.0 authorization server, the API, the reports and the LTE service. The function
//! [`Simulator::handle`] returns the response to a request. Clients can reach it in two ways:
//!
//! * [`Simulator::transport`]: in the same process, as a [`plume_runtime::Transport`];
//! * [`Simulator::serve`]: over HTTP on a loopback address (feature `server`, on by default), and with
//!   `Simulator::serve_tls` over TLS (feature `tls`).
//!
//! It simulates the faults of the real cloud ([`faults::FaultPlan`]), and [`Simulator::verdict`] reports the rules that
//! a client broke, from expired tokens to repeated changes.
//!
//! Its customers are the named [`Home`]s, each with a known state, and any number of generated ones. All
//! values are computed from a seed and a [`plume_runtime::Clock`], so equal requests give equal bytes.
//! The JSON does not use the models of this workspace, so a mistake in a model is not hidden.
//!
//! Each home has one history: past events, the events of a [`StoryPlan`], and the changes by requests. Live state and
//! reports are computed from it at the moment of a request, so they agree; [`Simulator::audit`] returns the changes.
//!
//! [`Simulator::routes`] lists all endpoints. A documented action that is not simulated is in the list and returns
//! 501. Any other path returns 404 and appears in [`Simulator::requests`] without a route.
//!
//! Many bodies have no published form. The simulator makes them up, consistent with the rest of its data,
//! and marks them: see the table at [`Route`] and [`Route::published`]. They are no evidence of the real responses.
//! Within published bodies, the keys of weekly and monthly WAN statistics are made up as well.
//!
//! # Configuring a client
//!
//! [`Simulator::environment`] returns the settings of a client as environment variables; the credentials are obviously
//! false. [`Endpoints`] has them one by one. A client that accepts a [`plume_runtime::Transport`] uses
//! [`Simulator::transport`], any other one [`Simulator::serve`]. With the client of this workspace:
//!
//! ```text
//! let cloud = Simulator::builder().seed(7).build();
//! let client = Client::builder()
//!     .settings(Settings::from_variables(cloud.environment())?)
//!     .transport(cloud.transport())
//!     .build()?;
//! ```
//!
//! The [`guide`] shows tests in virtual time, and [`conformance`] is a suite for authors of clients. On the command
//! line, `cargo run --example sim` serves a simulator and prints its settings.
//!
//! # Types of other crates
//!
//! Public signatures use types of `http` (requests, responses, methods, statuses), `bytes` (bodies), `serde_json` (only
//! [`faults::Effect::ExpiresIn`]) and `plume-runtime` (clocks and transports). Points in time are those of `chrono`.
//!
//! # Example
//!
//! A story with a clock moved by the test, a request, and the verdict:
//!
//! ```
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use plume_runtime::{ManualClock, chrono::DateTime};
//! use plume_sim::{Home, Simulator, Story};
//!
//! let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
//! // Two minutes after the start every gateway loses power, for 20 minutes.
//! let story = Story::PowerCut;
//! let simulator = Simulator::builder().seed(7).story(story).clock(clock.clone()).build();
//! clock.advance(Duration::from_secs(5 * 60));
//!
//! let home = Home::Healthy;
//! let path = format!("/api/Customers/{}/locations/{}/nodes", home.customer_id(), home.location_id());
//! let request = http::Request::get(path)
//!     .header("authorization", format!("Bearer {}", simulator.issue_token()))
//!     .header("accept", "application/json");
//! let response = simulator.handle(request.body(Bytes::new())?);
//! let nodes: serde_json::Value = serde_json::from_slice(response.body())?;
//! assert_eq!(nodes["nodes"][0]["connectionState"], "disconnected");
//! simulator.verdict().assert_clean();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
// The docs link to the server also without the feature.
#![cfg_attr(not(feature = "server"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

// Rooms import downwards: world < http < oauth, api, reports < routes < faults, oracle < simulator < server < conformance.
// The last two are above the simulator because a server contains one and a conformance case builds one.
mod api;
pub mod conformance;
pub mod faults;
#[doc = include_str!("../TESTING.md")]
pub mod guide {}
mod http;
mod oauth;
mod oracle;
mod reports;
mod routes;
#[cfg(feature = "server")]
mod server;
mod simulator;
mod world;

pub use self::http::Understood;
pub use oracle::{Counts, Verdict, Violation, ViolationKind};
pub use routes::Route;
#[cfg(feature = "server")]
pub use server::{ServeError, Server};
pub use simulator::{Endpoints, RequestRecord, Simulator, SimulatorBuilder, UnknownTenant};
pub use world::{
    AuditRecord, Cast, Home, Level, ListShape, ParseHomeError, Story, StoryError, StoryEvent, StoryPlan, When,
};
