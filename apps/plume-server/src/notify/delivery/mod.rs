//! Sends requests, and classifies the responses.

mod carry;
mod classify;
mod retry;

pub use carry::{Carriers, MailServer, Mailer};
pub use classify::{Judged, Reply, Verdict, classify};
pub use retry::next_attempt;
