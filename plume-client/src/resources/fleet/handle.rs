//! A partner's or group's fleet, and the streams over it.

use futures_util::{
    FutureExt,
    future::{BoxFuture, join},
};
use plume_types::{Count, Customer, Device, GroupId, Location, LocationSnapshot, Node};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations::{self as op, Operation};
use crate::resources::fleet::cost::FleetCost;
use crate::resources::fleet::stream::FleetStream;
use crate::resources::fleet::walk::{Found, Visit, Walk};
use crate::resources::location::LocationHandle;
use crate::resources::lookup::{FoundItem, NamePattern};
use crate::resources::pages::{Continuation, Listing, Pages};

/// The default of [`Fleet::concurrency`].
const CONCURRENCY: usize = 8;
const MAX_CONCURRENCY: usize = 64;
/// The calls that a snapshot makes at the same time.
const SNAPSHOT_CALLS: usize = 4;
/// The calls of a search in a home.
const FIND_CALLS: usize = 2;

impl Client {
    /// Returns the fleet of the client's partner: the homes of all its customers.
    ///
    /// The partner id comes from the [`Settings`](crate::Settings) or from
    /// [`ClientBuilder::partner_id`](crate::ClientBuilder::partner_id). Without one, the first item of each stream is an
    /// error of the kind [`ErrorKind::Settings`](crate::ErrorKind::Settings).
    pub fn fleet(&self) -> Fleet {
        Fleet::new(self, self.partner_id().map(|partner| GroupId::from(partner.as_str())))
    }

    /// Returns the fleet of a group: the homes of all its customers. A partner's id also works as a group's.
    pub fn fleet_of(&self, group: impl Into<GroupId>) -> Fleet {
        Fleet::new(self, Some(group.into()))
    }
}

/// The homes of all customers of a partner or group. Made by [`Client::fleet`] and [`Client::fleet_of`].
///
/// The API has no list of locations or nodes of a partner. The streams read the customers page by page, and make the
/// calls of several customers at the same time. Items come in the order of the list of customers.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// let mut nodes = client.fleet().concurrency(16).nodes();
/// while let Some(node) = nodes.next().await {
///     match node {
///         Ok(node) => println!("{} {}: {}", node.customer_id, node.location_id, node.value.display_name()),
///         Err(failure) if failure.ended => return Err(failure.into()),
///         Err(failure) => eprintln!("{failure}"),
///     }
/// }
/// println!("{}", nodes.progress());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before a stream is polled"]
pub struct Fleet {
    client: Client,
    group: Option<GroupId>,
    concurrency: usize,
    from: Option<Continuation>,
}

impl Fleet {
    fn new(client: &Client, group: Option<GroupId>) -> Self {
        Self { client: client.clone(), group, concurrency: CONCURRENCY, from: None }
    }

    /// Sets the maximum number of calls in flight, in addition to those of the list of customers: 8 by default, at most
    /// 64. The call limit holds in any case.
    ///
    /// A snapshot counts as four calls. Below four, one snapshot is taken at a time.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Continues an earlier stream over the same fleet, with any kind of item.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the continuation belongs to another fleet, and
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings) without a partner id.
    pub fn resume(mut self, continuation: &Continuation) -> Result<Self, Error> {
        self.call(&op::GROUP_CUSTOMERS).target()?;
        let _ = self.customers().resume(continuation)?;
        self.from = Some(continuation.clone());
        Ok(self)
    }

    /// Returns the number of customers, if the API reports one.
    pub async fn customer_count(&self) -> Result<Option<u64>, Error> {
        Ok(self.client.one::<Count>(self.call(&op::GROUP_CUSTOMERS_COUNT)).await?.count)
    }

    /// Returns the customers, page by page.
    pub fn customers(&self) -> Pages<Customer> {
        let count = self.call(&op::GROUP_CUSTOMERS_COUNT);
        Listing::of_customers(&self.client, self.call(&op::GROUP_CUSTOMERS), count).pages()
    }

    /// Returns a stream of all locations. One call per customer.
    pub fn locations(&self) -> FleetStream<Location> {
        self.stream(1, |_, location| async { Found { items: vec![location], ..Found::new() } }.boxed())
    }

    /// Returns a stream of all nodes: gateways and pods. One call per customer and one per location.
    pub fn nodes(&self) -> FleetStream<Node> {
        self.stream(1, |home, _| async move { Found::new().with(home.nodes().await, Some) }.boxed())
    }

    /// Returns a stream of all devices. One call per customer and one per location.
    pub fn devices(&self) -> FleetStream<Device> {
        self.stream(1, |home, _| async move { Found::new().with(home.devices().await, Some) }.boxed())
    }

    /// Returns a stream of [snapshots](crate::LocationHandle::snapshot) of all locations: what a health analysis needs.
    /// One call per customer and usually four per location.
    pub fn snapshots(&self) -> FleetStream<LocationSnapshot> {
        self.stream(SNAPSHOT_CALLS, |home, _| {
            async move {
                match home.snapshot().await {
                    Ok(snapshot) => Found { items: vec![snapshot], ..Found::new() },
                    Err(error) => Found::failed(error),
                }
            }
            .boxed()
        })
    }

    /// Returns a stream of the nodes and devices that the pattern begins to name, of all locations. One call per customer
    /// and two per location; [`find_cost`](Self::find_cost) estimates them.
    ///
    /// The API has no such search. [`Client::lookup`] finds what it can search.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
    /// # use plume_client::NamePattern;
    /// let Some(pattern) = NamePattern::new("aa-bb-cc") else { return Ok(()) };
    /// let mut found = client.fleet().find(&pattern);
    /// while let Some(item) = found.next().await {
    ///     println!("{:?}", item?.value);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn find(&self, pattern: &NamePattern) -> FleetStream<FoundItem> {
        let pattern = pattern.clone();
        self.stream(FIND_CALLS, move |home, _| {
            let pattern = pattern.clone();
            async move {
                let ids = (home.customer_id().clone(), home.id().clone());
                let (nodes, devices) = join(home.nodes(), home.devices()).await;
                Found::new()
                    .with(nodes, |node| FoundItem::of_node(&node, &pattern, &ids))
                    .with(devices, |device| FoundItem::of_device(&device, &pattern, &ids))
            }
            .boxed()
        })
    }

    /// Returns the number of calls that [`find`](Self::find) makes, if the API reports a number of customers. One call.
    pub async fn find_cost(&self) -> Result<Option<FleetCost>, Error> {
        Ok(self.customer_count().await?.map(|customers| FleetCost::new(customers, FIND_CALLS)))
    }

    fn stream<T: Send + 'static>(
        &self,
        calls: usize,
        visit: impl Fn(LocationHandle, Location) -> BoxFuture<'static, Found<T>> + Send + Sync + 'static,
    ) -> FleetStream<T> {
        let visit: Visit<T> = Box::new(visit);
        let mut customers = self.customers();
        if let Some(from) = &self.from {
            customers = customers.at(from);
        }
        let fleet = self.clone();
        let total = async move { fleet.customer_count().await.ok().flatten() };
        let walk = Walk::new(self.client.clone(), customers.items(), self.concurrency, calls, visit);
        FleetStream::new(walk, total.boxed())
    }

    fn call(&self, operation: &'static Operation) -> Call<'static> {
        match &self.group {
            Some(group) => Call::new(operation).with("groupId", group.as_str()),
            None => Call::new(operation).fail_for_setting("the partner id (PLUME_PARTNER_ID)"),
        }
    }
}
