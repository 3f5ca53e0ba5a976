//! Customers.

use plume_types::{AuditTrail, Customer, CustomerId, CustomerSearchHit, List, Location, Node, NodeId};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations::{self as op, Operation};
use crate::resources::filter::Filter;
use crate::resources::pages::{Listing, Pages};
use crate::resources::rows::ROWS;
use crate::resources::string_enum::string_enum;

string_enum! {
    /// The kind of key that [`Customers::search`] searches.
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
    /// Returns a handle of a customer. Sends no request.
    pub fn customer(&self, id: impl Into<CustomerId>) -> CustomerHandle {
        CustomerHandle { client: self.clone(), id: id.into() }
    }

    /// Returns all accessible customers. Sends no request.
    #[must_use]
    pub fn customers(&self) -> Customers {
        let (call, count) = (Call::new(&op::CUSTOMERS_LIST), Call::new(&op::CUSTOMERS_COUNT));
        Customers { client: self.clone(), listing: Listing::of_customers(self, call, count) }
    }
}

/// All accessible customers, or those that match a filter. Made by [`Client::customers`].
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// use plume_client::Filter;
///
/// let first = client.customers().list().await?;
/// let total = client.customers().count().await?;
/// let one = Filter::new().equals("accountId", "ACCT-000123").limit(1);
/// let found = client.customers().filter(one).list().await?;
/// # let _ = (first, total, found); Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Customers {
    pub(crate) client: Client,
    listing: Listing<Customer>,
}

impl Customers {
    /// Restricts, orders and cuts the list; all rows by default. It concerns [`list`](Self::list), [`count`](Self::count)
    /// and [`pages`](Self::pages).
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.listing = self.listing.filter(filter);
        self
    }

    /// Returns one page of the customers (`GET /Customers`), which is 500 rows without a limit.
    pub async fn list(&self) -> Result<List<Customer>, Error> {
        self.listing.list().await
    }

    /// Returns the number of customers that match the filter's conditions (`GET /Customers/count`).
    pub async fn count(&self) -> Result<Option<u64>, Error> {
        self.listing.count().await
    }

    /// Returns the customers to the end of the list, page by page (`GET /Customers`). The filter's limit is the page size,
    /// 500 by default, and its offset the start.
    pub fn pages(&self) -> Pages<Customer> {
        self.listing.pages()
    }

    /// Searches several kinds of keys at once (`GET /Customers/v2/search`): at most ten customers of each kind, with at
    /// most ten locations each. At least one kind is required.
    ///
    /// The parameter `searchEntities` is sent once per kind, which the API's parser (LoopBack) reads as a list.
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
            .fail_if(entities.is_empty(), "searchEntities", "no kind of key is named");
        self.client.list(call, ROWS).await
    }

    /// Returns the customer with this e-mail address (`GET /Customers/findByEmail/{email}`). It requires the role of an
    /// integration.
    pub async fn find_by_email(&self, email: &str) -> Result<Customer, Error> {
        self.client
            .wrapped(Call::new(&op::CUSTOMERS_BY_EMAIL).with("email", email), &["customer", "data"])
            .await
    }
}

/// A handle of a customer. Made by [`Client::customer`], which sends no request.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// let customer = client.customer("5f0000000000000000000001");
/// for location in customer.locations().await? {
///     println!("{}", location.id);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct CustomerHandle {
    pub(crate) client: Client,
    pub(crate) id: CustomerId,
}

impl CustomerHandle {
    /// Returns the customer's id.
    #[must_use]
    pub fn id(&self) -> &CustomerId {
        &self.id
    }

    pub(crate) fn call(&self, operation: &'static Operation) -> Call<'static> {
        Call::new(operation).with("id", self.id.as_str())
    }

    /// Returns the customer (`GET /Customers/{id}`).
    pub async fn get(&self) -> Result<Customer, Error> {
        self.client.one(self.call(&op::CUSTOMERS_GET)).await
    }

    /// Returns the customer's account (`GET /Customers/{id}/userInfo`).
    pub async fn user_info(&self) -> Result<Customer, Error> {
        self.client.one(self.call(&op::CUSTOMER_USER_INFO)).await
    }

    /// Returns the changes to the customer, with their authors (`GET /Customers/{id}/auditTrail`).
    pub async fn audit_trail(&self) -> Result<List<AuditTrail>, Error> {
        self.client.list(self.call(&op::CUSTOMER_AUDIT_TRAIL), ROWS).await
    }

    /// Returns the customer's locations (`GET /Customers/{id}/locations`). The list has no pages.
    pub async fn locations(&self) -> Result<List<Location>, Error> {
        self.client.list(self.call(&op::LOCATIONS_LIST), &["locations"]).await
    }

    /// Returns the customer's locations, each with its summary (`GET /Customers/{id}/locations?include=summary`).
    pub async fn locations_with_summary(&self) -> Result<List<Location>, Error> {
        let call = self.call(&op::LOCATIONS_LIST).with("include", "summary");
        self.client.list(call, &["locations"]).await
    }

    /// Returns a node of the customer, with its location's id (`GET /Customers/{id}/nodes/{nodeId}`).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        let call = self.call(&op::CUSTOMER_NODE).with("nodeId", id.into().as_str());
        self.client.wrapped(call, &["node"]).await
    }
}
