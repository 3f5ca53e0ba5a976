//! The doctor, and the course of its checks.

mod access;
mod doctor;
mod run;

pub use doctor::Doctor;
