//! Maintenance windows and quiet hours: times of the local calendar, once or recurrent.
//!
//! ```
//! use plume_monitor::calendar::Calendar;
//!
//! let calendar: Calendar = serde_json::from_str(
//!     r#"{"windows": [{"start": "2026-01-04T01:00:00", "duration": "2h", "repeat": "FREQ=WEEKLY;BYDAY=SU"}]}"#,
//! )?;
//! let monday = "2026-01-12T12:00:00Z".parse()?;
//! assert!(!calendar.is_open(monday));
//! assert_eq!(calendar.next_change(monday), Some("2026-01-18T01:00:00Z".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A rule names a local time and a [`Zone`]; offsets are never stored. So a changed rule of a time zone moves the window,
//! not its local time. A local time that the change to summer time skips is the first instant after it, and one that
//! occurs twice is the first of both: a window opens exactly once.
//!
//! Zones other than UTC need the feature `time-zones`.

mod dates;
mod quiet;
mod recurrence;
mod rule;
mod window;
mod zone;

pub use quiet::{QuietHours, QuietRange};
pub use recurrence::{Recurrence, RecurrenceError};
pub use window::{CALENDAR_VERSION, Calendar, Window};
pub use zone::{Zone, ZoneError};
