//! What an answer means for the call, and what may be shown of it.

mod classify;
mod excerpt;
mod forbidden;
mod redact;
mod said;
mod waits;

pub(super) use classify::{Unauthorized, classify};
pub(crate) use said::unreadable;
pub(super) use waits::{BLOCK, HOLD, LONGEST_HOLD};
