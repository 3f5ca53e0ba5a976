//! The Plume side: answers questions with the SDK.
//!
//! The credentials of users are kept apart in a [`TokenRegistry`](plume::auth::TokenRegistry), and the guard checks every
//! URL that a user entered once more before a request is sent.

mod accounts;
mod lookup;

pub use accounts::Plume;
