//! Whether a 401 is about the token or about what was asked for.
//!
//! [`machine`] decides; [`shell`] asks it under one short lock and wakes outside of it. The state belongs to a token
//! provider and a base URL: all clients of a provider share it, however many there are and however short they live. The
//! check itself is an exchange like any other, run by the caller that begins it.

mod machine;
mod marks;
mod shell;

pub(super) use machine::{Cause, Checked, Decision, How, Refusal};
pub(super) use marks::Target;
pub(super) use shell::Verification;
