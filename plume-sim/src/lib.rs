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
//! values come from a seed and from a [`plume_runtime::Clock`], so equal requests give equal bytes.
//! The JSON is written here by hand and not with the models of this workspace, so that a mistake in a model
//! shows.
//!
//! Each home has one history: what was, what a [`Story`] tells, and what requests have changed. Live state and
//! reports are computed from it as of the moment of a request, so they agree; [`Simulator::audit`] tells who
//! changed what.
//!
//! One table lists what is served, [`Simulator::routes`]. A documented action that is not simulated is part of it and
//! is answered with 501. Anything else is answered with 404 and shows in [`Simulator::requests`] as a request without
//! a route.
//!
//! Many bodies have no published form. The simulator makes them up, consistent with the rest of its world,
//! and says so: see the table at [`Route`] and [`Route::published`]. Do not take them as evidence. Within
//! published bodies, the keys of weekly and monthly WAN statistics are made up as well.
//!
//! # Pointing a client at it
//!
//! [`Simulator::environment`] names and gives the settings that a client of the Plume Cloud needs; the credentials are
//! obviously false. A client that takes a [`plume_runtime::Transport`] gets [`Simulator::transport`] beside them, any
//! other one talks to [`Simulator::serve`]. The [`guide`] shows both in five lines, and [`conformance`] is a suite for
//! writers of clients. On the command line, `cargo run --example sim` serves a cloud and prints its settings.
//!
//! # Example
//!
//! A story, a clock that is set by hand, a question, and the verdict:
//!
//! ```
//! use std::{sync::Arc, time::{Duration, SystemTime}};
//!
//! use bytes::Bytes;
//! use plume_runtime::ManualClock;
//! use plume_sim::{Home, Simulator, Story};
//!
//! let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200));
//! // Two minutes after the start every gateway loses power, for 20 minutes.
//! let story = Story::named("power-cut").ok_or("there is no such story")?;
//! let simulator = Simulator::builder().seed(7).story(story).clock(Arc::new(clock.clone())).build();
//! clock.advance(Duration::from_secs(5 * 60));
//!
//! let home = Home::Healthy;
//! let path = format!("/api/Customers/{}/locations/{}/nodes", home.customer_id(), home.location_id());
//! let request = http::Request::get(path)
//!     .header("authorization", format!("Bearer {}", simulator.issue_token()))
//!     .header("accept", "application/json");
//! let answer = simulator.handle(request.body(Bytes::new())?);
//! let nodes: serde_json::Value = serde_json::from_slice(answer.body())?;
//! assert_eq!(nodes["nodes"][0]["connectionState"], "disconnected");
//! simulator.verdict().assert_clean();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
// The text speaks of the server also where it is left out.
#![cfg_attr(not(feature = "server"), allow(rustdoc::broken_intra_doc_links))]

// Rooms import downwards: world < http < oauth, api, reports < routes < faults, oracle < simulator < server < conformance.
// The last two are above the simulator because a server answers with a simulator and a conformance case builds one.
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
    AuditRecord, Cast, Happening, Home, Level, ListShape, ParseHomeError, Story, StoryError, When,
};
