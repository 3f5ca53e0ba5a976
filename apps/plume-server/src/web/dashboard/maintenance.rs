//! The maintenance windows of a tenant.

use crate::access::Role;
use crate::store::{
    Result, StoreError, StoreErrorKind,
    model::{Home, Record, RecordKind},
};
use crate::web::dashboard::visible::{SOMEONE, VisibleTenant};
use crate::worker::Maintenance;

/// Maximum number of windows of a tenant.
const MOST: usize = 500;

/// A stored window with the edition that was read.
#[derive(Debug, Clone)]
pub(in crate::web) struct StoredWindow {
    pub(in crate::web) id: String,
    pub(in crate::web) edition: u64,
    pub(in crate::web) window: Maintenance,
}

impl VisibleTenant {
    /// Returns the windows that cover a home, by their name. Those of a newer version are left out.
    pub(in crate::web) async fn windows_of(&self, home: &Home) -> Result<Vec<StoredWindow>> {
        let records = self.visible.dashboard.store().records(&self.id, RecordKind::Window).await?;
        let mut found: Vec<StoredWindow> = records.into_iter().filter_map(read).collect();
        found.retain(|stored| stored.window.covers_home(home));
        found.sort_by(|one, other| one.window.name.cmp(&other.window.name).then(one.id.cmp(&other.id)));
        Ok(found)
    }

    /// Adds a window.
    pub(in crate::web) async fn add_window(&self, id: &str, window: &Maintenance) -> Result<()> {
        self.visible.needs(Role::Operator)?;
        let store = self.visible.dashboard.store();
        if store.records(&self.id, RecordKind::Window).await?.len() >= MOST {
            let text = format!("there are {MOST} windows already");
            return Err(StoreError::new(StoreErrorKind::Refused, text));
        }
        let body = serde_json::to_vec(window)
            .map_err(|error| StoreError::new(StoreErrorKind::Refused, error.to_string()))?;
        let added = async { store.put_record(&self.id, RecordKind::Window, id, 0, body).await.map(drop) };
        self.visible.audited(self.event(SOMEONE, "add maintenance", id), added).await
    }

    /// Removes a window of an edition.
    pub(in crate::web) async fn remove_window(&self, id: &str, edition: u64) -> Result<()> {
        self.visible.needs(Role::Operator)?;
        let removed = self.visible.dashboard.store().remove_record(&self.id, RecordKind::Window, id, edition);
        self.visible.audited(self.event(SOMEONE, "remove maintenance", id), removed).await
    }
}

fn read(record: Record) -> Option<StoredWindow> {
    let window = serde_json::from_slice(&record.body).ok()?;
    Some(StoredWindow { id: record.id, edition: record.edition, window })
}
