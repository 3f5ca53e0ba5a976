//! Pictures of reports over time as SVG, for pages, messages and tickets.
//!
//! Each function returns one SVG document. It has a title and a description for screen readers, its marks differ in shape
//! and not only in color, and its colors follow the reader's light or dark scheme. It contains no script, loads nothing, and
//! every text is escaped. Time without data is hatched: it is neither zero nor offline. All times are in UTC.
//!
//! ```
//! use plume_health::picture;
//! use plume_types::OnlineStats;
//!
//! let stats: OnlineStats = serde_json::from_str(
//!     r#"{"locationState": [{"timestamp": "2026-01-15T08:00:00Z", "value": "online"}]}"#,
//! )?;
//! let svg = picture::uptime("Home", &stats);
//! assert!(svg.starts_with("<svg ") && svg.contains("<title id=\"plume-uptime-title\">Uptime of Home</title>"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod axis;
mod canvas;
mod panel;
mod speed;
mod uptime;
mod wan;

pub use speed::speed;
pub use uptime::uptime;
pub use wan::wan;
