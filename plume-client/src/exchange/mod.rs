//! What happens to one call: token, permit, send, read the answer, and perhaps once more.
//!
//! [`machine`] decides what follows a try, without a clock and without I/O; [`run`] is the loop around it. [`ready`] gets
//! token and permit, [`attempt`] sends one request, [`answer`] says what its answer means, [`unauthorized`] and
//! [`verification`] find out what a 401 means.
//!
//! **What a call costs.** The transport keeps the parsed form of a few origins and sets path and query on a copy, so
//! that the URL library's parser reads the host once; one timer that may ring too early covers the total, the first
//! byte and the silence between two pieces. A call whose token is at hand asks the limiter twice: for the permit and
//! when it goes out. (`plume-runtime/src/http_transport/`, `plume-client/src/exchange/ready.rs`.)

mod attempt;
mod budget;
mod machine;
mod pipe;
mod policy;
mod ready;
mod response;
mod run;
#[cfg(test)]
mod tests;
mod unauthorized;
mod verification;

pub(crate) use pipe::{ByService, CallOptions, Pipe};
pub use policy::RetryPolicy;
pub(crate) use response::unreadable;
