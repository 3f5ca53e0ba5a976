//! The store: tenants, homes, samples, incidents, messages and documents.
//!
//! [`Store`] has the operations, [`model`] their data. [`SqliteStore`] keeps them in one file, [`MemoryStore`] in memory.

mod blocks;
mod error;
mod memory;
pub mod model;
mod sqlite;
mod traits;

pub use error::{Result, StoreError, StoreErrorKind};
pub use memory::MemoryStore;
pub(crate) use sqlite::replace;
pub use sqlite::{SqliteOptions, SqliteStore, StoreObserver, StoreWork};
pub use traits::{
    AuditStore, ChannelStore, CheckStore, FigureStore, FullDisk, HistoryStore, HomeStore, IncidentStore,
    OutboxStore, PassStore, Progress, RecordStore, Retention, Store, Upkeep, UptimeStore,
};
