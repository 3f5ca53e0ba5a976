//! Incidents: one for each root cause of trouble in a home, a group of homes or a source of data.
//!
//! A home has one open incident at most. Its [`Situation`] has the root cause and the consequences, which come from
//! one snapshot: a gateway that is off with twelve pods and sixty devices behind it is one incident. A new version of
//! the incident means that the trouble is worse or has another cause, and ends an acknowledgement.
//!
//! ```
//! use plume_health::{RuleId, Status};
//! use plume_monitor::ids::{HomeId, IncidentId, TenantId};
//! use plume_monitor::incident::{Cause, CauseKind, ChangeKind, Incident, IncidentChange, Scope, Situation};
//!
//! let at = "2026-01-15T10:00:00Z".parse()?;
//! let home = HomeId::new("home-1");
//! let rule = CauseKind::Rule(RuleId::LocationOffline);
//! let root = Cause::new(rule, "home-1", Status::Red, "the location is offline");
//! let mut change = IncidentChange::new(IncidentId::of_home(&home, at, 1), Scope::Home(home), ChangeKind::Opened, at);
//! change.situation = Some(Situation::new(root, at, "🔴 OFFLINE"));
//! let mut incident = Incident::open(TenantId::new("north"), &change).ok_or("no situation")?;
//!
//! // A person acknowledges the state that the page showed.
//! let seen = incident.seen();
//! incident.acknowledge(seen, "Ada", at)?;
//! assert!(incident.is_acknowledged());
//! // The second person has seen the state before that.
//! assert!(incident.acknowledge(seen, "Grace", at).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **An incident holds what was last announced.** The difference between that and its situation decides about
//! messages ([`notify`](crate::notify)), so a message is neither lost nor repeated over a restart, a maintenance
//! window or a hold, and the end of trouble that was never announced is not announced either.

mod actions;
mod cause;
mod change;
mod document;
mod memory;
mod people;
mod policy;
mod severity;
mod situation;

pub use cause::{Cause, CauseKind, Consequences, MAX_LISTED};
pub use change::{ChangeKind, CloseReason, IncidentChange, Scope};
pub use document::{Announced, Closed, INCIDENT_VERSION, Incident, Left};
pub use memory::IncidentMemory;
pub(crate) use memory::{Observed, Seen as SeenCauses};
pub use people::{Acknowledgement, ActionError, MAX_NOTES, Note, Seen, Snooze};
pub use policy::{IncidentPolicy, LONGEST_HOLD};
pub(crate) use policy::{LONGEST_WAIT, no_data_window};
pub(crate) use severity::is_worse;
pub use severity::severity;
pub use situation::{MAX_FURTHER, MAX_STEPS, Situation};
