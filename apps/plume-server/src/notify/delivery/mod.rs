//! Sends requests, and classifies the responses.

mod carry;
mod classify;
mod retry;
mod smtp;

pub use carry::Carriers;
pub use classify::{Judged, Reply, Verdict, classify};
pub use retry::next_attempt;
pub use smtp::{MailError, MailServer, Mailer, Security};
