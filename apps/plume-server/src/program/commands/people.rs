//! The commands about people: accounts, suspended tenants, and the check of the audit. The server must not run.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use plume::{monitor::ids::TenantId, runtime::Clock};

use crate::access::{Account, Session, Tenants, audit::AuditEvent, password};
use crate::config::Config;
use crate::program::assemble::open_store;
use crate::program::failed::Failed;
use crate::store::{
    AuditStore, PassStore, SqliteStore, StoreError, StoreErrorKind,
    model::{AuditQuery, Pass, PassCursor, PassKind},
};

/// The name of the person at the command line in the audit.
pub(super) const OPERATOR: &str = "command line";
/// The action of the command `restore` in the audit.
pub(super) const RESTORED: &str = "database restore";
/// Actions that the check of the audit names: the rows after them are others than those that were written at first.
const NAMED: [&str; 2] = [RESTORED, "audit lost"];

/// Maximum number of characters in the name of an account.
const NAME: usize = 64;
/// Sessions that are read at once.
const AT_ONCE: usize = 200;

/// Adds an account that is an administrator of all tenants, or changes its password, which ends its sessions and tokens.
/// Returns whether it is new.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn add_admin(
    config: &Config,
    name: &str,
    password: &str,
    clock: Arc<dyn Clock>,
) -> Result<bool, Failed> {
    check_name(name).map_err(Failed::Name)?;
    let hash = password::hash(password).map_err(Failed::Password)?;
    let store = open_store(config, Arc::clone(&clock))?;
    let is_twin = |other: &str| other != name && other.to_lowercase() == name.to_lowercase();
    let accounts = each_account(&store).await?;
    if let Some(pass) = accounts.iter().find(|pass| is_twin(&pass.id)) {
        return Err(Failed::Twin { other: pass.id.clone() });
    }
    let is_new = accounts.iter().all(|pass| pass.id != name);
    let action = if is_new { "account add" } else { "account password" };
    store.audit(AuditEvent::new(OPERATOR, action, name)).await?;
    let body = serde_json::to_vec(&Account { hash }).unwrap_or_default();
    let pass = Pass { id: name.to_owned(), seen: clock.wall(), ends: None, body };
    store.put_pass(PassKind::Account, pass).await?;
    end_sessions(&store, name).await?;
    Ok(is_new)
}

/// Returns the names of all accounts, each with the time of its password.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn accounts(
    config: &Config,
    clock: Arc<dyn Clock>,
) -> Result<Vec<(String, DateTime<Utc>)>, Failed> {
    let store = open_store(config, clock)?;
    let mut found: Vec<_> =
        each_account(&store).await?.into_iter().map(|pass| (pass.id, pass.seen)).collect();
    found.sort();
    Ok(found)
}

async fn each_account(store: &SqliteStore) -> Result<Vec<Pass>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let passes = store.passes_after(PassKind::Account, after, AT_ONCE).await?;
        after = passes.last().map(PassCursor::from);
        let is_last = passes.len() < AT_ONCE;
        found.extend(passes);
        if is_last {
            return Ok(found);
        }
    }
}

/// Refuses a name that people cannot see, or cannot tell from another.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.chars().count() > NAME {
        return Err("it has more than 64 characters");
    }
    let is_hidden = |text: char| text.is_whitespace() || text.is_control();
    if name.contains(is_hidden) || plume_text::on_screen(name) != name {
        return Err("it has a blank, a control character or one that is not shown");
    }
    // Such a name looks like a path, or like an option of a command.
    let is_good = |text: char| text.is_alphanumeric() || ".@_+-".contains(text);
    if !name.starts_with(char::is_alphanumeric) || !name.chars().all(is_good) {
        return Err(
            "it must begin with a letter or digit, and have only letters, digits and `.`, `@`, `_`, `+` and `-`",
        );
    }
    Ok(())
}

/// Removes the sessions of an account.
async fn end_sessions(store: &SqliteStore, account: &str) -> Result<(), StoreError> {
    let subject = Session::subject_of(account);
    let mut after = None;
    loop {
        let passes = store.passes_after(PassKind::Session, after, AT_ONCE).await?;
        after = passes.last().map(PassCursor::from);
        for pass in &passes {
            let session = serde_json::from_slice::<Session>(&pass.body).ok();
            if session.is_some_and(|session| session.claims.is_none() && session.subject == subject) {
                store.remove_pass(PassKind::Session, &pass.id).await?;
            }
        }
        if passes.len() < AT_ONCE {
            return Ok(());
        }
    }
}

/// Removes an account with its sessions. Its tokens are not valid any more.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn remove_admin(config: &Config, name: &str, clock: Arc<dyn Clock>) -> Result<(), Failed> {
    let store = open_store(config, clock)?;
    store.audit(AuditEvent::new(OPERATOR, "account remove", name)).await?;
    match store.remove_pass(PassKind::Account, name).await? {
        true => Ok(end_sessions(&store, name).await?),
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

/// Checks the audit. Returns the number of its rows, and a line for each restored backup and each loss that it records.
///
/// # Errors
///
/// [`Failed::Audit`] with the first difference.
pub async fn check_audit(config: &Config, clock: Arc<dyn Clock>) -> Result<(u64, Vec<String>), Failed> {
    let store = open_store(config, clock)?;
    let rows = store.check_audit().await?.map_err(Failed::Audit)?;
    let mut notes = Vec::new();
    for action in NAMED {
        let query =
            AuditQuery { tenants: Tenants::All, text: Some(action.to_owned()), before: None, limit: 100 };
        let found = store.audit_rows(query).await?.into_iter().filter(|row| row.event.action == action);
        notes.extend(found.map(|row| {
            let at = row.at.format("%Y-%m-%d %H:%M UTC");
            format!("row {}: {action} at {at}: {}", row.number, row.event.subject)
        }));
    }
    Ok((rows, notes))
}
