//! A monitor of a fleet in memory, for programs without a database.
//!
//! [`Monitor`] composes the decisions of the other modules. The program makes the checks and sends the messages:
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::{RuleId, Status};
//! use plume_monitor::home::{Sample, Verdict};
//! use plume_monitor::incident::{Cause, CauseKind};
//! use plume_monitor::monitor::{Due, HomeProfile, Monitor, Policies};
//!
//! let policies: Policies = serde_json::from_str(r#"{"notify": {"routes": [{"channels": ["pager"]}]}}"#)?;
//! let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! let mut monitor = Monitor::new(policies, start);
//! monitor.insert(HomeProfile::new("home-1", "provider"), start);
//!
//! let mut messages = Vec::new();
//! for second in 0..1_200 {
//!     let now = start + TimeDelta::seconds(second);
//!     for check in monitor.next_checks(5, now) {
//!         // Make the check here. This home goes offline after ten minutes.
//!         let rule = CauseKind::Rule(RuleId::LocationOffline);
//!         let offline = Cause::new(rule, check.home.as_str(), Status::Red, "The location is offline");
//!         let causes = if second < 600 { vec![] } else { vec![offline] };
//!         monitor.observe(&check.home, &Sample::checked(now, check.detail, Verdict::new(causes, "")), now);
//!     }
//!     for due in monitor.tick(now) {
//!         if let Due::Message(message) = due {
//!             messages.push(message.kind.to_string());
//!         }
//!     }
//! }
//! assert_eq!(messages, ["problem"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod board;
mod fleet;
mod policies;
mod run;
mod sources;
mod stored;

pub use board::Due;
pub use fleet::HomeProfile;
pub use policies::Policies;
pub use run::Monitor;
pub use sources::{OPERATOR, incident_change};
pub use stored::{MONITOR_VERSION, MonitorState};
