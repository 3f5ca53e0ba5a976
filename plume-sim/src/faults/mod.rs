//! **Faults are decided before a request is carried out, and travel with the answer.** `faults/engine.rs` looks at
//! the request and says what is to happen; the simulator carries the request out or not and gives a `Reply`, a whole
//! answer with the way it travels (late, slow, broken, never). Two thin faces know how to do that: `transport.rs`
//! with the simulator's clock and typed errors, `server.rs` and `breaking.rs` with real bytes. So a plan means the
//! same on both.

#![doc = include_str!("../../FAULTS.md")]

mod engine;
mod file;
mod firewall;
mod format;
mod mutate;
mod plan;
mod replacement;
mod rule;

pub use crate::http::Area;
pub use file::PlanError;
pub use plan::FaultPlan;
pub use rule::{Change, Effect, FaultRule, Mutation, ResetStage, RetryAfter};

pub(crate) use engine::{Decision, Engine, Facts, Replaced};
pub(crate) use firewall::{CALLS, Firewall, WINDOW};
pub(crate) use replacement::{changed, firewall as firewall_page, named_wait, refusal};
