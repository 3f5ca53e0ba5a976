//! All homes of a partner or group.

mod checkpoint;
mod cost;
mod handle;
mod item;
mod stream;
mod walk;

pub use checkpoint::FleetCheckpoint;
pub use cost::FleetCost;
pub use handle::Fleet;
pub use item::{FleetFailure, FleetItem, FleetProgress, FleetStep};
pub use stream::FleetStream;
