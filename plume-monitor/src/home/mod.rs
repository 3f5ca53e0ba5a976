//! Decisions about one home, sample by sample.
//!
//! [`step`] takes the state of a home and a [`Sample`], and returns the new state, the confirmed [`Transition`]s, the
//! change of the home's incident, and the class of the next check. It needs nothing else, so many workers can
//! check many homes.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::{RuleId, Status};
//! use plume_monitor::home::{HomeContext, HomeState, MonitorPolicy, Sample, TransitionKind, Verdict, step};
//! use plume_monitor::incident::{Cause, CauseKind};
//! use plume_monitor::schedule::{CheckClass, CheckDetail};
//!
//! let policy = MonitorPolicy::server();
//! let offline = CauseKind::Rule(RuleId::LocationOffline);
//! let offline = Cause::new(offline, "home-1", Status::Red, "the location is offline");
//! let down = Verdict::new(vec![offline], "🔴 OFFLINE");
//! let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//!
//! let mut state = HomeState::new("home-1".into());
//! let mut check = |minute: i64, verdict: &Verdict| {
//!     let at = start + TimeDelta::minutes(minute);
//!     let sample = Sample::checked(at, CheckDetail::Nodes, verdict.clone());
//!     let step = step(&state, &sample, &policy, HomeContext::default(), at);
//!     state = step.state.clone();
//!     step
//! };
//! check(0, &Verdict::new(Vec::new(), "🟢 ALL GOOD"));
//! assert_eq!(check(5, &down).class, CheckClass::Suspect);
//! let confirmed = check(6, &down);
//! assert_eq!(confirmed.transitions[0].kind, TransitionKind::Entered);
//! assert_eq!((confirmed.incidents.len(), confirmed.class), (1, CheckClass::Incident));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! * **Missing data is neither up nor down.** After a time without data the status is unknown
//!   ([`TransitionKind::Stale`]) until there is data again ([`TransitionKind::Fresh`]). Only after a longer time, and
//!   if no source of data is down, an incident opens. A yellow home that loses its data is announced like a green one; a
//!   red or orange one stays so.
//! * **A restart changes nothing.** A change that happened while nothing was checked is confirmed like any other,
//!   and [`Transition::unseen_since`] says since when it may have been so. If nothing changed, nothing is reported.
//! * **A cheap check says nothing about what it does not see.** Trouble that only a full check sees is confirmed and
//!   ended by full checks.

mod class;
mod policy;
mod sample;
mod silence;
mod state;
mod step;
mod track;
mod transition;

pub use class::HomeCondition;
pub use policy::{MONITOR_POLICY_VERSION, MonitorPolicy};
pub use sample::{CheckFailure, HomeContext, MAX_CAUSES, Sample, SampleOutcome, Verdict};
pub use state::{HOME_STATE_VERSION, HomeState};
pub use step::{HomeStep, gone, step};
pub use transition::{Transition, TransitionKind};
