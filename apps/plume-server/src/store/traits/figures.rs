//! Numbers for operators.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::store::error::Result;
use crate::store::model::Figures;

/// Counts.
#[async_trait]
pub trait FigureStore: Send + Sync {
    /// Returns the numbers of the whole store. The cost grows with the tenants, the open incidents and the messages that wait,
    /// and not with the homes.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures>;
}
