//! The commands about people: accounts, suspended tenants, and the check of the audit. The server must not run.

use std::sync::Arc;

use plume::{monitor::ids::TenantId, runtime::Clock};

use crate::access::{Account, audit::AuditEvent, password};
use crate::config::Config;
use crate::program::assemble::open_store;
use crate::program::failed::Failed;
use crate::store::{
    AuditStore, PassStore, StoreError, StoreErrorKind,
    model::{Pass, PassKind},
};

/// The name of the person at the command line in the audit.
pub(super) const OPERATOR: &str = "command line";

/// Adds an account that is an administrator of all tenants, or changes its password.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn add_admin(
    config: &Config,
    name: &str,
    password: &str,
    clock: Arc<dyn Clock>,
) -> Result<(), Failed> {
    let hash = password::hash(password).map_err(Failed::Password)?;
    let store = open_store(config, Arc::clone(&clock))?;
    store.audit(AuditEvent::new(OPERATOR, "account add", name)).await?;
    let body = serde_json::to_vec(&Account { hash }).unwrap_or_default();
    let pass = Pass { id: name.to_owned(), seen: clock.wall(), ends: None, body };
    Ok(store.put_pass(PassKind::Account, pass).await?)
}

/// Removes an account. Its sessions stay until they end or are revoked.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn remove_admin(config: &Config, name: &str, clock: Arc<dyn Clock>) -> Result<(), Failed> {
    let store = open_store(config, clock)?;
    store.audit(AuditEvent::new(OPERATOR, "account remove", name)).await?;
    match store.remove_pass(PassKind::Account, name).await? {
        true => Ok(()),
        false => {
            Err(StoreError::new(StoreErrorKind::Missing, format!("there is no account `{name}`")).into())
        }
    }
}

/// Suspends a tenant, or lets it continue.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn suspend(
    config: &Config,
    tenant: &str,
    is_suspended: bool,
    clock: Arc<dyn Clock>,
) -> Result<(), Failed> {
    let store = open_store(config, clock)?;
    let tenant = TenantId::new(tenant);
    let action = if is_suspended { "tenant suspend" } else { "tenant resume" };
    store.audit(AuditEvent::new(OPERATOR, action, tenant.as_str()).of(&tenant)).await?;
    Ok(store.suspend(&tenant, is_suspended).await?)
}

/// Checks the audit. Returns the number of its rows.
///
/// # Errors
///
/// [`Failed::Audit`] with the first difference.
pub async fn check_audit(config: &Config, clock: Arc<dyn Clock>) -> Result<u64, Failed> {
    open_store(config, clock)?.check_audit().await?.map_err(Failed::Audit)
}
