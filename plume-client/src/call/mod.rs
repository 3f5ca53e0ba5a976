//! Calls and raw responses.

mod request;
mod response;

pub(crate) use request::{Call, request};
pub(crate) use response::{Attempts, RawResponse, Success};
