//! All homes of a partner or group.

mod handle;
mod item;
mod stream;
mod walk;

pub use handle::Fleet;
pub use item::{FleetFailure, FleetItem, FleetProgress};
pub use stream::FleetStream;
