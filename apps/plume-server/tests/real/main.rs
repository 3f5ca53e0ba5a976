//! The server with programs of others: `.ci/servers` installs them and runs these tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test may panic, and not every helper is used"
)]

mod alertmanager;
mod api;
mod browser;
mod counterpart;
mod deploy;
mod disk;
mod mail;
mod metrics;
mod oidc;
