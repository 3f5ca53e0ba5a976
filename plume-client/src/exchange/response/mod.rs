//! What an answer means for the call, and what may be shown of it.

mod classify;
mod excerpt;
mod forbidden;
mod redact;
mod refusal;
mod waits;

pub(super) use classify::{Unauthorized, classify};
pub(crate) use refusal::unreadable;
pub(super) use waits::{BLOCK, HOLD, LONGEST_HOLD};
