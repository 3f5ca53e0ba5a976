//! The fleet monitor and its dashboard as a service.
//!
//! | room | purpose |
//! |---|---|
//! | [`config`] | one TOML file and the environment, each value with its origin |
//! | [`program`] | assembles the parts, runs them and stops them |
//! | [`store`] | homes, samples, incidents, messages and documents in one file |
//! | [`web`] | pages and JSON API |
//!
//! The program is the product; this library exists for its tests.

pub mod config;
pub mod program;
pub mod store;
pub mod web;
