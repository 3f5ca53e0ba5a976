//! The authorization server: tokens by client credentials, introspection and revocation.

mod desk;
mod tokens;

pub(crate) use desk::{introspect, metadata, revoke, token};
pub(crate) use tokens::{Desk, Issued, Sight, TOKEN_START, Tokens, tenant_in_form, tenant_of};
