//! Analysis of many Plume homes, and of one home over time.
//!
//! | module | purpose |
//! |---|---|
//! | [`monitor`] | composes all decisions about a fleet in memory |
//! | [`backtest`] | replays recorded history: the messages that policies would have sent |
//! | [`home`] | decides about one home, sample by sample |
//! | [`incident`] | root causes, consequences, acknowledgements |
//! | [`groups`] | turns the trouble of many homes into one fleet incident |
//! | [`notify`] | decides about messages, and routes them |
//! | [`tracker`] | turns repeated verdicts into events |
//! | [`sla`] | compares uptime with a service level |
//! | [`baseline`] | compares a value with the usual values of its hour of the week |
//! | [`change`] | compares two snapshots of a home |
//! | [`fleet`] | rolls up the verdicts on many homes |
//! | [`schedule`] | decides when a home is checked, and in which detail |
//! | [`timeline`] | joins restarts, outages and changes of a home in a list of events |
//! | [`budget`] | decides which of the due homes are checked first, and stretches intervals |
//! | [`source`] | decides whether failed checks are a problem of the cloud, the own address or a credential |
//! | [`calendar`] | maintenance windows and quiet hours, once or recurrent, in a time zone |
//! | [`plan`] | computes which check interval the call limit allows |
//! | [`ids`] | names of tenants, homes, groups and incidents |
//!
//! A tracker that reports a problem once it has lasted:
//!
//! ```
//! use plume_health::{Policy, analyze};
//! use plume_monitor::tracker::{HealthTracker, TrackerPolicy};
//! use plume_types::{LocationSnapshot, Part};
//!
//! let mut tracker = HealthTracker::new();
//! for time in ["2026-01-15T10:00:00Z", "2026-01-15T10:05:00Z"] {
//!     let now = time.parse()?;
//!     let mut snapshot = LocationSnapshot::new("customer", "location", now);
//!     snapshot.nodes = Part::Known(Vec::new().into()); // no pods: offline
//!     let report = analyze(&snapshot, &Policy::standard(), now);
//!     if let Some(event) = tracker.observe_report(&TrackerPolicy::standard(), &report) {
//!         println!("{event}"); // entered: unknown -> red since 2026-01-15 10:00:00 UTC
//!     }
//! }
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! `plume-health` makes the verdict on one home. Like that crate, this one does no I/O, is not async, reads no
//! clock (`now` is an argument) and does not panic.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod backtest;
pub mod baseline;
pub mod budget;
pub mod calendar;
pub mod change;
pub mod fleet;
pub mod groups;
pub mod home;
pub mod ids;
pub mod incident;
#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]
mod linear;
pub mod monitor;
pub mod notify;
mod phrases;
pub mod plan;
mod policy;
pub mod schedule;
pub mod sla;
pub mod source;
mod time;
pub mod timeline;
pub mod tracker;
mod version;
