//! The page of users: sessions, tokens, suspended tenants, and the audit.

mod audit;
mod change;
mod page;
mod suspend;

pub(super) use audit::{check as check_audit, page as audit};
pub(super) use change::{create_token, revoke_session, revoke_token};
pub(super) use page::page;
pub(super) use suspend::{page as suspension, suspend};
