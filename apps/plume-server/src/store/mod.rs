//! The store: tenants, homes, samples, incidents, messages and documents.
//!
//! [`Store`] has the operations, [`model`] their data. [`SqliteStore`] keeps them in one file.

mod blocks;
mod error;
pub mod model;
mod sqlite;
mod traits;

pub use error::{Result, StoreError, StoreErrorKind};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use traits::{
    CheckStore, HistoryStore, HomeStore, IncidentStore, OutboxStore, Pruned, RecordStore, Retention, Store,
    Upkeep,
};
