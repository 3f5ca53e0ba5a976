//! Readers of the texts that the checks look at: Rust source and manifests.

pub(crate) mod manifest;
pub(crate) mod source;
