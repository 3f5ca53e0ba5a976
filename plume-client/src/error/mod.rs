//! One error for every call.

mod answer;
mod attempt;
mod build;
mod help;
mod kind;
mod record;
mod show;

pub(crate) use answer::Said;
pub use attempt::{Attempt, NotRetried};
pub use kind::{ErrorKind, Resource};
pub use record::Error;
pub use show::Report;
