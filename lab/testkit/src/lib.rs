//! Helpers for the tests and gauges of this workspace, one feature for each topic.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::exhaustive_enums,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic, and their docs are internal"
)]

#[cfg(feature = "caches")]
pub mod caches;
#[cfg(feature = "corpus")]
pub mod corpus;
#[cfg(feature = "disk")]
pub mod disk;
pub mod error;
#[cfg(feature = "homes")]
pub mod homes;
#[cfg(feature = "linear")]
pub mod linear;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "pages")]
pub mod pages;
#[cfg(feature = "replies")]
pub mod replies;
#[cfg(feature = "snapshots")]
pub mod snapshots;
#[cfg(feature = "wire")]
pub mod wire;
