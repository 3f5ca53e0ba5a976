//! Homes as the bodies that the cloud sends, and what must hold from their bytes to the rendered report.
//!
//! [`generate`] makes bodies from choices, [`judge`] takes them the way of a program (decode, analyze, render), and
//! [`law`] reads the same bodies by itself and compares. It uses nothing of plume-types or plume-health but the report.

mod bodies;
mod check;
pub mod generate;
pub mod law;
pub mod linear;

pub use bodies::{Bodies, Plant};
pub use check::{check, judge, now, read};
