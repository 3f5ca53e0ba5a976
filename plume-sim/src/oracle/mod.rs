//! Observes clients: which requests they send, when, with which token, and after which responses.
//!
//! A client is identified by its credential: calls with one token, and with the tokens that replaced it after a 401,
//! belong to one client. The rules allow all that a careful client can do.
//!
//! **A rule applies only to a client that could know.** A request is checked against the responses that its client had
//! received before: a response in transit or lost does not count. Requests are numbered, and a refusal or a block
//! counts from the number after its response was received. Over a socket, a request may be in transit: it is excused
//! for 250 ms, unless its connection carried the response or was opened after it (`oracle/memory/presence.rs`). The
//! lifetime stated in a token response counts in favour of the client.

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
