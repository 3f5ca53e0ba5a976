//! Roll-ups of many homes in one pass: counts by status, the worst homes, and common causes of disruptions.
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
//! Memory is bounded for any number of homes: it holds the [`WORST_HOMES`] worst homes and [`MAX_VALUES`] values of
//! each [`Attribute`]. Parts of a fleet can be rolled up concurrently and merged; the result is the same in any
//! order.
//!
//! # Common causes
//!
//! A value of an attribute is reported as a common cause if
//!
//! * at least [`MIN_SUPPORT`] disrupted homes (red or orange) have it,
//! * at least half of the disrupted homes with a known value have it, and
//! * it is rarely that frequent by chance, about once in a thousand fleets: three standard deviations more than
//!   expected if the disrupted homes were a random sample of all homes (the hypergeometric distribution).
//!
//! Homes with unknown status count as neither. A common cause is a hint, not a proof: an internet provider and a
//! city often coincide.
//!
//! **A roll-up keeps the values with the smallest hashes, not the most frequent ones.** The most frequent values of
//! two halves can miss one that is frequent in the whole. The smallest hashes are the same in every order and
//! partition, so counts are exact and merging is lossless. Beyond 1,024 values of an attribute some values are not
//! counted, and the report says so.

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
