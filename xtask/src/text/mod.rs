//! Readers of the texts under check: Rust source and manifests.

pub(crate) mod manifest;
pub(crate) mod source;
