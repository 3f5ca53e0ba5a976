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
//! [`uptime::analyze`] and [`wan::analyze`] do the same for the online and WAN reports, and [`speed`], [`signal`] and
//! [`qoe`] read the other series. A gap in a series stays a gap. What looks at many homes, or judges one again and
//! again, is in `plume-monitor`.
//!
//! The crate does no I/O, is not async, reads no clock (`now` is an argument) and never panics.
#![cfg_attr(docsrs, feature(doc_cfg))]

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
pub mod policy;
pub mod render;
mod report;
pub mod series;
pub mod text;
pub mod topology;

pub mod change {
    //! What is different between two reports on a home. For what is different between two snapshots see
    //! `plume-monitor`.

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
