//! The checks before a handler: the sender of the request, whether its role is enough, and whether a form is from a page of
//! this server.

mod identify;
mod routes;
mod visit;

pub(super) use identify::{SESSION, session};
pub use routes::{Needs, Route};
pub(super) use routes::{Refusal, Routes};
