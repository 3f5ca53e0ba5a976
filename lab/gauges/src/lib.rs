//! Options, results and command line of the gauges.
//!
//! Most gauges are one program; those that the allocator of that program would slow down are programs of their own.
//!
//! **Some gauges are programs of their own.** The allocator that counts for the others copies where the system's
//! would not; `fuzz` and `devices` would measure it and not us. `homes` judges ten million homes.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "these programs talk to people at a terminal")]

mod command_line;
mod reading;
mod reference;

pub use command_line::run;
pub use reading::{Gauge, Reading, Settings};
pub use reference::Reference;
