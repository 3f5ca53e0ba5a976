//! Uptime against a service level: time by state, incidents, and the error budget. (`plume-api` models §9,
//! `OnlineStats`)
//! [`availability`] counts the time of the monitor's own transitions.
//!
//! [`uptime::analyze`](plume_health::uptime::analyze) counts samples, [`analyze`] counts time. A sample covers the
//! time to the next one if that comes within one and a half usual steps. Otherwise it covers one usual step, and
//! the rest is unknown time.
//!
//! ```
//! use plume_monitor::sla::{self, SlaPolicy, Verdict};
//! use plume_types::OnlineStats;
//!
//! let stats: OnlineStats = serde_json::from_str(
//!     r#"{"locationState": [
//!         {"timestamp": "2026-01-15T08:00:00Z", "value": "online"},
//!         {"timestamp": "2026-01-15T09:00:00Z", "value": "offline"},
//!         {"timestamp": "2026-01-15T10:00:00Z", "value": "online"},
//!         {"timestamp": "2026-01-15T11:00:00Z", "value": "online"}
//!     ]}"#,
//! )?;
//! let now = "2026-01-15T12:00:00Z".parse()?;
//! let report = sla::analyze(&stats, &SlaPolicy::standard(), now);
//! assert_eq!(report.verdict, Verdict::Missed);
//! assert_eq!(report.uptime_percent, Some(75.0));
//! assert_eq!(report.incidents[0].duration_seconds, 3600);
//! assert_eq!(report.budget.allowed_seconds, 72); // 0.5 % of four hours
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod order;
mod phrases;
mod policy;
mod render;
mod report;
mod segments;
mod transitions;

pub use account::analyze;
pub use order::in_order;
pub use policy::{CountAs, MaintenanceTime, MaintenanceWindow, SLA_POLICY_VERSION, SlaPolicy};
pub use report::{Availability, ErrorBudget, Incident, SlaReport, TimeByState, Verdict, Within};
pub use transitions::{TimeByClass, availability};
