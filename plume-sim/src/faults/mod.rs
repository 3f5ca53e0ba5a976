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
