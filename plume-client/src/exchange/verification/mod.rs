//! Whether a 401 is about the token or about what was asked for.
//!
//! [`machine`] decides; [`shell`] asks it under one short lock and wakes outside of it. The state belongs to a token
//! provider and a base URL: all clients of a provider share it, however many there are and however short they live. The
//! check itself is an exchange like any other, run by the caller that begins it.
//!
//! A 401 is about the id until it is known to be about the token: to drop a good token costs a fetch, and to call a good id
//! unknown is a lie. A read of the same customer is no witness, because a deleted customer would then look like a refused
//! token. The rest after refused tokens belongs to one base, so a wrong base never takes tokens from the right one.

mod machine;
mod marks;
mod shell;

pub(super) use machine::{Cause, Checked, Decision, How, Machine, Refusal};
pub(super) use marks::Target;
pub(super) use shell::Verification;
