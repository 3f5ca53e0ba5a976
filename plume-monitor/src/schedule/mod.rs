//! The times at which a home is checked, and the detail of a check.
//!
//! The checks of a home lie on a fixed grid: the phase within the interval is a hash of the home's id. A restart or
//! another worker changes no time, and the homes of a fleet are spread over the interval. Missed points are skipped.
//!
//! ```
//! use plume_monitor::ids::HomeId;
//! use plume_monitor::schedule::{CheckClass, CheckDetail, CheckDone, HomeSchedule, SchedulePolicy};
//!
//! let (policy, home) = (SchedulePolicy::standard(), HomeId::new("home-1"));
//! let mut schedule = HomeSchedule::new(&home, &policy, "2026-01-15T10:00:00Z".parse()?);
//! let first = schedule.due;
//! assert!(schedule.is_due(first));
//!
//! schedule.complete(&home, &policy, CheckDone::new(first, CheckDetail::Nodes, CheckClass::Normal));
//! assert_eq!((schedule.due - first).num_seconds(), 300);
//!
//! // A home that seems to be down is checked again after a minute.
//! let second = schedule.due;
//! schedule.complete(&home, &policy, CheckDone::new(second, CheckDetail::Nodes, CheckClass::Suspect));
//! assert_eq!((schedule.due - second).num_seconds(), 60);
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod class;
mod grid;
mod home;
mod policy;

pub use class::{CheckClass, CheckDetail};
pub use home::{CheckDone, HOME_SCHEDULE_VERSION, HomeSchedule};
pub use policy::{SCHEDULE_POLICY_VERSION, SchedulePolicy};
