//! The state of the rules: which client received which response, and the facts about each token.

mod presence;
mod recent;
mod tokens;

pub(crate) use presence::{Heard, Presence, SETTLE};
pub(crate) use recent::Recent;
pub(crate) use tokens::{Outcome, TokenRecord, Tokens};
