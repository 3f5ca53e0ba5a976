//! Documents, their seals, and changes.

use async_trait::async_trait;
use plume::monitor::ids::TenantId;
use plume_seal::{Codec, Kind, Place, RecordName, Sealed, StoreError as SealError};
use rusqlite::{Row, params};
use tokio::sync::watch;

use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::model::{Change, ChangeKind, Record, RecordKind};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::access;
use crate::store::sqlite::statement::{Tx, change_kind, conflict, count, millis, signed, time, unsigned};
use crate::store::traits::RecordStore;

#[async_trait]
impl RecordStore for SqliteStore {
    async fn records(&self, tenant: &TenantId, kind: RecordKind) -> Result<Vec<Record>> {
        self.each_record(tenant, kind).await?.into_iter().map(|(_, record)| record).collect()
    }

    async fn record(&self, tenant: &TenantId, kind: RecordKind, id: &str) -> Result<Option<Record>> {
        let (asked, name) = (tenant.clone(), id.to_owned());
        let found = self
            .read(move |tx| {
                tx.first(
                    "SELECT record.id, edition, changed, body FROM record JOIN tenant ON tenant.key = record.tenant \
                     WHERE tenant.id = ?1 AND kind = ?2 AND record.id = ?3",
                    [asked.as_str(), kind.as_str(), name.as_str()],
                    read,
                )
            })
            .await?;
        found.map(|record| self.opened(tenant, kind, record)).transpose()
    }

    async fn each_record(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
    ) -> Result<Vec<(String, Result<Record>)>> {
        let asked = tenant.clone();
        let records = self
            .read(move |tx| {
                tx.all(
                    "SELECT record.id, edition, changed, body FROM record JOIN tenant ON tenant.key = record.tenant \
                     WHERE tenant.id = ?1 AND kind = ?2 ORDER BY record.id",
                    [asked.as_str(), kind.as_str()],
                    read,
                )
            })
            .await?;
        let open = |record: Record| (record.id.clone(), self.opened(tenant, kind, record));
        Ok(records.into_iter().map(open).collect())
    }

    async fn put_record(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        id: &str,
        edition: u64,
        body: Vec<u8>,
    ) -> Result<u64> {
        let body = match kind.is_sealed() {
            true => seal(&self.inner.sealed, tenant.as_str(), kind, id, body)?,
            false => body,
        };
        let (tenant, id, now) = (tenant.clone(), id.to_owned(), millis(self.inner.clock.wall()));
        self.write(move |tx| put(tx, tx.known_tenant(&tenant)?, kind, &id, edition, &body, now)).await
    }

    async fn remove_record(&self, tenant: &TenantId, kind: RecordKind, id: &str, edition: u64) -> Result<()> {
        let (tenant, id) = (tenant.clone(), id.to_owned());
        self.write(move |tx| {
            let tenant = tx.known_tenant(&tenant)?;
            let removed = tx.run(
                "DELETE FROM record WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND edition = ?4",
                params![tenant, kind.as_str(), id, signed(edition)],
            )?;
            if removed == 0 {
                return Err(conflict(kind.as_str(), &id));
            }
            tx.change(tenant, ChangeKind::Record, &id)
        })
        .await
    }

    async fn reseal(&self) -> Result<usize> {
        let sealed = std::sync::Arc::clone(&self.inner.sealed);
        let path = self.inner.path.clone();
        self.write(move |tx| {
            let mut changed = 0;
            for kind in RecordKind::ALL.into_iter().filter(|kind| kind.is_sealed()) {
                for SealedRow { key, tenant, id, body } in sealed_rows(tx, kind)? {
                    let text = unseal(&sealed, &tenant, kind, &id, &body)?;
                    let body = seal(&sealed, &tenant, kind, &id, text)?;
                    changed += tx.run(
                        "UPDATE record SET body = ?4 WHERE tenant = ?1 AND kind = ?2 AND id = ?3",
                        params![key, kind.as_str(), id, body],
                    )?;
                }
            }
            access::reseal(tx, &sealed, &path)?;
            Ok(changed)
        })
        .await
    }

    async fn changes(&self, tenant: &TenantId, seq: u64, limit: usize) -> Result<Option<Vec<Change>>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Some(Vec::new())) };
            let oldest =
                tx.first("SELECT coalesce(min(seq), 0) FROM change", [], |row| row.get::<_, i64>(0))?;
            // The row after the last one that the caller knows is deleted.
            if oldest.map(unsigned).is_some_and(|oldest| seq.saturating_add(1) < oldest) {
                return Ok(None);
            }
            let changes = tx.all(
                "SELECT seq, kind, subject FROM change WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                params![key, signed(seq), count(limit)],
                |row| {
                    Ok(Change {
                        seq: unsigned(row.get(0)?),
                        kind: change_kind(row.get(1)?),
                        subject: row.get(2)?,
                    })
                },
            )?;
            Ok(Some(changes))
        })
        .await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.inner.changed.clone()
    }
}

/// Reads a document from its columns.
fn read(row: &Row<'_>) -> rusqlite::Result<Record> {
    let (edition, changed) = (unsigned(row.get(1)?), time(row.get(2)?));
    Ok(Record { id: row.get(0)?, edition, changed, body: row.get(3)? })
}

impl SqliteStore {
    /// Returns a document with its text.
    fn opened(&self, tenant: &TenantId, kind: RecordKind, mut record: Record) -> Result<Record> {
        if kind.is_sealed() {
            record.body = unseal(&self.inner.sealed, tenant.as_str(), kind, &record.id, &record.body)?;
        }
        Ok(record)
    }

    /// Returns the sealed documents that none of the keys opens.
    ///
    /// # Errors
    ///
    /// [`StoreError`], see [`StoreErrorKind`].
    pub async fn unopened(&self) -> Result<Vec<String>> {
        let sealed = std::sync::Arc::clone(&self.inner.sealed);
        self.read(move |tx| Ok(unopened(tx, &sealed)?.into_iter().map(|document| document.shown).collect()))
            .await
    }

    /// Removes the sealed documents that none of the keys opens, and returns them.
    ///
    /// # Errors
    ///
    /// [`StoreError`], see [`StoreErrorKind`].
    pub async fn forget_unopened(&self) -> Result<Vec<String>> {
        let sealed = std::sync::Arc::clone(&self.inner.sealed);
        self.write(move |tx| {
            let documents = unopened(tx, &sealed)?;
            for Unopened { tenant, kind, id, .. } in &documents {
                tx.run(
                    "DELETE FROM record WHERE tenant = ?1 AND kind = ?2 AND id = ?3",
                    params![tenant, kind.as_str(), id],
                )?;
                tx.change(*tenant, ChangeKind::Record, id)?;
            }
            Ok(documents.into_iter().map(|document| document.shown).collect())
        })
        .await
    }
}

/// A sealed document that none of the keys opens.
struct Unopened {
    tenant: i64,
    kind: RecordKind,
    id: String,
    /// Its kind, id and tenant, as text.
    shown: String,
}

fn unopened(tx: &Tx<'_>, sealed: &Sealed) -> Result<Vec<Unopened>> {
    let mut found = Vec::new();
    for kind in RecordKind::ALL.into_iter().filter(|kind| kind.is_sealed()) {
        for SealedRow { key, tenant, id, body } in sealed_rows(tx, kind)? {
            if unseal(sealed, &tenant, kind, &id, &body).is_err() {
                let shown = format!("the {} `{id}` of the tenant `{tenant}`", kind.as_str());
                found.push(Unopened { tenant: key, kind, id, shown });
            }
        }
    }
    Ok(found)
}

/// A sealed document in its table.
struct SealedRow {
    /// The key of the tenant.
    key: i64,
    tenant: String,
    id: String,
    body: Vec<u8>,
}

fn sealed_rows(tx: &Tx<'_>, kind: RecordKind) -> Result<Vec<SealedRow>> {
    tx.all(
        "SELECT tenant.key, tenant.id, record.id, body FROM record JOIN tenant ON tenant.key = record.tenant \
         WHERE kind = ?1",
        [kind.as_str()],
        |row| Ok(SealedRow { key: row.get(0)?, tenant: row.get(1)?, id: row.get(2)?, body: row.get(3)? }),
    )
}

/// Writes a document of an edition.
pub(super) fn put(
    tx: &Tx<'_>,
    tenant: i64,
    kind: RecordKind,
    id: &str,
    edition: u64,
    body: &[u8],
    now: i64,
) -> Result<u64> {
    let next = edition.saturating_add(1);
    let written = match edition {
        0 => tx.run(
            "INSERT INTO record (tenant, kind, id, edition, changed, body) VALUES (?1, ?2, ?3, 1, ?4, ?5) \
             ON CONFLICT DO NOTHING",
            params![tenant, kind.as_str(), id, now, body],
        )?,
        _ => tx.run(
            "UPDATE record SET edition = ?5, changed = ?6, body = ?7 \
             WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND edition = ?4",
            params![tenant, kind.as_str(), id, signed(edition), signed(next), now, body],
        )?,
    };
    if written == 0 {
        return Err(conflict(kind.as_str(), id));
    }
    // The states of the monitor change with every tick, and no page shows them.
    if kind != RecordKind::State {
        tx.change(tenant, ChangeKind::Record, id)?;
    }
    Ok(next)
}

/// The place of a sealed document: it opens for no other tenant, kind or id.
fn name(tenant: &str, kind: RecordKind, id: &str) -> RecordName {
    RecordName::new(
        tenant,
        "plume-server record 1",
        &[tenant.as_bytes(), kind.as_str().as_bytes(), id.as_bytes()],
    )
}

fn seal(sealed: &Sealed, tenant: &str, kind: RecordKind, id: &str, body: Vec<u8>) -> Result<Vec<u8>> {
    let name = name(tenant, kind, id);
    sealed.encode(&Place::new(&name, Kind::Record), body.into()).map_err(|error| unsealed(kind, id, &error))
}

fn unseal(sealed: &Sealed, tenant: &str, kind: RecordKind, id: &str, body: &[u8]) -> Result<Vec<u8>> {
    let name = name(tenant, kind, id);
    let opened = sealed.decode(&Place::new(&name, Kind::Record), body);
    opened.map(|text| text.to_vec()).map_err(|error| unsealed(kind, id, &error))
}

fn unsealed(kind: RecordKind, id: &str, error: &SealError) -> StoreError {
    StoreError::new(StoreErrorKind::Sealed, format!("the {} `{id}`: {error}", kind.as_str()))
}
