//! The gate of the dashboard: whether visitors have to sign in, the limits of sign-in, and the address of a browser.

mod sender;
mod state;

pub(super) use sender::Sender;
pub use state::Gate;
