//! The Plume side: questions in, answers out, over the SDK.
//!
//! Each user's credentials stay apart in a [`TokenRegistry`](plume::auth::TokenRegistry), and every URL that a user typed
//! passes the guard again on its way out.

mod accounts;
mod lookup;

pub use accounts::Plume;
