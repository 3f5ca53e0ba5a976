//! Homes as the bodies that the cloud sends, and what must hold from their bytes to the rendered report.
//!
//! [`generate`] makes bodies from choices, [`judge`] takes them the way of a program (decode, analyze, render), and
//! [`law`] reads the same bodies by itself and compares. It uses nothing of plume-types or plume-health but the report.
//!
//! **The law of a green home has a reading of its own.** `lab/testkit/src/homes/` makes the bodies of a home, takes
//! them from bytes to the rendered report, and compares with what a small reading of the same JSON is sure of: no
//! green without nodes that were all read and are connected, no word missing about what was not read. It uses nothing
//! of plume-types and none of the analyzer's functions, and claims nothing where the documents leave a doubt.
//! libFuzzer steers it (`home`), and the gauge `homes` compiles the same files on stable: by chance, with planted
//! faults, and with shapes of answers that grow.

mod bodies;
mod check;
pub mod generate;
pub mod law;
pub mod linear;

pub use bodies::{Bodies, Plant};
pub use check::{check, judge, now, read};
