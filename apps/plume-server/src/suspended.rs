//! The suspended tenants, which every part of a run watches.

use std::collections::BTreeSet;

use plume::monitor::ids::TenantId;
use tokio::sync::watch;

/// The suspended tenants. Clones share them.
#[derive(Debug, Clone)]
pub struct Suspended(watch::Sender<BTreeSet<TenantId>>);

impl Default for Suspended {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }
}

impl Suspended {
    /// Replaces the tenants.
    pub fn replace(&self, tenants: BTreeSet<TenantId>) {
        self.0.send_if_modified(|old| {
            let is_changed = *old != tenants;
            *old = tenants;
            is_changed
        });
    }

    /// Returns the tenants.
    #[must_use]
    pub fn all(&self) -> BTreeSet<TenantId> {
        self.0.borrow().clone()
    }

    /// Returns whether a tenant is suspended.
    #[must_use]
    pub fn has(&self, tenant: &TenantId) -> bool {
        self.0.borrow().contains(tenant)
    }

    /// Waits until a tenant is suspended.
    pub async fn when(&self, tenant: &TenantId) {
        let mut watch = self.0.subscribe();
        // The sender is in `self`, so it is not gone.
        let _ = watch.wait_for(|tenants| tenants.contains(tenant)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_of_a_tenant_sees_its_suspension() {
        let (suspended, north) = (Suspended::default(), TenantId::new("north"));
        let work = suspended.clone();
        suspended.replace([TenantId::new("south")].into());
        assert!(!work.has(&north));
        let waits = async { work.when(&north).await };
        let suspends = async { suspended.replace([TenantId::new("north")].into()) };
        tokio::join!(waits, suspends);
        assert_eq!(work.all(), [north].into());
    }
}
