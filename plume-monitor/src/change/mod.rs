//! Differences between two snapshots of a home. [`diff_reports`](plume_health::change::diff_reports) compares
//! verdicts.
//!
//! ```
//! use plume_monitor::change::{ChangeKind, diff};
//! use plume_types::{LocationSnapshot, Node, Part};
//!
//! let mut before = LocationSnapshot::new("customer", "location", "2026-01-15T10:00:00Z".parse()?);
//! before.nodes = Part::Known(vec![Node::new("TST0000001")].into());
//! let mut after = before.clone();
//! after.nodes = Part::Known(vec![Node::new("TST0000001"), Node::new("TST0000002")].into());
//!
//! let changes = diff(&before, &after);
//! assert_eq!(changes.changes[0].kind, ChangeKind::NodeJoined);
//! assert_eq!(changes.changes[0].message, "Pod 'TST0000002' joined");
//!
//! // What is not known did not leave.
//! after.nodes = Part::NotRequested;
//! assert!(diff(&before, &after).changes.is_empty());
//! # Ok::<(), chrono::ParseError>(())
//! ```
//! **"Not known" never counts as "gone".** A list with unreadable elements proves neither that something joined nor
//! that it left. Swapping the two arguments mirrors the result.

mod changes;
mod diff;
mod found;
mod location;
mod members;
mod phrases;
mod render;

pub use changes::{
    Change, ChangeKind, Changes, ComparedPart, Moment, NotCompared, SPEED_CHANGE_FROM_MBPS,
    SPEED_CHANGE_FROM_SHARE,
};
pub use diff::diff;
