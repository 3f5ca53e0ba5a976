//! The token endpoint: requests, and the meaning of its responses.
//!
//! **Token and introspection bodies are decoded in `plume-auth`,** the only crate that gets them. It must not depend on the
//! models of the API.

mod answer;
mod client_credentials;
mod introspection;
mod json;
mod refusal;
mod retry_after;
#[cfg(test)]
mod tests;

pub use client_credentials::ClientCredentials;
pub use introspection::Introspection;
