//! Many homes in one pass: how many are how well, which are worst, and what the disrupted ones share.
//!
//! ```
//! use plume_health::{Format, Policy, analyze};
//! use plume_monitor::fleet::FleetRollUp;
//! use plume_types::LocationSnapshot;
//!
//! let now = "2026-01-15T10:00:00Z".parse()?;
//! let mut fleet = FleetRollUp::default();
//! for location in ["one", "two"] {
//!     let snapshot = LocationSnapshot::new("customer", location, now);
//!     fleet.add(&analyze(&snapshot, &Policy::standard(), now));
//! }
//! let report = fleet.report();
//! assert_eq!((report.homes, report.by_status.unknown), (2, 2));
//! println!("{}", report.render(Format::Text));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! Memory is bounded, however many homes there are: the worst [`WORST_HOMES`] are kept, and
//! [`MAX_VALUES`] values of each [`Attribute`]. Parts of a fleet may be walked side by side and merged; the
//! result is the same as of one walk, in any order.
//!
//! # What is reported as common
//!
//! A value of an attribute is told as a common cause if
//!
//! * at least [`MIN_SUPPORT`] disrupted homes (red or orange) have it,
//! * at least half of the disrupted homes that tell the attribute have it, and
//! * by chance it would be that many only about once in a thousand fleets: three standard deviations more
//!   than expected, were the disrupted homes drawn from all homes blindly (the hypergeometric distribution).
//!
//! Homes of unknown status count as neither. It is a hint where to look and no proof: an internet provider
//! and a city often come together.
//!
//! **A roll-up keeps values by their hash, not by their rank.** Merging the most frequent values of two halves can
//! lose one that is frequent in the whole; the values with the smallest hashes are the same in every order and every
//! partition, so the counts that are kept are exact and merging is lossless. It costs completeness only beyond 1,024
//! values of an attribute, and then the report says so.

mod count;
mod phrases;
mod render;
mod report;
mod roll_up;
mod values;

pub use report::{
    Attribute, CommonCause, FleetReport, HomeSummary, OnlineCounts, RuleCount, StateCounts, StatusCounts,
};
pub use roll_up::{FleetRollUp, WORST_HOMES};
pub use values::{MAX_VALUES, MIN_SUPPORT};
