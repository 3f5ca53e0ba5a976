//! The classification of responses, and the parts that an error may show.

mod classify;
mod excerpt;
mod forbidden;
mod redact;
mod refusal;
mod waits;

pub(super) use classify::{Unauthorized, classify};
pub(crate) use refusal::unreadable;
pub(super) use waits::{BLOCK, HOLD, LONGEST_HOLD};
