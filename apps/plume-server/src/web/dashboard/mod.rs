//! The parts that all handlers share, and the part of the store that a visitor sees.

mod channels;
mod entrance;
mod inside;
mod maintenance;
mod outlook;
mod shared;
mod users;
mod visible;

pub(super) use channels::Listed;
pub(super) use entrance::Bearer;
pub(super) use inside::{Check, Connections, Session};
pub(super) use maintenance::{StoredWindow, covers, lasted, schedule};
pub use outlook::Outlook;
pub use shared::{CheckNow, Dashboard, DashboardParts, Newest, Notice, Pulse, PulseSource};
pub(in crate::web) use shared::{LATE, is_well};
pub(super) use visible::{CheckRequest, Visible, VisibleTenant};
