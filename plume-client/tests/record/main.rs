//! Recording, replay and pseudonyms against the simulator.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod damage;
mod pseudonyms;
mod recording;
mod support;
