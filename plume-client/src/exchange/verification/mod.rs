//! The verification of tokens after a 401: whether it is about the token or about the target of the call.
//!
//! [`machine`] decides; [`shared`] runs it under one short lock and wakes callers outside it. The state belongs to a token
//! provider and a base URL, and all clients of the provider share it. The check is an exchange, run by the caller that
//! begins it.
//!
//! Dropping a valid token costs a fetch, and reporting a valid id as unknown is wrong, so a 401 is checked. A read of the
//! same customer is no evidence, because a deleted customer would look like a rejected token. The pause after rejected
//! tokens belongs to one base, so a wrong base takes no tokens from the right one.

mod machine;
mod marks;
mod shared;

pub(super) use machine::{Cause, Checked, Decision, How, Machine, Refusal};
pub(super) use marks::Target;
pub(super) use shared::Verification;
