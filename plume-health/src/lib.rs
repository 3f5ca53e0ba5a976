//! Health analysis of Plume homes: findings, a verdict, and reports for people and machines.
//!
//! [`analyze`] checks a [`LocationSnapshot`] against a [`Policy`] and returns a [`HealthReport`]: a [`Status`], whether
//! the location is online, the findings with their evidence, the unknown parts, and the steps to
//! green. [`HealthReport::render`] writes it as plain text, Markdown, HTML or JSON, and the JSON can be loaded
//! again.
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
//! Three properties hold for every input:
//!
//! * **Unknown is neither offline nor green.** A part that failed, is missing, cannot be read or has an unknown
//!   word is listed in [`HealthReport::unknown`]. If the verdict depends on it, the status is [`Status::Unknown`]
//!   or worse.
//! * **The order and repetition of nodes, devices and traffic classes do not matter.** Of two records of the same
//!   thing the worse one counts.
//! * **Worse input never gives a better verdict**, as long as the policy gives no worse thing a better status: a
//!   disconnected pod must weigh at least as much as an unhealthy pod or a disconnected device.
//!
//! [`uptime::analyze`] and [`wan::analyze`] evaluate the online and WAN reports; [`speed`], [`signal`] and [`qoe`]
//! evaluate the other series, and [`picture`] draws them. A gap in a series stays a gap. `plume-monitor` has the
//! analyses of many homes, and of one home over time.
//!
//! The crate does no I/O, is not async, reads no clock (`now` is an argument) and does not panic.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod analyze;
mod facts;
#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]
mod linear;
#[doc(hidden)]
pub mod named;
mod phrases;
pub mod picture;
pub mod policy;
pub mod render;
mod report;
pub mod series;
pub mod text;
pub mod topology;

pub mod change {
    //! The differences between two reports on a home. `plume-monitor` compares snapshots.

    pub use crate::analyze::diff_reports;
    pub use crate::report::{FindingChange, ReportChanges};
}

pub use analyze::analyze;
pub use facts::NodeState;
pub use named::{OtherWord, ParseWordError};
pub use phrases::known;
pub use plume_text::on_screen;
#[doc(no_inline)]
pub use plume_types::LocationSnapshot;
pub use policy::{DevicePolicy, Policy};
pub use render::{Format, Rendering};
pub use report::{
    Confidence, Consequence, DeviceTotals, Evidence, Finding, HEALTH_SCHEMA, HealthReport, LocationRef,
    NodeSummary, PolicyUsed, ReportPart, RuleId, Severity, Status, Subject, SubjectKind, UnknownPart,
};
pub use series::{qoe, signal, speed, uptime, wan};
