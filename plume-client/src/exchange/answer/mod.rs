//! What an answer means for the call, and what may be shown of it.

mod classify;
mod excerpt;
mod forbidden;
mod redact;
mod said;

pub(super) use classify::{BLOCK, Unauthorized, classify};
pub(crate) use said::unreadable;
