//! What the rules have to remember: who heard what, and what is known of each token.

mod presence;
mod recent;
mod tokens;

pub(crate) use presence::{Heard, Presence, SETTLE};
pub(crate) use recent::Recent;
pub(crate) use tokens::{Outcome, TokenRecord, Tokens};
