//! A back-test: the messages that policies would have sent about recorded history.
//!
//! [`run`] replays the samples of a [`History`] through a [`Monitor`](crate::monitor::Monitor), as if the checks had been
//! made now, and [`compare`] shows the differences between two policies. The checks are those of the history: a policy
//! with other intervals does not change them. Messages that no route sends are counted in
//! [`BackTest::without_channel`].
//!
//! ```
//! use std::time::Duration;
//!
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::{RuleId, Status};
//! use plume_monitor::backtest::{History, Record, compare, run};
//! use plume_monitor::home::{Sample, Verdict};
//! use plume_monitor::incident::{Cause, CauseKind};
//! use plume_monitor::monitor::{HomeProfile, Policies};
//! use plume_monitor::schedule::CheckDetail;
//! use plume_monitor::sla::SlaPolicy;
//!
//! let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! let mut history = History::new(vec![HomeProfile::new("home-1", "provider")]);
//! for minute in 0..60 {
//!     // Offline for five minutes.
//!     let offline = CauseKind::Rule(RuleId::LocationOffline);
//!     let offline = Cause::new(offline, "home-1", Status::Red, "The location is offline");
//!     let causes = if (20..25).contains(&minute) { vec![offline] } else { vec![] };
//!     let at = start + TimeDelta::minutes(minute);
//!     let sample = Sample::checked(at, CheckDetail::Nodes, Verdict::new(causes, ""));
//!     history.records.push(Record::new("home-1".into(), sample));
//! }
//!
//! let policies: Policies = serde_json::from_str(r#"{"notify": {"routes": [{"channels": ["pager"]}]}}"#)?;
//! let mut patient = policies.clone();
//! patient.home.tracker.default.enter_after = Duration::from_secs(600);
//! let (now, then) = (run(&history, &policies), run(&history, &patient));
//! assert_eq!((now.messages(), then.messages()), (2, 0));
//! assert_eq!(compare(&now, &then).len(), 2); // the problem, and its end
//!
//! let (from, to) = (start, start + TimeDelta::hours(1));
//! let hour = now.availability(&"home-1".into(), &SlaPolicy::standard(), from, to);
//! assert_eq!((hour.down_seconds, hour.total_seconds()), (300, 3_600));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compare;
mod history;
mod replay;

pub use compare::{Difference, compare};
pub use history::{History, Record};
pub use replay::{BackTest, run};
