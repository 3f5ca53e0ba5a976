//! Channels: where messages go, and how they fare.

mod document;
mod hidden;
mod routed;
mod state;
mod stray;

pub(in crate::notify) use document::parse_key;
pub use document::{Channel, InvalidChannel, Means, Target};
pub use hidden::Hidden;
pub use routed::{Routed, routing};
pub use state::{ChannelState, News};
pub use stray::{lost_messages, silence, stray_channels};
