//! The audit. The head of its chain is sealed in the database, and a copy is beside it: a database that was replaced by an
//! older copy of itself is found by the copy. The copy is written after the commit, so it never knows more than the database.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;
use plume_seal::{Codec, Kind, Place, RecordName, Sealed};
use rusqlite::{Row, params};

use crate::access::Tenants;
use crate::access::audit::{AuditEvent, AuditRow, Broken, Chain, Walk};
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::model::{AuditQuery, PassKind};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::file::private;
use crate::store::sqlite::statement::{Tx, count, millis, signed, time, unsigned};
use crate::store::traits::AuditStore;

/// Rows that are checked or removed at once.
const STEP: usize = 1_000;
const COLUMNS: &str = "number, at, who, tenant, action, subject, outcome, mac";

#[async_trait]
impl AuditStore for SqliteStore {
    async fn audit(&self, event: AuditEvent) -> Result<u64> {
        let (sealed, at) = (Arc::clone(&self.inner.sealed), self.inner.clock.wall());
        let copy = copy_of(&self.inner.path);
        let written = self.write(move |tx| {
            let mut chain = chain(tx, &sealed)?;
            if let Some(lost) = lost(&chain, &sealed, &copy) {
                add(tx, &mut chain, lost, at)?;
            }
            let number = add(tx, &mut chain, event, at)?;
            Ok((number, put_head(tx, &sealed, &chain)?))
        });
        let (number, head) = written.await?;
        self.keep_copy(number, &head, false)?;
        Ok(number)
    }

    async fn audit_rows(&self, query: AuditQuery) -> Result<Vec<AuditRow>> {
        self.read(move |tx| {
            let own = match &query.tenants {
                Tenants::All => None,
                Tenants::Only(tenants) => Some(serde_json::json!(tenants).to_string()),
            };
            let text = query.text.as_ref().map(|text| text.to_lowercase());
            // SQLite knows small letters of ASCII only, so it searches for texts of them, and other texts are read row by row.
            let (ascii, text) = match text {
                Some(text) if text.is_ascii() => (Some(text), None),
                text => (None, text),
            };
            let has_text = |row: &AuditRow| {
                let AuditEvent { who, action, subject, .. } = &row.event;
                let all = format!("{who} {action} {subject}").to_lowercase();
                text.as_ref().is_none_or(|text| all.contains(text))
            };
            let limit = if text.is_some() { STEP } else { query.limit };
            let (mut before, mut found) = (query.before.map_or(i64::MAX, signed), Vec::new());
            loop {
                let rows = tx.all(
                    &format!(
                        "SELECT {COLUMNS} FROM audit WHERE number < ?1 \
                         AND (?2 IS NULL OR tenant IN (SELECT value FROM json_each(?2))) \
                         AND (?4 IS NULL OR instr(lower(who || ' ' || action || ' ' || subject), ?4)) \
                         ORDER BY number DESC LIMIT ?3"
                    ),
                    params![before, own, count(limit), ascii],
                    |row| Ok(read(row)?.0),
                )?;
                let is_last = rows.len() < limit;
                before = rows.last().map_or(0, |row| signed(row.number));
                found.extend(rows.into_iter().filter(has_text).take(query.limit - found.len()));
                if is_last || found.len() >= query.limit {
                    return Ok(found);
                }
            }
        })
        .await
    }

    async fn prune_audit(&self, before: DateTime<Utc>, most: u64) -> Result<usize> {
        let sealed = Arc::clone(&self.inner.sealed);
        self.write(move |tx| prune(tx, &sealed, before, most)).await
    }

    async fn check_audit(&self) -> Result<std::result::Result<u64, Broken>> {
        let sealed = Arc::clone(&self.inner.sealed);
        // Before the snapshot of the database, which is as new as the copy then.
        let beside = fs::read(copy_of(&self.inner.path)).ok();
        self.read(move |tx| check(tx, &sealed, beside.as_deref())).await
    }
}

impl SqliteStore {
    /// Records that this database is a restored backup: the rows that it has not are accounted for by a row of their own. All
    /// sessions end, because some may have been revoked after the backup.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the kind `Sealed` if the keys are not those of the backup.
    pub async fn record_restore(&self, event: AuditEvent) -> Result<()> {
        let (sealed, at) = (Arc::clone(&self.inner.sealed), self.inner.clock.wall());
        let written = self.write(move |tx| {
            let mut chain = chain(tx, &sealed)?;
            let number = add(tx, &mut chain, event, at)?;
            tx.run("DELETE FROM pass WHERE kind = ?1", [PassKind::Session.as_str()])?;
            Ok((number, put_head(tx, &sealed, &chain)?))
        });
        let (number, head) = written.await?;
        self.keep_copy(number, &head, true)
    }

    /// Begins the chain again if no key opens its head. The rows that are there are kept and get new codes: whether they were
    /// changed before is not known, and a row of their own says so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot be read or written.
    pub async fn restart_audit(&self) -> Result<()> {
        let (sealed, at) = (Arc::clone(&self.inner.sealed), self.inner.clock.wall());
        let written = self.write(move |tx| {
            match head(tx, &sealed) {
                Err(error) if error.kind() == StoreErrorKind::Sealed => {}
                other => return other.map(|_| None),
            }
            let mut chain = Chain::new(random()?);
            loop {
                let rows = tx.all(
                    &format!("SELECT {COLUMNS} FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2"),
                    params![signed(chain.count()), count(STEP)],
                    read,
                )?;
                let is_end = rows.len() < STEP;
                for (row, _) in rows {
                    if chain.count() == 0 {
                        chain.remove_to(row.number.saturating_sub(1), [0; 32]);
                    }
                    let mac = chain.add(&row);
                    tx.run("UPDATE audit SET mac = ?2 WHERE number = ?1", params![signed(row.number), mac])?;
                }
                if is_end {
                    break;
                }
            }
            let event =
                AuditEvent::new("plume-server", "audit restart", &format!("rows to {}", chain.count()))
                    .with_outcome("no key opens the head: whether they were changed is not known");
            let number = add(tx, &mut chain, event, at)?;
            Ok(Some((number, put_head(tx, &sealed, &chain)?)))
        });
        match written.await? {
            Some((number, head)) => self.keep_copy(number, &head, true),
            None => Ok(()),
        }
    }

    /// Writes the copy of the head after the commit of a row. Of two rows the later one counts, whatever the order of the calls;
    /// `is_first` replaces a copy that knows more.
    fn keep_copy(&self, number: u64, head: &[u8], is_first: bool) -> Result<()> {
        // Every change under the lock is complete.
        let mut copied = self.inner.copied.lock().unwrap_or_else(PoisonError::into_inner);
        if number > *copied || is_first {
            put_copy(&copy_of(&self.inner.path), head)?;
            *copied = number;
        }
        Ok(())
    }
}

/// Removes rows from the begin of the chain.
fn prune(tx: &Tx<'_>, sealed: &Sealed, before: DateTime<Utc>, most: u64) -> Result<usize> {
    let Some(mut chain) = head(tx, sealed)? else { return Ok(0) };
    let extra = chain.count().saturating_sub(most);
    let rows =
        tx.all(&format!("SELECT {COLUMNS} FROM audit ORDER BY number LIMIT ?1"), [count(STEP)], read)?;
    let before = time(millis(before));
    let mut walk = Walk::new(&chain);
    let mut last = None;
    for (row, mac) in rows.into_iter().take_while(|(row, _)| row.at < before || row.number <= extra) {
        // What was changed is evidence.
        if walk.step(&row, &mac).is_err() {
            break;
        }
        last = Some((row.number, walk.last()));
    }
    let Some((number, mac)) = last else { return Ok(0) };
    let removed = tx.run("DELETE FROM audit WHERE number <= ?1", [signed(number)])?;
    chain.remove_to(number, mac);
    put_head(tx, sealed, &chain)?;
    Ok(removed)
}

/// Adds a row. The chain has whole milliseconds, as the table.
fn add(tx: &Tx<'_>, chain: &mut Chain, event: AuditEvent, at: DateTime<Utc>) -> Result<u64> {
    let number = chain.count().saturating_add(1);
    let row = AuditRow { number, at: time(millis(at)), event };
    let mac = chain.add(&row);
    let AuditEvent { who, tenant, action, subject, outcome } = &row.event;
    let tenant = tenant.as_ref().map(TenantId::as_str);
    tx.run(
        "INSERT INTO audit (number, at, who, tenant, action, subject, outcome, mac) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![signed(number), millis(row.at), who, tenant, action, subject, outcome, mac],
    )?;
    Ok(number)
}

/// Rows that the copy of the head knows and the database does not: after a power cut, a database that was replaced by hand, or a
/// cut end. They are a row of their own, because the next copy replaces the evidence.
fn lost(chain: &Chain, sealed: &Sealed, copy: &Path) -> Option<AuditEvent> {
    let beside = open(sealed, &fs::read(copy).ok()?).ok()?;
    let (written, found) = (beside.count(), chain.count());
    (written > found).then(|| {
        let subject = format!("rows {} to {written}", found.saturating_add(1));
        let event = AuditEvent::new("plume-server", "audit lost", &subject);
        event.with_outcome("they were written, and the database does not have them")
    })
}

fn check(tx: &Tx<'_>, sealed: &Sealed, beside: Option<&[u8]>) -> Result<std::result::Result<u64, Broken>> {
    let any = tx.first("SELECT 1 FROM audit LIMIT 1", [], |row| row.get::<_, i64>(0))?;
    let Some(bytes) = tx.first("SELECT sealed FROM audit_head", [], |row| row.get::<_, Vec<u8>>(0))? else {
        let is_new = any.is_none() && beside.is_none();
        return Ok(if is_new { Ok(0) } else { Err(Broken::Head) });
    };
    let Ok(head) = open(sealed, &bytes) else { return Ok(Err(Broken::Head)) };
    let beside = match beside.map(|bytes| open(sealed, bytes)) {
        Some(Ok(beside)) => beside,
        Some(Err(_)) | None => return Ok(Err(Broken::Head)),
    };
    if beside.count() > head.count() {
        return Ok(Err(Broken::Older { written: beside.count(), found: head.count() }));
    }
    let mut walk = Walk::new(&head);
    let mut last = i64::MIN;
    loop {
        let rows = tx.all(
            &format!("SELECT {COLUMNS} FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2"),
            params![last, count(STEP)],
            read,
        )?;
        let is_end = rows.len() < STEP;
        for (row, mac) in rows {
            last = signed(row.number);
            if let Err(broken) = walk.step(&row, &mac) {
                return Ok(Err(broken));
            }
            if row.number == beside.count() && !beside.ends_with(&walk.last()) {
                return Ok(Err(Broken::Altered(row.number)));
            }
        }
        if is_end {
            return Ok(walk.end());
        }
    }
}

/// Seals the head with the current key.
pub(in crate::store::sqlite::operations) fn reseal(
    tx: &Tx<'_>,
    sealed: &Sealed,
    database: &Path,
) -> Result<()> {
    let Some(chain) = head(tx, sealed)? else { return Ok(()) };
    let bytes = put_head(tx, sealed, &chain)?;
    let copy = copy_of(database);
    // A copy that knows more rows is the evidence that the database is an older one.
    if lost(&chain, sealed, &copy).is_none() {
        // The old key stays in the file of the keys, so that a copy that is not replaced is readable.
        let _ = put_copy(&copy, &bytes);
    }
    Ok(())
}

/// Writes the copy of the head, which only this user may read.
fn put_copy(copy: &Path, bytes: &[u8]) -> Result<()> {
    let new = copy.with_extension("audit-new");
    private(&new)?;
    // In one step: a copy that is cut short is no copy.
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, copy)).map_err(|error| {
        let text = format!("failed to write {}: {error}", copy.display());
        StoreError::new(StoreErrorKind::Unavailable, text)
    })
}

/// The head, or that of a new chain.
fn chain(tx: &Tx<'_>, sealed: &Sealed) -> Result<Chain> {
    match head(tx, sealed)? {
        Some(chain) => Ok(chain),
        None => Ok(Chain::new(random()?)),
    }
}

fn head(tx: &Tx<'_>, sealed: &Sealed) -> Result<Option<Chain>> {
    let bytes = tx.first("SELECT sealed FROM audit_head", [], |row| row.get::<_, Vec<u8>>(0))?;
    match bytes {
        Some(bytes) => open(sealed, &bytes).map(Some),
        None => match tx.first("SELECT 1 FROM audit LIMIT 1", [], |row| row.get::<_, i64>(0))? {
            Some(_) => Err(broken("there are rows without a head")),
            None => Ok(None),
        },
    }
}

fn put_head(tx: &Tx<'_>, sealed: &Sealed, chain: &Chain) -> Result<Vec<u8>> {
    let name = name();
    let bytes = sealed
        .encode(&Place::new(&name, Kind::Record), chain.encode().into())
        .map_err(|error| broken(&error.to_string()))?;
    tx.run("INSERT OR REPLACE INTO audit_head (one, sealed) VALUES (1, ?1)", [&bytes])?;
    Ok(bytes)
}

fn open(sealed: &Sealed, bytes: &[u8]) -> Result<Chain> {
    let name = name();
    let opened = sealed.decode(&Place::new(&name, Kind::Record), bytes);
    let opened = opened.map_err(|error| broken(&error.to_string()))?;
    Chain::decode(&opened).ok_or_else(|| broken("the head has another form"))
}

/// The place of the sealed head: it opens nowhere else.
fn name() -> RecordName {
    RecordName::new("audit", "plume-server audit 1", &[])
}

fn broken(cause: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Sealed, format!("the head of the audit: {cause}"))
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| broken(&error.to_string()))?;
    Ok(bytes)
}

/// The copy of the head beside a database.
fn copy_of(database: &Path) -> PathBuf {
    database.with_extension("audit")
}

fn read(row: &Row<'_>) -> rusqlite::Result<(AuditRow, Vec<u8>)> {
    let tenant: Option<String> = row.get(3)?;
    let event = AuditEvent {
        who: row.get(2)?,
        tenant: tenant.map(TenantId::new),
        action: row.get(4)?,
        subject: row.get(5)?,
        outcome: row.get(6)?,
    };
    Ok((AuditRow { number: unsigned(row.get(0)?), at: time(row.get(1)?), event }, row.get(7)?))
}
