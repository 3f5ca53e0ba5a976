//! The execution of a call: gets a token and a permit, sends the request, classifies the response, retries.
//!
//! [`machine`] decides what follows an attempt, without a clock and without I/O; [`run`] is the loop around it. [`ready`]
//! gets token and permit, [`attempt`] sends a request, [`response`] classifies its response, [`unauthorized`] and
//! [`verification`] find out what a 401 means.
//!
//! A call whose token is ready takes the limiter's lock twice: for the permit, and when the request is sent.

mod attempt;
mod budget;
mod machine;
mod policy;
mod ready;
mod response;
mod run;
mod services;
#[cfg(test)]
mod tests;
mod unauthorized;
mod verification;

pub use policy::RetryPolicy;
pub(crate) use response::unreadable;
pub(crate) use services::{ByService, CallOptions, Services};
