//! The context of a conversation.

use plume::auth::{SecureUrl, UrlGuard};

/// The facts about the bot that a conversation needs.
#[derive(Debug, Clone)]
pub struct Context {
    pub user: i64,
    pub name: String,
    pub guard: UrlGuard,
    /// The default base of the API.
    pub api: Option<SecureUrl>,
    /// The default base of the reports.
    pub reports: Option<SecureUrl>,
    /// Whether users without an account use the operator's.
    pub shared: bool,
    pub demo: bool,
    pub example: Option<Example>,
    pub keeps: bool,
}

/// Answers for `/auth` that a simulated cloud accepts. None of them is a secret.
#[derive(Debug, Clone)]
pub struct Example {
    pub sso: String,
    pub header: String,
    pub partner: String,
}
