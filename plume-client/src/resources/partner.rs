//! Look-ups by the provider's keys, and groups.

use plume_types::{
    Count, Customer, Group, GroupId, List, NodeId, PartnerCustomerHit, PartnerId, PartnerLocation,
    PartnerNode,
};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations as op;
use crate::resources::rows::ROWS;
use crate::resources::string_enum::string_enum;

string_enum! {
    /// The field that [`Partner::search_customers`] searches.
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
    /// Returns a handle for look-ups by the provider's keys, and for groups.
    #[must_use]
    pub fn partner(&self) -> Partner {
        Partner { client: self.clone() }
    }
}

/// A handle for look-ups by the provider's keys, and for groups of customers. Made by [`Client::partner`].
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// use plume_client::{CustomerSearch, SearchField};
///
/// let search = CustomerSearch::exact(SearchField::AccountId, "ACCT-000123");
/// for hit in client.partner().search_customers(&search).await? {
///     println!("{}", hit.id);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Partner {
    pub(crate) client: Client,
}

impl Partner {
    /// Searches the provider's customers (`GET /partners/customers/search/{keyword}`).
    pub async fn search_customers(&self, search: &CustomerSearch) -> Result<List<PartnerCustomerHit>, Error> {
        self.client.list(search.call(), ROWS).await
    }

    /// Returns the number of a partner's customers (`GET /partners/{partnerId}/customers/count`).
    pub async fn customers_count(&self, partner: &PartnerId) -> Result<Option<u64>, Error> {
        let call = Call::new(&op::PARTNER_CUSTOMERS_COUNT).with("partnerId", partner.as_str());
        Ok(self.client.one::<Count>(call).await?.count)
    }

    /// Returns the 100 newest customers of a partner (`GET /partners/{partnerId}/customers/recent`).
    pub async fn recent_customers(&self, partner: &PartnerId) -> Result<List<Customer>, Error> {
        let call = Call::new(&op::PARTNER_CUSTOMERS_RECENT).with("partnerId", partner.as_str());
        self.client.list(call, ROWS).await
    }

    /// Returns the location with this id or contract key (`GET /partners/locations/{keyword}`).
    pub async fn location(&self, id_or_service_id: &str) -> Result<PartnerLocation, Error> {
        let call = Call::new(&op::PARTNER_LOCATION).with("keyword", id_or_service_id);
        self.client.wrapped(call, &["location", "data"]).await
    }

    /// Returns a node of the provider's inventory, with its customer if it is claimed (`GET /partners/nodes/{nodeId}`).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<PartnerNode, Error> {
        let call = Call::new(&op::PARTNER_NODE).with("nodeId", id.into().as_str());
        self.client.wrapped(call, &["data", "item", "result", "node"]).await
    }

    /// Returns a group (`GET /Groups/{groupId}`).
    pub async fn group(&self, id: impl Into<GroupId>) -> Result<Group, Error> {
        self.client.one(Call::new(&op::GROUP_GET).with("groupId", id.into().as_str())).await
    }
}

/// The search of [`Partner::search_customers`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CustomerSearch {
    /// The search text.
    pub keyword: String,
    /// The field to search.
    pub field: SearchField,
    /// Whether only exact matches count.
    pub exact: bool,
    /// Whether only matches at the beginning count.
    pub starts_with: bool,
    /// The maximum number of rows.
    pub limit: Option<u32>,
    /// The number of rows to skip.
    pub skip: Option<u32>,
}

impl CustomerSearch {
    /// Searches for exact matches.
    pub fn exact(field: SearchField, keyword: impl Into<String>) -> Self {
        Self { keyword: keyword.into(), field, exact: true, starts_with: true, limit: None, skip: None }
    }

    /// Searches for matches at the beginning.
    pub fn starting_with(field: SearchField, keyword: impl Into<String>) -> Self {
        Self { exact: false, ..Self::exact(field, keyword) }
    }

    /// Searches for matches anywhere.
    pub fn containing(field: SearchField, keyword: impl Into<String>) -> Self {
        Self { starts_with: false, ..Self::starting_with(field, keyword) }
    }

    /// Restricts the hits to the rows `skip` to `skip + limit`.
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
