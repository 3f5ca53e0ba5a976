//! The events of a home in a period, from several responses: restarts, outages, changes of connections and settings.
//!
//! ```
//! use plume_monitor::timeline::{EventKind, Timeline};
//! use plume_types::OnlineStats;
//!
//! let stats: OnlineStats = serde_json::from_str(
//!     r#"{"locationState": [
//!         {"timestamp": "2026-01-15T08:00:00Z", "value": "online"},
//!         {"timestamp": "2026-01-15T09:00:00Z", "value": "offline"},
//!         {"timestamp": "2026-01-15T10:00:00Z", "value": "online"}
//!     ]}"#,
//! )?;
//! let mut timeline = Timeline::since("2026-01-15T00:00:00Z".parse()?);
//! timeline.add_online(&stats);
//! let events = timeline.into_events();
//! assert_eq!(events[0].kind, EventKind::Online);
//! assert_eq!(events[0].text, "online again after at most 1 h");
//! assert_eq!(events[1].kind, EventKind::Offline);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod outages;
mod sources;

pub use event::{Event, EventKind};
pub use sources::Timeline;
