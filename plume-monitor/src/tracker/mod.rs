//! Events from the statuses of a location that is checked repeatedly.
//!
//! A [`HealthTracker`] decides which changes are worth a message. A change must last
//! ([`TrackerPolicy::enter_after`], [`TrackerPolicy::leave_after`]), and a status that keeps changing is reported
//! once, as flapping. [`RuleTrackers`] track rules with policies of their own, and [`Hysteresis`] gives numbers two
//! limits.
//!
//! ```
//! use std::collections::BTreeMap;
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::Status;
//! use plume_monitor::tracker::{EventKind, HealthTracker, TrackerPolicy};
//!
//! let policy = TrackerPolicy::standard();
//! let mut homes = BTreeMap::<&str, HealthTracker>::new();
//! let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! let mut events = Vec::new();
//! for (minute, status) in [(0, Status::Green), (1, Status::Red), (2, Status::Red), (4, Status::Red)] {
//!     let tracker = homes.entry("location").or_default();
//!     events.extend(tracker.observe(&policy, start + TimeDelta::minutes(minute), status));
//! }
//! assert_eq!(events.len(), 1);
//! assert_eq!((events[0].kind, events[0].to), (EventKind::Entered, Status::Red));
//! assert_eq!(events[0].since, start + TimeDelta::minutes(1));
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod event;
mod hysteresis;
mod levels;
mod memory;
mod phrases;
mod policy;
mod render;
mod rules;

pub use event::{Event, EventKind, TrackerState};
pub use hysteresis::Hysteresis;
pub use memory::{HealthTracker, TRACKER_VERSION};
pub use policy::{Flapping, LevelPolicy, TRACKER_POLICY_VERSION, TrackerPolicy};
pub use rules::{RulePolicies, RuleStatuses, RuleTrackers};
