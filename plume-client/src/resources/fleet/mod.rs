//! All homes of a partner or group.

mod cost;
mod handle;
mod item;
mod stream;
mod walk;

pub use cost::FleetCost;
pub use handle::Fleet;
pub use item::{FleetFailure, FleetItem, FleetProgress};
pub use stream::FleetStream;
