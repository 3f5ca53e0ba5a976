//! Sends requests, and classifies the responses.

mod carry;
mod classify;
mod heartbeat;
mod retry;
mod smtp;

pub use carry::Carriers;
pub use classify::{Judged, Reply, Verdict, classify};
pub use heartbeat::{Heartbeat, Wellness};
pub use retry::next_attempt;
pub use smtp::{Handed, MailError, MailServer, Mailer, Security};
