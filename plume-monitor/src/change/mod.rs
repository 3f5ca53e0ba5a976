//! What is different between two snapshots of a home. For what is different in the verdict see
//! [`diff_reports`](plume_health::change::diff_reports).
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
//! after.nodes = Part::NotAsked;
//! assert!(diff(&before, &after).changes.is_empty());
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! **A comparison never takes "not known" for "gone".** A list with holes proves neither that something joined nor
//! that it left, and a finding that is missing from a report is gone only if the report can say so; it may be unknown
//! now, or a consequence of something worse. Both comparisons give the mirror image when turned round, which is a
//! property test.

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
