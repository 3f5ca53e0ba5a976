//! Customers, and the look-ups that lead to them.

use plume_types::{
    Count, Customer, CustomerId, CustomerSearchHit, GroupId, List, Location, LocationId, Node, NodeId,
    PartnerCustomerHit, PartnerLocation, PartnerNode,
};

use crate::{Client, Error, Filter, LocationHandle, call::Call, operation as op};

/// Names that wrap the rows of searches in some clouds.
const ROWS: &[&str] = &["data", "items", "results"];

/// All customers this client may see. Made by [`Client::customers`].
#[derive(Debug, Clone)]
pub struct Customers {
    pub(crate) client: Client,
}

impl Customers {
    /// One page of the customers (`GET /Customers`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self, filter: &Filter) -> Result<List<Customer>, Error> {
        let call = Call::new(&op::CUSTOMERS_LIST, &[])?.query_opt("filter", filter.query());
        self.client.list(call, ROWS).await
    }

    /// How many customers there are (`GET /Customers/count`). Only the filter's conditions count.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn count(&self, filter: &Filter) -> Result<Option<u64>, Error> {
        let call = Call::new(&op::CUSTOMERS_COUNT, &[])?.query_opt("where", filter.conditions());
        Ok(self.client.one::<Count>(call).await?.count)
    }

    /// Searches in several kinds of keys at once (`GET /Customers/v2/search`): at most ten customers of each
    /// kind, with at most ten locations each. At least one kind must be named.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn search(
        &self,
        text: &str,
        entities: &[SearchEntity],
        exact: bool,
    ) -> Result<List<CustomerSearchHit>, Error> {
        if entities.is_empty() {
            return Err(Error::argument(&op::CUSTOMERS_SEARCH, "searchEntities", "names no kind of key"));
        }
        let mut call = Call::new(&op::CUSTOMERS_SEARCH, &[])?
            .query("searchString", text)
            .query("exactMatch", exact.to_string());
        for entity in entities {
            call = call.query("searchEntities", entity.as_str());
        }
        self.client.list(call, ROWS).await
    }
}

macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $word:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $( $(#[$vmeta])* $variant, )+ }

        impl $name {
            /// The API's word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Kinds of keys that [`Customers::search`] looks in.
    pub enum SearchEntity {
        /// Serial numbers of nodes.
        NodeId = "nodeId",
        /// Ids of locations.
        LocationId = "locationId",
        /// Ids of customers.
        CustomerId = "customerId",
        /// Names.
        Name = "name",
        /// E-mail addresses.
        Email = "email",
        /// The provider's keys of customers.
        AccountId = "accountId",
        /// The provider's contract keys of locations.
        ServiceId = "serviceId",
    }
}

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

/// Look-ups by the provider's own keys. Made by [`Client::partner`].
#[derive(Debug, Clone)]
pub struct Partner {
    pub(crate) client: Client,
}

impl Partner {
    /// Searches the provider's customers (`GET /partners/customers/search/{keyword}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn search_customers(&self, search: &CustomerSearch) -> Result<List<PartnerCustomerHit>, Error> {
        let call = Call::new(&op::PARTNER_CUSTOMERS_SEARCH, &[&search.keyword])?
            .query("field", search.field.as_str())
            .query("exactMatch", search.exact.to_string())
            .query("startsWith", search.starts_with.to_string())
            .query_opt("limit", search.limit)
            .query_opt("skip", search.skip);
        self.client.list(call, ROWS).await
    }

    /// The location with this id or contract key (`GET /partners/locations/{keyword}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn location(&self, id_or_service_id: &str) -> Result<PartnerLocation, Error> {
        self.client
            .wrapped(Call::new(&op::PARTNER_LOCATION, &[id_or_service_id])?, &["location", "data"])
            .await
    }

    /// A node of the provider's inventory, with its owner if it is claimed (`GET /partners/nodes/{nodeId}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<PartnerNode, Error> {
        let id = id.into();
        let call = Call::new(&op::PARTNER_NODE, &[id.as_str()])?;
        self.client.wrapped(call, &["data", "item", "result", "node"]).await
    }

    /// One page of a group's customers (`GET /Groups/{id}/customers`), 500 without a limit. The partner's own
    /// id works as a group's.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn group_customers(
        &self,
        group: impl Into<GroupId>,
        filter: &Filter,
    ) -> Result<List<Customer>, Error> {
        let group = group.into();
        let call = Call::new(&op::GROUP_CUSTOMERS, &[group.as_str()])?.query_opt("filter", filter.query());
        self.client.list(call, ROWS).await
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
}

/// One customer. Made by [`Client::customer`]; nothing is sent before a method is called.
#[derive(Debug, Clone)]
pub struct CustomerHandle {
    pub(crate) client: Client,
    pub(crate) id: CustomerId,
}

impl CustomerHandle {
    /// The customer's id.
    #[must_use]
    pub fn id(&self) -> &CustomerId {
        &self.id
    }

    /// The customer (`GET /Customers/{id}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; an unknown customer is [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
    pub async fn get(&self) -> Result<Customer, Error> {
        self.client.one(Call::new(&op::CUSTOMERS_GET, &[self.id.as_str()])?).await
    }

    /// The customer's locations (`GET /Customers/{id}/locations`). This list does not page.
    ///
    /// # Errors
    ///
    /// [`Error`]; an unknown customer is [`ErrorKind::NotFound`](crate::ErrorKind::NotFound).
    pub async fn locations(&self) -> Result<List<Location>, Error> {
        self.client.list(Call::new(&op::LOCATIONS_LIST, &[self.id.as_str()])?, &["locations"]).await
    }

    /// A node of the customer, with its location's id (`GET /Customers/{id}/nodes/{nodeId}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        let id = id.into();
        let call = Call::new(&op::CUSTOMER_NODE, &[self.id.as_str(), id.as_str()])?;
        self.client.wrapped(call, &["node"]).await
    }

    /// One location of the customer. Nothing is sent yet.
    pub fn location(&self, id: impl Into<LocationId>) -> LocationHandle {
        LocationHandle { client: self.client.clone(), customer: self.id.clone(), id: id.into() }
    }
}
