//! The commands for the database: backup, restore, and the change of keys.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use plume::runtime::Clock;
use plume_seal::{KeysFromFile, SealKeys, read_secret_file};
use secrecy::ExposeSecret;

use crate::access::audit::AuditEvent;
use crate::config::Config;
use crate::program::assemble::{FIRST_KEY, database, key_file, open_store};
use crate::program::commands::people::{OPERATOR, RESTORED};
use crate::program::failed::Failed;
use crate::store::{AuditStore, RecordStore, SqliteStore, replace};

/// Copies the database to a new file. The server may run.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub fn back_up(config: &Config, to: &Path) -> Result<(), Failed> {
    Ok(SqliteStore::copy(&database(config), to)?)
}

/// Replaces the database by a backup, and records that in its audit. All sessions end. The server must not run. Returns the path
/// of the old database.
///
/// # Errors
///
/// [`Failed`] with the cause. The database is unchanged then, but for [`Failed::Restored`].
pub async fn restore(config: &Config, from: &Path, clock: Arc<dyn Clock>) -> Result<Option<PathBuf>, Failed> {
    let suffix = clock.wall().format("%Y%m%dT%H%M%SZ").to_string();
    let old = SqliteStore::restore(from, &database(config), &suffix)?;
    let written = fs::metadata(from).and_then(|file| file.modified()).ok().map(DateTime::<Utc>::from);
    let written =
        written.map_or_else(String::new, |at| format!(", written {}", at.format("%Y-%m-%d %H:%M UTC")));
    let name = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let event = AuditEvent::new(OPERATOR, RESTORED, &format!("{name}{written}"));
    let recorded = async { Ok::<_, Failed>(open_store(config, clock)?.record_restore(event).await?) };
    match recorded.await {
        Ok(()) => Ok(old),
        Err(source) => Err(Failed::Restored { source: Box::new(source) }),
    }
}

/// Creates a new key, and seals everything with it. The server must not run. Older keys stay in the file, because backups need
/// them. Returns the name of the key and the number of sealed documents.
///
/// # Errors
///
/// [`Failed`] with the cause. If documents cannot be sealed, the key file has the new key already, which is harmless.
pub async fn rotate(config: &Config, clock: Arc<dyn Clock>) -> Result<(String, usize), Failed> {
    let path = key_file(config);
    let name = clock.wall().format("%Y%m%dT%H%M%SZ").to_string();
    // The store also shows that no server runs, which would keep the old keys.
    drop(open_store(config, Arc::clone(&clock))?);
    add_key(&path, &name).map_err(Failed::Keys)?;
    let store = open_store(config, clock)?;
    store.audit(AuditEvent::new(OPERATOR, "keys rotate", &name)).await?;
    Ok((name, store.reseal().await?))
}

/// Removes the sealed documents that no key opens, after their keys were lost. The server must not run. Returns them.
///
/// # Errors
///
/// [`Failed`] with the cause.
pub async fn forget(config: &Config, clock: Arc<dyn Clock>) -> Result<Vec<String>, Failed> {
    if config.keys.is_none() {
        let keys = KeysFromFile::new(key_file(config));
        keys.create(FIRST_KEY).map_err(|error| Failed::Keys(error.to_string()))?;
    }
    let store = open_store(config, clock)?;
    store.restart_audit().await?;
    store.audit(AuditEvent::new(OPERATOR, "keys forget", &store.unopened().await?.join(", "))).await?;
    Ok(store.forget_unopened().await?)
}

/// Puts a new key before those of a file.
fn add_key(path: &Path, name: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    if new.exists() {
        fs::remove_file(&new).map_err(failed)?;
    }
    KeysFromFile::new(&new).create(name).map_err(|error| error.to_string())?;
    let read = |path: &Path| read_secret_file(path).map_err(|error| format!("the key file {error}"));
    let text = format!("{}\n{}\n", read(&new)?.expose_secret().trim(), read(path)?.expose_secret().trim());
    SealKeys::parse(&text).map_err(|error| error.to_string())?;
    // The new file is private already, and replaces the old one in one step. It is on the disk before anything is sealed with
    // its key.
    fs::write(&new, text).and_then(|()| replace(&new, path)).map_err(failed)
}
