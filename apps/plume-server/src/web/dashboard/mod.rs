//! The parts that all handlers share, and the part of the store that a visitor sees.

mod entrance;
mod shared;
mod users;
mod visible;

pub use shared::{Dashboard, DashboardParts, Notice, Pulse, PulseSource};
pub(super) use visible::{Visible, VisibleTenant};
