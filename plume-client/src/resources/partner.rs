//! Look-ups by the provider's own keys, and groups.

use plume_types::{
    Count, Customer, Group, GroupId, List, NodeId, PartnerCustomerHit, PartnerId, PartnerLocation,
    PartnerNode,
};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations as op;
use crate::resources::filter::Filter;
use crate::resources::rows::ROWS;
use crate::resources::words::words;

words! {
    /// Fields that [`Partner::search_customers`] looks in.
    pub enum SearchField {
        /// The provider's keys of customers.
        AccountId = "accountId",
        /// Ids of locations.
        LocationId = "locationId",
        /// Names.
        Name = "name",
        /// E-mail addresses.
        Email = "email",
    }
}

impl Client {
    /// Look-ups by the provider's own keys.
    #[must_use]
    pub fn partner(&self) -> Partner {
        Partner { client: self.clone() }
    }
}

/// Look-ups by the provider's own keys, and groups of customers. Made by [`Client::partner`].
#[derive(Debug, Clone)]
pub struct Partner {
    pub(crate) client: Client,
}

impl Partner {
    /// Searches the provider's customers (`GET /partners/customers/search/{keyword}`).
    pub async fn search_customers(&self, search: &CustomerSearch) -> Result<List<PartnerCustomerHit>, Error> {
        self.client.list(search.call(), ROWS).await
    }

    /// How many customers a partner has (`GET /partners/{partnerId}/customers/count`).
    pub async fn customers_count(&self, partner: &PartnerId) -> Result<Option<u64>, Error> {
        let call = Call::new(&op::PARTNER_CUSTOMERS_COUNT).with("partnerId", partner.as_str());
        Ok(self.client.one::<Count>(call).await?.count)
    }

    /// The 100 newest customers of a partner (`GET /partners/{partnerId}/customers/recent`).
    pub async fn recent_customers(&self, partner: &PartnerId) -> Result<List<Customer>, Error> {
        let call = Call::new(&op::PARTNER_CUSTOMERS_RECENT).with("partnerId", partner.as_str());
        self.client.list(call, ROWS).await
    }

    /// The location with this id or contract key (`GET /partners/locations/{keyword}`).
    pub async fn location(&self, id_or_service_id: &str) -> Result<PartnerLocation, Error> {
        let call = Call::new(&op::PARTNER_LOCATION).with("keyword", id_or_service_id);
        self.client.wrapped(call, &["location", "data"]).await
    }

    /// A node of the provider's inventory, with its owner if it is claimed (`GET /partners/nodes/{nodeId}`).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<PartnerNode, Error> {
        let call = Call::new(&op::PARTNER_NODE).with("nodeId", id.into().as_str());
        self.client.wrapped(call, &["data", "item", "result", "node"]).await
    }

    /// One page of the groups (`GET /Groups`), 500 without a limit.
    pub async fn groups(&self, filter: &Filter) -> Result<List<Group>, Error> {
        self.client.list(Call::new(&op::GROUPS_LIST).with("filter", filter.query()), ROWS).await
    }

    /// How many groups there are (`GET /Groups/count`). Only the filter's conditions count.
    pub async fn groups_count(&self, filter: &Filter) -> Result<Option<u64>, Error> {
        let call = Call::new(&op::GROUPS_COUNT).with("where", filter.conditions());
        Ok(self.client.one::<Count>(call).await?.count)
    }

    /// One group (`GET /Groups/{groupId}`).
    pub async fn group(&self, id: impl Into<GroupId>) -> Result<Group, Error> {
        self.client.one(Call::new(&op::GROUP_GET).with("groupId", id.into().as_str())).await
    }

    /// One page of a group's customers (`GET /Groups/{groupId}/customers`), 500 without a limit. The partner's
    /// own id works as a group's.
    pub async fn group_customers(
        &self,
        group: impl Into<GroupId>,
        filter: &Filter,
    ) -> Result<List<Customer>, Error> {
        let call = Call::new(&op::GROUP_CUSTOMERS)
            .with("groupId", group.into().as_str())
            .with("filter", filter.query());
        self.client.list(call, ROWS).await
    }

    /// How many customers a group has (`GET /Groups/{groupId}/customers/count`).
    pub async fn group_customers_count(&self, group: impl Into<GroupId>) -> Result<Option<u64>, Error> {
        let call = Call::new(&op::GROUP_CUSTOMERS_COUNT).with("groupId", group.into().as_str());
        Ok(self.client.one::<Count>(call).await?.count)
    }
}

/// What [`Partner::search_customers`] looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerSearch {
    /// The text.
    pub keyword: String,
    /// Where to look.
    pub field: SearchField,
    /// Only exact matches.
    pub exact: bool,
    /// Only matches at the beginning.
    pub starts_with: bool,
    /// At most this many rows.
    pub limit: Option<u32>,
    /// Without the first rows.
    pub skip: Option<u32>,
}

impl CustomerSearch {
    /// Looks for an exact match.
    pub fn exact(field: SearchField, keyword: impl Into<String>) -> Self {
        Self { keyword: keyword.into(), field, exact: true, starts_with: true, limit: None, skip: None }
    }

    /// Looks for a match at the beginning.
    pub fn starting_with(field: SearchField, keyword: impl Into<String>) -> Self {
        Self { exact: false, ..Self::exact(field, keyword) }
    }

    /// Looks for a match anywhere.
    pub fn containing(field: SearchField, keyword: impl Into<String>) -> Self {
        Self { starts_with: false, ..Self::starting_with(field, keyword) }
    }

    /// Rows `skip` to `skip + limit`.
    #[must_use]
    pub fn page(mut self, skip: u32, limit: u32) -> Self {
        self.skip = Some(skip);
        self.limit = Some(limit);
        self
    }

    pub(crate) fn call(&self) -> Call<'static> {
        Call::new(&op::PARTNER_CUSTOMERS_SEARCH)
            .with("keyword", self.keyword.as_str())
            .with("field", self.field)
            .with("exactMatch", self.exact)
            .with("startsWith", self.starts_with)
            .with("limit", self.limit)
            .with("skip", self.skip)
    }
}
