//! The tests of plume-health are one program: linking twenty took longer than the tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod change;
mod confidence;
mod escaping;
mod graded_series;
mod green;
mod limits;
mod literal_text;
mod pictures;
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
