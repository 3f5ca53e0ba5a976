//! The documents that an analysis makes: what they hold and how they are written as JSON.

mod changes;
mod finding;
mod health;
mod status;
mod topology;

pub use changes::{FindingChange, ReportChanges};
pub use finding::{Consequence, Evidence, Finding, ReportPart, RuleId, Subject, SubjectKind, UnknownPart};
pub use health::{DeviceTotals, HEALTH_SCHEMA, HealthReport, LocationRef, NodeSummary, PolicyUsed, Profile};
pub use status::{Confidence, Severity, Status};
pub use topology::{LONG_CHAIN_FROM, Position, Topology, TopologyNode, WeakLink};
