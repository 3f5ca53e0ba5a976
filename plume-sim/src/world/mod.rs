//! The contents of the simulated cloud: customers, homes, their history, and measured values.

mod document;
mod history;
pub(crate) mod homes;
mod identity;
mod ids;
mod list_shape;
pub(crate) mod measures;
pub(crate) mod noise;
mod state;
pub(crate) mod stories;
mod time;

pub use homes::{Home, ParseHomeError};
pub use list_shape::ListShape;
pub use state::AuditRecord;
pub use stories::{Cast, Level, Story, StoryError, StoryEvent, StoryPlan, When};

pub(crate) use document::{nearest, place, read};
pub(crate) use history::{CLASSES, Change, Claimed, NodeLabel, Script};
pub(crate) use homes::{Link, NodePlan, one_of};
pub(crate) use identity::{AUTH_SERVER_ID, CLIENT_ID, Identity, PARTNER_ID, PARTNER_NAME};
pub(crate) use ids::{FIRST_GENERATED, LocationKey, MOST_GENERATED, bare_mac, customer_id, customer_number};
pub(crate) use measures::{
    DOWNLOAD_MBPS, KEPT, Meter, Optimization, UPLOAD_MBPS, Wan, device_score, device_there, health_at,
    last_day, last_optimization, most_active, node_there, online, optimizations,
};
pub(crate) use noise::{hundredths, tenths};
pub(crate) use state::{
    CHANNEL_5_HIGH, CHANNEL_5_LOW, CHANNEL_24, Customer, Device, Location, Node, World, Written, channel,
    is_poor,
};
pub(crate) use time::{DAY, HOUR, LATEST, MINUTE, QUARTER, SECOND, floor, http_date, iso, millis, parse_iso};
