//! Homes as the bodies that the cloud sends, and the law from their bytes to the rendered report.
//!
//! [`generate`] makes bodies from choices, [`judge`] processes them as a program does (decode, analyze, render), and
//! [`law`] reads the same bodies with its own reader and compares. It uses only the report of plume-health.
//!
//! **The law of a green home has its own reader.** `lab/testkit/src/homes/` makes the bodies of a home, processes them
//! from bytes to the rendered report, and compares with a small independent reader of the same JSON: green requires
//! that all nodes were read and are connected, and unread parts are listed. It uses nothing of plume-types and none of
//! the analyzer's functions, and covers only unambiguous cases. libFuzzer runs it (`home`), and the gauge `homes` runs
//! the same files on stable: with random homes, planted faults, and growing shapes of responses.

mod bodies;
mod check;
pub mod generate;
pub mod law;
pub mod linear;

pub use bodies::{Bodies, Plant};
pub use check::{check, judge, now, read};
