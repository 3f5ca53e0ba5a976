//! What happens to one call: token, permit, send, read the answer, and perhaps once more.
//!
//! [`machine`] decides what follows a try, without a clock and without I/O; [`run`] is the loop around it. [`ready`] gets
//! token and permit, [`attempt`] sends one request, [`answer`] says what its answer means, [`unauthorized`] and
//! [`verification`] find out what a 401 means.

mod answer;
mod attempt;
mod budget;
mod machine;
mod pipe;
mod policy;
mod ready;
mod run;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod tests;
mod unauthorized;
mod verification;

pub(crate) use answer::unreadable;
pub(crate) use pipe::{ByService, CallOptions, Pipe};
pub use policy::RetryPolicy;
