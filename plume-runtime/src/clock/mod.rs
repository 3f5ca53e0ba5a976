//! Time and waiting.

mod alarm;
mod clocks;

pub use clocks::{Clock, ManualClock, SystemClock};
