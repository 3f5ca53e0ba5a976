//! A plan of checks: which interval the call limit allows for a number of homes.
//!
//! ```
//! use plume_monitor::plan::PlanRequest;
//!
//! let plan = PlanRequest::standard(2_000).plan()?;
//! assert_eq!((plan.shortest_seconds, plan.maximum_homes), (521, 1_152));
//! assert_eq!((plan.full_every, plan.interval_seconds), (288, 422));
//! println!("{plan}"); // the arithmetic, line by line
//! # Ok::<(), plume_monitor::plan::PlanError>(())
//! ```
//!
//! The calls of checks are an average: one of [`full_every`](PlanRequest::full_every) checks of a home is a full one, the
//! others are cheap. With checks spread over the interval, the average is what the call limit sees.
//!
//! A fleet that needs more first gives up detail, and then the interval becomes longer, as a [`Load`] says that the
//! [`budget`](crate::budget) does it.
//!
//! All results are exact: rates are taken to a billionth of a call per second, and the rest is whole numbers. So the shortest
//! interval keeps the limit, and one second less does not.
//!
//! [`Load`]: crate::budget::Load

mod arithmetic;
mod phrases;
mod planner;
mod request;
mod result;

pub use request::{PlanError, PlanRequest};
pub use result::{Plan, PlanStep};
