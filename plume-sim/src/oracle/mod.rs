//! Watching a client: what it asked for, when, with which token, and which answers it had before.
//!
//! A client is seen by its credential: calls with one token, and with those that replaced it after a 401, are one
//! client's. What a careful client can do as well is not blamed.
//!
//! **An oracle blames only who could know.** A request is judged by what its client had *heard* when it came: an
//! answer that is still under way, or was lost, is not known. Requests carry numbers, and a refusal or a block counts
//! from the number after its answer was taken. Over a socket, a request may have been on its way: it is excused for a
//! quarter of a second, unless its connection carried the answer or was opened after it (`oracle/memory/presence.rs`). What
//! a token answer claimed about the token's life is to the client's favour. A client is its token and the tokens that
//! replaced it after a 401.

mod arrival;
mod ending;
mod memory;
mod messages;
mod rules;
mod verdict;
mod watch;

pub use verdict::{Counts, Verdict, Violation, ViolationKind};

pub(crate) use arrival::{Arrival, Reaction};
pub(crate) use messages::{Secrets, find_leak, list_rows, location, names_the_token};
pub(crate) use watch::Oracle;
