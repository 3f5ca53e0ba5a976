//! The call budget of an egress address: which homes are checked, and how often.
//!
//! The call limit has two lanes: one for checks and one for people. A fleet that needs more than the lane of checks first
//! gives up detail (fewer full checks), and then all intervals are stretched by one factor. Both are in the [`Load`].
//!
//! ```
//! use plume_monitor::budget::{BudgetPolicy, Census, Load};
//! use plume_monitor::schedule::{CheckClass, SchedulePolicy};
//!
//! let (budget, schedule) = (BudgetPolicy::standard(), SchedulePolicy::standard());
//! let load = |homes| Load::of(&budget, &schedule, &Census::new().with(CheckClass::Normal, homes));
//! assert_eq!((load(1_152).full_every, load(1_152).stretch), (12, 1.0));
//! assert_eq!((load(1_300).full_every, load(1_300).stretch), (28, 1.0));
//! assert_eq!(load(2_880).full_every, 288);
//! assert!((load(2_880).stretch - 2.02).abs() < 0.01);
//! ```
//!
//! [`DueQueue`] picks the homes of a fleet in memory. A store that claims homes with a query divides its permits by
//! [`Shares::quotas`]. Both follow the same rules:
//!
//! * Suspects come first, with at most [`suspects_share`](BudgetPolicy::suspects_share) of the calls while other homes
//!   wait. Tenants have turns in proportion to their suspects.
//! * For the other homes, tenants have turns in proportion to the checks per second that these need. So one factor
//!   stretches the intervals of all, and a tenant that has not waited has its turn at once.
//! * Within a tenant: homes that have waited for one and a half times their stretched interval, then homes with an open
//!   incident, then the most overdue in proportion to their intervals.
//!
//! With these rules no home waits for more than twice its stretched interval, whatever the suspects and tenants are.

mod lanes;
mod limits;
mod load;
mod policy;
mod queue;
mod quotas;
mod shares;
mod turns;

pub(crate) use lanes::{CheckCost, Lanes, PARTS, per_second, ratio};
pub use limits::CallWindow;
pub(crate) use limits::{Limits, MAX_RATE, above_zero, given};
pub use load::{Census, Load};
pub use policy::{BUDGET_POLICY_VERSION, BudgetPolicy};
pub use queue::{Check, DueQueue};
pub use quotas::{Quota, Waiting};
pub use shares::Shares;
