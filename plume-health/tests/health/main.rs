//! All that plume-health promises, in one program: twenty programs would be linked twenty times.
//!
//! **The tests of the analysis are one program.** Twenty programs were linked twenty times, which took longer than
//! the tests and made a mutation run cost minutes where it now costs seconds. (`plume-health/tests/health/`)
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod change;
mod confidence;
mod escaping;
mod graded_series;
mod green;
mod limits;
mod literal_text;
mod properties;
mod properties_change;
mod rules_devices_and_qoe;
mod rules_location;
mod rules_nodes;
mod schema;
mod series_properties;
mod speed;
mod stored;
mod topology;
mod totality;
mod unreadable;
mod uptime;
mod uptime_published;
mod wan;
mod wan_fit;
