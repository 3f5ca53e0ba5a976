//! The authorization server: tokens by client credentials, introspection and revocation.

mod endpoints;
mod tokens;

pub(crate) use endpoints::{introspect, metadata, revoke, token};
pub(crate) use tokens::{Issued, Policy, TOKEN_START, TokenStatus, Tokens, tenant_in_form, tenant_of};
