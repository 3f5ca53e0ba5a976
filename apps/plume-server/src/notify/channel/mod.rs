//! Channels: where messages go, and how they fare.

mod document;
mod hidden;
mod state;
mod stray;

pub(in crate::notify) use document::parse_key;
pub use document::{Channel, InvalidChannel, Means, Target};
pub use hidden::Hidden;
pub use state::{ChannelState, News};
pub use stray::{Routed, idle_routes, lost_messages, routing, silence, stray_channels};
