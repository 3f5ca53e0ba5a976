//! The token endpoint: what it is asked, and what its answers mean.

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
