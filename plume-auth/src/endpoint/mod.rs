//! The token endpoint: what it is asked, and what its answers mean.
//!
//! **Token and introspection bodies are read in `plume-auth`.** It is the only crate that meets them, and it must not
//! depend on the models of the API.

mod answer;
mod client_credentials;
mod introspection;
mod json;
mod patience;
mod refusal;
#[cfg(test)]
mod tests;

pub use client_credentials::ClientCredentials;
pub use introspection::Introspection;
