//! Sessions, tokens and accounts, suspended tenants, and the audit.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::access::Tenants;
use crate::access::audit::{AuditEvent, AuditRow, Broken, Chain, Walk};
use crate::store::error::Result;
use crate::store::memory::MemoryStore;
use crate::store::model::{AuditQuery, Pass, PassCursor, PassKind};
use crate::store::traits::{AuditStore, PassStore};

#[async_trait]
impl PassStore for MemoryStore {
    async fn put_pass(&self, kind: PassKind, pass: Pass) -> Result<()> {
        self.write(|state| {
            state.passes.insert((kind, pass.id.clone()), pass);
            Ok(())
        })
    }

    async fn change_pass(&self, kind: PassKind, pass: Pass) -> Result<bool> {
        self.write(|state| match state.passes.get_mut(&(kind, pass.id.clone())) {
            Some(found) => {
                *found = pass;
                Ok(true)
            }
            None => Ok(false),
        })
    }

    async fn pass(&self, kind: PassKind, id: &str) -> Result<Option<Pass>> {
        Ok(self.read(|state| state.passes.get(&(kind, id.to_owned())).cloned()))
    }

    async fn passes_after(
        &self,
        kind: PassKind,
        after: Option<PassCursor>,
        limit: usize,
    ) -> Result<Vec<Pass>> {
        let is_after = |pass: &Pass| {
            after.as_ref().is_none_or(|PassCursor { seen, id }| {
                pass.seen < *seen || pass.seen == *seen && pass.id > *id
            })
        };
        Ok(self.read(|state| {
            let of_kind = state.passes.iter().filter(|((own, _), pass)| *own == kind && is_after(pass));
            let mut passes: Vec<Pass> = of_kind.map(|(_, pass)| pass.clone()).collect();
            passes.sort_by_key(|pass| std::cmp::Reverse(pass.seen));
            passes.truncate(limit);
            passes
        }))
    }

    async fn passes_by_id(&self, kind: PassKind, after: &str, limit: usize) -> Result<Vec<Pass>> {
        let is_after = |(own, id): &(PassKind, String)| *own == kind && id.as_str() > after;
        Ok(self.read(|state| {
            let found = state.passes.iter().filter(|(key, _)| is_after(key));
            found.take(limit).map(|(_, pass)| pass.clone()).collect()
        }))
    }

    async fn use_pass(&self, kind: PassKind, id: &str, at: DateTime<Utc>) -> Result<()> {
        self.write(|state| {
            if let Some(pass) = state.passes.get_mut(&(kind, id.to_owned())) {
                pass.seen = at;
            }
            Ok(())
        })
    }

    async fn remove_pass(&self, kind: PassKind, id: &str) -> Result<bool> {
        self.write(|state| Ok(state.passes.remove(&(kind, id.to_owned())).is_some()))
    }

    async fn end_passes(&self, now: DateTime<Utc>) -> Result<()> {
        self.write(|state| {
            state.passes.retain(|_, pass| pass.ends.is_none_or(|ends| ends > now));
            Ok(())
        })
    }

    async fn suspend(&self, tenant: &TenantId, is_suspended: bool) -> Result<()> {
        self.write(|state| {
            state.check_tenant(tenant)?;
            match is_suspended {
                true => state.suspended.insert(tenant.clone()),
                false => state.suspended.remove(tenant),
            };
            Ok(())
        })
    }

    async fn suspended(&self) -> Result<BTreeSet<TenantId>> {
        Ok(self.read(|state| state.suspended.clone()))
    }
}

#[async_trait]
impl AuditStore for MemoryStore {
    async fn audit(&self, event: AuditEvent) -> Result<u64> {
        let at = self.clock.wall();
        self.write(|state| {
            let chain = state.chain.get_or_insert_with(|| Chain::new([7; 32]));
            let row = AuditRow { number: chain.count().saturating_add(1), at, event };
            let (number, mac) = (row.number, chain.add(&row));
            state.audit.push((row, mac));
            Ok(number)
        })
    }

    async fn audit_rows(&self, query: AuditQuery) -> Result<Vec<AuditRow>> {
        let AuditQuery { tenants, text, before, limit } = query;
        let is_visible = |row: &AuditRow| match (&tenants, &row.event.tenant) {
            (Tenants::All, _) => true,
            (tenants, Some(tenant)) => tenants.has(tenant),
            (_, None) => false,
        };
        let has_text = |row: &AuditRow| {
            let AuditEvent { who, action, subject, .. } = &row.event;
            let all = format!("{who} {action} {subject}").to_lowercase();
            text.as_ref().is_none_or(|text| all.contains(&text.to_lowercase()))
        };
        Ok(self.read(|state| {
            let rows = state.audit.iter().rev().map(|(row, _)| row);
            let found = rows.filter(|row| before.is_none_or(|before| row.number < before));
            found.filter(|row| is_visible(row) && has_text(row)).take(limit).cloned().collect()
        }))
    }

    async fn prune_audit(&self, before: DateTime<Utc>, most: u64) -> Result<usize> {
        self.write(|state| {
            let Some(head) = &mut state.chain else { return Ok(0) };
            let extra = head.count().saturating_sub(most);
            let is_old = |row: &AuditRow| row.at < before || row.number <= extra;
            let old = state.audit.iter().take_while(|(row, _)| is_old(row)).count();
            if let Some((row, mac)) = state.audit.drain(..old).next_back() {
                head.remove_to(row.number, mac);
            }
            Ok(old)
        })
    }

    async fn check_audit(&self) -> Result<std::result::Result<u64, Broken>> {
        Ok(self.read(|state| {
            let Some(head) = &state.chain else { return Ok(0) };
            let mut walk = Walk::new(head);
            for (row, mac) in &state.audit {
                walk.step(row, mac)?;
            }
            walk.end()
        }))
    }
}
