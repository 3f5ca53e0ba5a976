//! Readers of the texts that the checks look at: Rust source, manifests, base64.

pub(crate) mod base64;
pub(crate) mod manifest;
pub(crate) mod source;
