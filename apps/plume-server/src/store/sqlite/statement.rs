//! Statements, and the types of their values.

use std::{cell::Cell, fmt::Display, time::Duration};

use chrono::{DateTime, Utc};
use plume::monitor::ids::{HomeId, TenantId};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Params, Row, params, types::Type};
use serde::{Serialize, de::DeserializeOwned};

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::model::ChangeKind;

/// A transaction.
pub(super) struct Tx<'c> {
    connection: &'c Connection,
    /// The number of the last change, if there was one.
    changed: Cell<Option<u64>>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, changed: Cell::new(None) }
    }

    /// Runs a statement. Returns the number of changed rows.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.connection.prepare_cached(sql).and_then(|mut cached| cached.execute(params)).map_err(fail)
    }

    /// Returns the first row.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let found = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut cached| cached.query_row(params, read).optional());
        found.map_err(fail)
    }

    /// Returns all rows.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let rows = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut cached| cached.query_map(params, read).and_then(Iterator::collect));
        rows.map_err(fail)
    }

    /// Returns the key of the row that was inserted last.
    pub(super) fn last_key(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Returns the key of a tenant.
    pub(super) fn tenant(&self, tenant: &TenantId) -> Result<Option<i64>> {
        self.first("SELECT key FROM tenant WHERE id = ?1", [tenant.as_str()], |row| row.get(0))
    }

    /// Returns the key of a tenant that must exist.
    pub(super) fn known_tenant(&self, tenant: &TenantId) -> Result<i64> {
        self.tenant(tenant)?.ok_or_else(|| missing("tenant", tenant))
    }

    /// Returns the key of a home of a tenant.
    pub(super) fn home(&self, tenant: &TenantId, home: &HomeId) -> Result<Option<i64>> {
        let sql = "SELECT home.key FROM home JOIN tenant ON tenant.key = home.tenant \
            WHERE home.id = ?1 AND tenant.id = ?2";
        self.first(sql, [home.as_str(), tenant.as_str()], |row| row.get(0))
    }

    /// Records a change of something that pages show.
    pub(super) fn change(&self, tenant: i64, kind: ChangeKind, subject: &str) -> Result<()> {
        self.run(
            "INSERT INTO change (tenant, kind, subject) VALUES (?1, ?2, ?3)",
            params![tenant, change_code(kind), subject],
        )?;
        self.changed.set(u64::try_from(self.last_key()).ok());
        Ok(())
    }

    /// The number of the last change.
    pub(super) fn changed(&self) -> Option<u64> {
        self.changed.get()
    }
}

pub(super) fn missing(kind: &str, id: impl Display) -> StoreError {
    StoreError::new(StoreErrorKind::Missing, format!("there is no {kind} `{id}`"))
}

pub(super) fn conflict(kind: &str, id: impl Display) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, format!("the {kind} `{id}` was changed meanwhile"))
}

/// Classifies an error of SQLite. Its text has no value of a statement.
#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
pub(super) fn fail(error: rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreErrorKind::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreErrorKind::Damaged,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreErrorKind::Busy,
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Internal,
    };
    StoreError::new(kind, error.to_string())
}

pub(super) fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// Reads a time. One that no calendar has becomes the nearest that it has.
pub(super) fn time(millis: i64) -> DateTime<Utc> {
    let clamped = millis
        .clamp(DateTime::<Utc>::MIN_UTC.timestamp_millis(), DateTime::<Utc>::MAX_UTC.timestamp_millis());
    DateTime::from_timestamp_millis(clamped).unwrap_or(DateTime::UNIX_EPOCH)
}

pub(super) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Converts a count to the integer of SQLite.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Converts an unsigned number to the integer of SQLite.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads an unsigned number.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(super) fn change_code(kind: ChangeKind) -> i64 {
    match kind {
        ChangeKind::Home => 0,
        ChangeKind::Incident => 1,
        ChangeKind::Message => 2,
        ChangeKind::Record => 3,
    }
}

pub(super) fn change_kind(code: i64) -> ChangeKind {
    match code {
        0 => ChangeKind::Home,
        1 => ChangeKind::Incident,
        2 => ChangeKind::Message,
        _ => ChangeKind::Record,
    }
}

/// Writes a document.
pub(super) fn to_document(document: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(document).map_err(|error| internal(&format!("failed to write a document: {error}")))
}

/// Reads a document from a column.
pub(super) fn from_document<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let bytes = row.get_ref(column)?.as_blob()?;
    serde_json::from_slice(bytes)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
}

pub(super) fn internal(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Internal, message)
}

/// Reads tags that are joined with the unit separator of ASCII, in order.
pub(super) fn tags(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let joined = row.get::<_, Option<String>>(column)?.unwrap_or_default();
    let mut tags: Vec<String> =
        joined.split('\u{1f}').filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    tags.sort_unstable();
    Ok(tags)
}
