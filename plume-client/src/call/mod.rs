//! What to send, and the answer to it.

mod request;
mod response;

pub(crate) use request::{Call, request};
pub(crate) use response::RawResponse;
