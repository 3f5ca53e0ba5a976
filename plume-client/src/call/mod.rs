//! What to send, and the answer to it.

mod answer;
mod request;

pub(crate) use answer::Answer;
pub(crate) use request::{Call, request};
