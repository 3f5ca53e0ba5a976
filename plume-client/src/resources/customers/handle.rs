//! Customers.

use plume_types::{AuditTrail, Count, Customer, CustomerId, CustomerSearchHit, List, Location, Node, NodeId};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations::{self as op, Operation};
use crate::resources::filter::Filter;
use crate::resources::rows::ROWS;
use crate::resources::words::words;

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

impl Client {
    /// One customer. Nothing is sent yet.
    pub fn customer(&self, id: impl Into<CustomerId>) -> CustomerHandle {
        CustomerHandle { client: self.clone(), id: id.into() }
    }

    /// All customers this client may see.
    #[must_use]
    pub fn customers(&self) -> Customers {
        Customers { client: self.clone() }
    }
}

/// All customers this client may see. Made by [`Client::customers`].
#[derive(Debug, Clone)]
pub struct Customers {
    pub(crate) client: Client,
}

impl Customers {
    /// One page of the customers (`GET /Customers`).
    pub async fn list(&self, filter: &Filter) -> Result<List<Customer>, Error> {
        self.client.list(Call::new(&op::CUSTOMERS_LIST).with("filter", filter.query()), ROWS).await
    }

    /// How many customers there are (`GET /Customers/count`). Only the filter's conditions count.
    pub async fn count(&self, filter: &Filter) -> Result<Option<u64>, Error> {
        let call = Call::new(&op::CUSTOMERS_COUNT).with("where", filter.conditions());
        Ok(self.client.one::<Count>(call).await?.count)
    }

    /// Searches in several kinds of keys at once (`GET /Customers/v2/search`): at most ten customers of each
    /// kind, with at most ten locations each. At least one kind must be named.
    ///
    /// The kinds are sent as `searchEntities` several times, which the API's parser (LoopBack) reads as a list. Whether the
    /// cloud takes another form is not known.
    pub async fn search(
        &self,
        text: &str,
        entities: &[SearchEntity],
        exact: bool,
    ) -> Result<List<CustomerSearchHit>, Error> {
        let kinds: Vec<&str> = entities.iter().map(|entity| entity.as_str()).collect();
        let call = Call::new(&op::CUSTOMERS_SEARCH)
            .with("searchString", text)
            .with("exactMatch", exact)
            .with("searchEntities", kinds)
            .fail_if(entities.is_empty(), "searchEntities", "names no kind of key");
        self.client.list(call, ROWS).await
    }

    /// The customer with this e-mail address (`GET /Customers/findByEmail/{email}`), for clients with the role of an
    /// integration.
    pub async fn find_by_email(&self, email: &str) -> Result<Customer, Error> {
        self.client
            .wrapped(Call::new(&op::CUSTOMERS_BY_EMAIL).with("email", email), &["customer", "data"])
            .await
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

    pub(crate) fn call(&self, operation: &'static Operation) -> Call<'static> {
        Call::new(operation).with("id", self.id.as_str())
    }

    /// The customer (`GET /Customers/{id}`).
    pub async fn get(&self) -> Result<Customer, Error> {
        self.client.one(self.call(&op::CUSTOMERS_GET)).await
    }

    /// The customer's account (`GET /Customers/{id}/userInfo`).
    pub async fn user_info(&self) -> Result<Customer, Error> {
        self.client.one(self.call(&op::CUSTOMER_USER_INFO)).await
    }

    /// Who changed what of the customer (`GET /Customers/{id}/auditTrail`).
    pub async fn audit_trail(&self) -> Result<List<AuditTrail>, Error> {
        self.client.list(self.call(&op::CUSTOMER_AUDIT_TRAIL), ROWS).await
    }

    /// The customer's locations (`GET /Customers/{id}/locations`). This list does not page.
    pub async fn locations(&self) -> Result<List<Location>, Error> {
        self.client.list(self.call(&op::LOCATIONS_LIST), &["locations"]).await
    }

    /// The customer's locations, each with its summary (`GET /Customers/{id}/locations?include=summary`).
    pub async fn locations_with_summary(&self) -> Result<List<Location>, Error> {
        let call = self.call(&op::LOCATIONS_LIST).with("include", "summary");
        self.client.list(call, &["locations"]).await
    }

    /// A node of the customer, with its location's id (`GET /Customers/{id}/nodes/{nodeId}`).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        let call = self.call(&op::CUSTOMER_NODE).with("nodeId", id.into().as_str());
        self.client.wrapped(call, &["node"]).await
    }
}
