//! Checks due homes and commits what follows from it.
//!
//! ```text
//! queue -> claim -> check -> analyze -> step -> one transaction -> queue
//! ```
//!
//! [`Worker`] carries the data; the decisions are those of `plume_monitor`. [`Leader`] decides about many homes: fleet
//! incidents, messages whose time has come, and digests. [`Keeper`] keeps the history in the store small.

mod check;
mod fleet;
mod judge;
mod keeper;
mod leader;
mod maintenance;
mod messages;
mod policy;
mod run;
mod trouble;
mod uptime;

pub use check::Clients;
pub use fleet::{Fleet, FleetStatus, Loaded};
pub use keeper::Keeper;
pub use leader::Leader;
pub use maintenance::Maintenance;
pub use messages::{Letter, Notifier};
pub use policy::Policies;
pub use run::{Parts, Signal, Worker};
pub use trouble::{Log, Trouble};
