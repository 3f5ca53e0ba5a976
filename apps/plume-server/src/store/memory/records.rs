//! Documents and changes.

use async_trait::async_trait;
use plume::monitor::ids::TenantId;
use tokio::sync::watch;

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, conflict};
use crate::store::model::{Change, ChangeKind, Record, RecordKind};
use crate::store::traits::RecordStore;

#[async_trait]
impl RecordStore for MemoryStore {
    async fn records(&self, tenant: &TenantId, kind: RecordKind) -> Result<Vec<Record>> {
        Ok(self.read(|state| {
            let own =
                state.records.iter().filter(|((owner, own, _), _)| owner == tenant && *own == kind.as_str());
            own.map(|(_, record)| record.clone()).collect()
        }))
    }

    async fn record(&self, tenant: &TenantId, kind: RecordKind, id: &str) -> Result<Option<Record>> {
        let key = (tenant.clone(), kind.as_str(), id.to_owned());
        Ok(self.read(|state| state.records.get(&key).cloned()))
    }

    async fn each_record(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
    ) -> Result<Vec<(String, Result<Record>)>> {
        let records = self.records(tenant, kind).await?;
        Ok(records.into_iter().map(|record| (record.id.clone(), Ok(record))).collect())
    }

    async fn put_record(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        id: &str,
        edition: u64,
        body: Vec<u8>,
    ) -> Result<u64> {
        let now = self.clock.wall();
        self.write(|state| {
            state.check_tenant(tenant)?;
            state.put(tenant, kind, id, edition, body, now)
        })
    }

    async fn remove_record(&self, tenant: &TenantId, kind: RecordKind, id: &str, edition: u64) -> Result<()> {
        self.write(|state| {
            state.check_tenant(tenant)?;
            let key = (tenant.clone(), kind.as_str(), id.to_owned());
            if state.records.get(&key).is_none_or(|record| record.edition != edition) {
                return Err(conflict(kind.as_str(), id));
            }
            state.records.remove(&key);
            state.change(tenant, ChangeKind::Record, id);
            Ok(())
        })
    }

    async fn reseal(&self) -> Result<usize> {
        // Nothing is sealed in memory; the number is that of the documents that a file would seal.
        let sealed =
            |kind: &str| RecordKind::ALL.iter().any(|known| known.as_str() == kind && known.is_sealed());
        Ok(self.read(|state| state.records.keys().filter(|(_, kind, _)| sealed(kind)).count()))
    }

    async fn changes(&self, tenant: &TenantId, seq: u64, limit: usize) -> Result<Option<Vec<Change>>> {
        Ok(self.read(|state| {
            if state.changes.first().is_some_and(|(_, oldest)| seq.saturating_add(1) < oldest.seq) {
                return None;
            }
            let own = state.changes.iter().filter(|(owner, change)| owner == tenant && change.seq > seq);
            Some(own.map(|(_, change)| change.clone()).take(limit).collect())
        }))
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
