//! The store in memory.

use std::sync::Arc;

use plume::runtime::{Clock, ManualClock};
use plume_server::store::{MemoryStore, Store};

use crate::contract::*;
use crate::sqlite::manual_clock;

struct MemoryBed {
    store: MemoryStore,
    clock: ManualClock,
}

fn bed() -> MemoryBed {
    let clock = manual_clock();
    MemoryBed { store: MemoryStore::new(Arc::new(clock.clone())), clock }
}

#[async_trait::async_trait]
impl Bed for MemoryBed {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.wall()
    }

    async fn pass(&self, time: std::time::Duration) {
        self.clock.advance(time);
    }
}

contract!(bed());
