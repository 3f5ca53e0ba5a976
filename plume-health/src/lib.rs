//! What a Plume home's data means: findings, a verdict, and reports for people and machines.
//!
//! [`analyze`] takes everything known about a location ([`LocationSnapshot`]) and a [`Policy`] and returns a
//! [`HealthReport`]: a [`Status`], whether the location is online, what is wrong with what evidence, what
//! could not be judged and why, and what would make it green. [`HealthReport::render`] writes it as plain
//! text, Markdown, HTML or JSON.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use plume_health::{Format, Policy, Status, analyze};
//! use plume_types::{ConnectionState, LocationSnapshot, Node, Part};
//!
//! let now: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! let mut pod = Node::new("TST0000001");
//! pod.connection_state = ConnectionState::Disconnected.into();
//! let mut snapshot = LocationSnapshot::new("customer", "location", now);
//! snapshot.nodes = Part::Known(vec![pod].into());
//!
//! let report = analyze(&snapshot, &Policy::standard(), now);
//! assert_eq!(report.status, Status::Red);
//! assert_eq!(report.online, Some(false));
//! println!("{}", report.render(Format::Text));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! Three promises hold for every input:
//!
//! * **Unknown is not offline, and never green.** A part that failed, is missing, cannot be read or holds a word nobody knows
//!   is told in [`HealthReport::unknown`]. If the verdict needs it, the status is [`Status::Unknown`] or
//!   worse.
//! * **The order and repetition of nodes, devices and traffic classes do not matter.** Of two records of the
//!   same thing the worse one counts.
//! * **Worse input never gives a better verdict**, as long as the policy gives no worse thing a better status:
//!   a disconnected pod must weigh at least as much as a sick pod, or a device that is gone.
//!
//! [`uptime::analyze`] and [`wan::analyze`] do the same for the online and WAN reports, [`sla::analyze`] holds
//! uptime against a promise, and [`speed`], [`signal`] and [`qoe`] read the other series. A gap in a series stays
//! a gap. [`baseline`] tells what is usual at an hour of the week, and [`tracker`] what is worth a message when a
//! location is judged again and again.
//!
//! The crate does no I/O, is not async, reads no clock (`now` is an argument) and never panics.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod baseline;
pub mod change;
pub mod fleet;
pub mod policy;
pub mod qoe;
pub mod series;
pub mod signal;
pub mod sla;
pub mod speed;
pub mod topology;
pub mod tracker;
pub mod uptime;
pub mod wan;

mod analyze;
#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]
mod linear;
mod render;
mod report;
mod sanitize;
mod words;

pub use analyze::analyze;
pub use plume_text::on_screen;
#[doc(no_inline)]
pub use plume_types::LocationSnapshot;
pub use policy::{DevicePolicy, Policy};
pub use render::{Format, Rendering};
pub use report::*;

/// The JSON Schema (draft 2020-12) of the `data` of a `plume.health/1` document, which is a [`HealthReport`]
/// written as JSON.
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(plume_health::HEALTH_SCHEMA)?;
/// assert_eq!(schema["$id"], "urn:plume-sdk:schema:health:1");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub const HEALTH_SCHEMA: &str = include_str!("../schema/health-1.schema.json");
