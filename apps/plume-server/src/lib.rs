//! The fleet monitor and its dashboard as a service.
//!
//! | room | purpose |
//! |---|---|
//! | [`access`] | who may do what: roles, and the tenants of a visitor |
//! | [`config`] | one TOML file and the environment, each value with its origin |
//! | [`guard`] | the addresses that messages may be sent to |
//! | [`import`] | the homes to watch, from a CSV file |
//! | [`metrics`] | counters, histograms and gauges for Prometheus |
//! | [`journal`] | the log: events in memory and as lines |
//! | `json` | JSON documents that people write, and all their errors |
//! | [`notify`] | sends the messages of the outbox through its channels |
//! | [`program`] | assembles the parts, runs them and stops them |
//! | [`stop`] | the request to stop, which every part waits for |
//! | [`store`] | homes, samples, incidents, messages and documents in one file |
//! | [`suspended`] | the suspended tenants, which every part watches |
//! | [`traffic`] | the calls to the cloud by outcome |
//! | [`worker`] | checks due homes and commits what follows from it; the leader decides about many homes |
//! | [`web`] | pages and JSON API |
//!
//! The program is the product; this library exists for its tests.

pub mod access;
pub mod config;
pub mod guard;
pub mod import;
pub mod journal;
mod json;
pub mod metrics;
pub mod notify;
pub mod program;
pub mod stop;
pub mod store;
pub mod suspended;
pub mod traffic;
pub mod web;
pub mod worker;
