//! The fleet monitor and its dashboard as a service.
//!
//! | room | purpose |
//! |---|---|
//! | [`config`] | one TOML file and the environment, each value with its origin |
//! | [`program`] | assembles the parts, runs them and stops them |
//! | [`web`] | pages and JSON API |
//!
//! The program is the product; this library exists for its tests.

pub mod config;
pub mod program;
pub mod web;
