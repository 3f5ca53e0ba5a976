//! What a conversation knows of the bot around it.

use plume::auth::{SecureUrl, UrlGuard};

/// What a conversation knows of the bot around it.
#[derive(Debug, Clone)]
pub struct Context {
    pub user: i64,
    pub name: String,
    pub guard: UrlGuard,
    /// The API's base for those who skip the question.
    pub api: Option<SecureUrl>,
    /// The base of the reports that belongs to it.
    pub reports: Option<SecureUrl>,
    /// Whether those without an account use the operator's.
    pub shared: bool,
    pub demo: bool,
    pub example: Option<Example>,
    pub keeps: bool,
}

/// Answers for `/auth` that a simulated cloud takes. None of them is a secret.
#[derive(Debug, Clone)]
pub struct Example {
    pub sso: String,
    pub header: String,
    pub partner: String,
}
