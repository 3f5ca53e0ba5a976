//! Options, results and command line of the gauges.
//!
//! **Some gauges are separate programs.** The counting allocator of the others copies where the system's would not, so
//! `fuzz` and `devices` would measure the allocator. `homes` analyzes ten million homes.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "these programs talk to people at a terminal")]

mod command_line;
mod reading;
mod reference;
mod virtual_time;

pub use command_line::run;
pub use reading::{Gauge, Reading, Settings};
pub use reference::Reference;
pub use virtual_time::VirtualClock;
