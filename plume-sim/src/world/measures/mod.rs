//! Values measured in a location: traffic, speed, quality, optimizations.

mod meter;
mod optimization;
pub(crate) mod speed_test;
pub(crate) mod traffic;

pub(crate) use meter::{Meter, device_score, device_there, health_at, node_there, online};
pub(crate) use optimization::{KEPT, Optimization, last_optimization, optimizations};
pub(crate) use speed_test::{DOWNLOAD_MBPS, UPLOAD_MBPS};
pub(crate) use traffic::{Wan, last_day, most_active};
