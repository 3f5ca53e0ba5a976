//! The data that a store keeps, without its form in tables.

mod access;
mod check;
mod figures;
mod home;
mod incident;
mod message;
mod natural;
mod record;
mod series;

pub use access::{AuditQuery, Pass, PassCursor, PassKind};
pub(crate) use check::{CLASSES, class, class_code};
pub use check::{CheckResult, Claim, Committed, Decisions, Due, Enrolled};
pub use figures::{Figures, ScopeKind};
pub use home::{Cursor, Home, HomeQuery, NewHome, Page, RouteNames, StatusCounts, Tenant, Traits, Verdict};
pub(crate) use home::{rank, sought, status, words};
pub(crate) use incident::blinds;
pub use incident::{
    Action, Announcement, Announcer, Filed, IncidentCursor, IncidentQuery, Logged, OpenIncidents, Silent,
};
pub use message::{Attempt, Backlog, DeadLetter, Delivery, Outcome, Outgoing, Queue, Sending};
pub(crate) use natural::natural;
pub use record::{Change, ChangeKind, Record, RecordKind};
pub use series::{
    Counted, GroupUptime, HomeHistory, HomeUptime, Point, Resolution, Summary, Uptime, UptimeCursor,
    UptimeGroup, UptimePeriod,
};
