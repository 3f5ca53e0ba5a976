//! The error of all calls.

mod attempt;
mod build;
mod help;
mod kind;
mod predicates;
mod record;
mod response;
mod show;

pub use attempt::{Attempt, NotRetried};
#[cfg(feature = "doctor")]
pub(crate) use help::speaks_no_tls;
pub use kind::{Cause, ErrorKind, Resource};
pub use record::Error;
pub(crate) use response::ErrorResponse;
pub use show::ErrorReport;
