//! Operations on tenants and homes.

use std::sync::Arc;

use async_trait::async_trait;
use plume::monitor::ids::{HomeId, TenantId};

use crate::store::error::Result;
use crate::store::model::{
    Announcer, Cursor, Home, HomeQuery, NewHome, Page, RouteNames, StatusCounts, Tenant,
};

/// Adds, finds and removes tenants and homes.
#[async_trait]
pub trait HomeStore: Send + Sync {
    /// Adds a tenant, or changes its name.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn put_tenant(&self, tenant: Tenant) -> Result<()>;

    /// Returns all tenants by their id.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn tenants(&self) -> Result<Vec<Tenant>>;

    /// Returns the names of a tenant that routes refer to. No key is needed.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn route_names(&self, tenant: &TenantId) -> Result<RouteNames>;

    /// Adds homes. For a home that exists, the names, region and tags are replaced, and its state is kept. Returns the
    /// number of added homes.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Missing`](crate::store::StoreErrorKind::Missing) for an unknown tenant, and
    /// [`StoreErrorKind::Conflict`](crate::store::StoreErrorKind::Conflict) for a home of another tenant.
    async fn put_homes(&self, homes: Vec<NewHome>) -> Result<usize>;

    /// Removes a home with its history. Its open incidents are closed, and the messages about that are part of it. Its name is
    /// kept as a document of the kind [`RecordKind::Removed`](crate::store::model::RecordKind::Removed).
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Missing`](crate::store::StoreErrorKind::Missing) for an unknown home.
    async fn remove_home(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<()>;

    /// Returns a home.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn home(&self, tenant: &TenantId, home: &HomeId) -> Result<Option<Home>>;

    /// Returns those of these homes that exist, in any order.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn homes_of(&self, tenant: &TenantId, ids: Vec<HomeId>) -> Result<Vec<Home>>;

    /// Returns a part of the list of homes: the worst status first, then by name.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn homes(&self, tenant: &TenantId, query: HomeQuery) -> Result<Page<Home, Cursor>>;

    /// Returns the number of homes by status. The cost does not depend on the number.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn counts(&self, tenant: &TenantId) -> Result<StatusCounts>;
}
