//! Fleet incidents: one for many homes of a group that get into trouble together.
//!
//! [`TenantGroups`] observes the checks of a tenant's homes and decides at each [`tick`](TenantGroups::tick). If enough
//! homes of a group turn red or orange within a few minutes ([`GroupPolicy`]), one fleet incident replaces the
//! messages about the single homes, which are held for that time. Suspects count before they are confirmed, and a few
//! of them pull forward the checks of other homes of their group, so that a large group is recognized quickly. The messages about
//! homes that got into trouble together are held longer, so that they can be one.
//!
//! * **The share is that of the homes that were checked.** A group of 20,000 homes with an interval of an hour is
//!   judged by the sample that the checks of the last minutes are.
//! * **Missing data is found slowly.** Homes without data count together for one interval of their checks, up to half an
//!   hour, as a share of the homes that were checked in that time. Their messages are held for as long.
//! * **A home belongs to one fleet incident.** The group with the highest share explains the trouble.
//! * **An open fleet incident hides no later trouble.** Homes join it for six windows, longer while several do within a
//!   window, and if they are found later because their intervals are long. Later ones are announced one by one, or as a worsening of the fleet incident if they would be
//!   enough for another one. The same is true of homes that are orange at first and turn red later, and of red homes
//!   beside a fleet incident that announced orange ones.
//! * **Trouble of before the first check is no storm.** Homes that were never seen without trouble make a fleet incident only
//!   if at least half of a group has it, and join no other; the others are announced in one summary ([`SummaryTime`](crate::notify::SummaryTime)).
//! * **Homes in maintenance windows count apart.** Their fleet incident is silent. Homes that are still in trouble after their
//!   windows turn then, together or alone.
//! * **Groups never cross tenants.** A state has the homes of one tenant.
//! * **The end** is the recovery of nine tenths: in a large group, some homes are always in trouble. The last message counts those
//!   that still are. A few are announced one by one, after a grace; many in one summary; mild trouble in the digest.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_health::Status;
//! use plume_monitor::groups::{GroupPolicy, HomeSignal, TenantGroups};
//! use plume_monitor::home::HomeCondition;
//! use plume_monitor::ids::{GroupKey, GroupKind};
//!
//! let policy = GroupPolicy::standard();
//! let mut groups = TenantGroups::new("provider".into());
//! let now: DateTime<Utc> = "2026-01-15T10:00:00Z".parse()?;
//! for number in 0..5 {
//!     let region = GroupKey::new(GroupKind::Region, "north");
//!     let home = format!("home-{number}");
//!     groups.observe(&HomeSignal::new(home.into(), vec![region], HomeCondition::Suspect, Status::Red, now));
//! }
//! let step = groups.tick(&policy, now);
//! assert_eq!(step.incidents[0].situation.as_ref().map(|one| one.homes), Some(5));
//! # Ok::<(), chrono::ParseError>(())
//! ```

mod fleet;
mod members;
mod phrases;
mod policy;
mod share;
mod signal;
mod state;
mod tick;

pub use policy::{GROUP_POLICY_VERSION, GroupPolicy};
pub use signal::{GroupStep, HomeSignal, Link, PullForward};
pub use state::{TENANT_GROUPS_VERSION, TenantGroups};
