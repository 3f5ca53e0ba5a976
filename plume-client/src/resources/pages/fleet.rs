//! All locations of a partner.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use plume_types::{Customer, GroupId, List, Location};

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resources::filter::Filter;
use crate::resources::pages::stream::{Continuation, Items, Row, Trail};
use crate::resources::pages::walk::Notes;
use crate::resources::partner::Partner;

/// How many customers are asked about at the same time, unless told otherwise.
const CONCURRENCY: usize = 4;
const MAX_CONCURRENCY: usize = 64;

/// All locations of a partner or group, customer by customer, in the order of the list of customers. Made by
/// [`Partner::fleet`].
///
/// The API has no list of locations, so the walk reads the customers page by page and asks for the locations of each,
/// a few at a time. A customer whose locations cannot be had is an item with an error in it and does not end the walk.
/// What ends it is an error of the list, and what would fail for every further customer as well: a blocked address, a
/// used-up call limit, no token. Then, and after the process was stopped, [`Fleet::continuation`] leads back.
///
/// Dropping it cancels the calls under way.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// let mut fleet = client.partner().fleet("5e00000000000000000000aa").concurrency(8);
/// while let Some(item) = fleet.next().await {
///     let item = item?;
///     match item.locations {
///         Ok(locations) => println!("{}: {} locations", item.customer.id, locations.len()),
///         Err(error) => println!("{}: {error}", item.customer.id),
///     }
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent before it is polled"]
pub struct Fleet {
    client: Client,
    customers: Items<Customer>,
    /// Whether the list of customers has nothing more to give, and why.
    listed: Option<Option<Error>>,
    flights: FuturesOrdered<BoxFuture<'static, (FleetItem, String, u64)>>,
    concurrency: usize,
    trail: Trail,
    ended: bool,
}

/// A customer of the fleet, with the locations or the reason why they could not be had.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FleetItem {
    /// The customer.
    pub customer: Customer,
    /// The locations.
    pub locations: Result<List<Location>, Error>,
}

impl Partner {
    /// All locations of a partner, whose id works as a group's, or of a group.
    pub fn fleet(&self, group: impl Into<GroupId>) -> Fleet {
        let customers = self.group_customers_pages(group, &Filter::new()).items();
        Fleet {
            client: self.client.clone(),
            trail: Trail::new(customers.continuation()),
            customers,
            listed: None,
            flights: FuturesOrdered::new(),
            concurrency: CONCURRENCY,
            ended: false,
        }
    }
}

impl Fleet {
    /// How many customers are asked about at the same time: 4 unless given, 64 at the most. The call limit holds in any
    /// case.
    pub fn concurrency(mut self, customers: usize) -> Self {
        self.concurrency = customers.clamp(1, MAX_CONCURRENCY);
        self
    }

    /// Goes on where another walk of the same fleet stood.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if that was another list.
    pub fn resume(mut self, continuation: &Continuation) -> Result<Self, Error> {
        self.customers = self.customers.pages.resume(continuation)?.items();
        self.trail = Trail::new(continuation.clone());
        Ok(self)
    }

    /// Where the walk stands: behind the last customer that was given.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        self.trail.at.clone()
    }

    /// What was noticed in the list of customers so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.customers.notes()
    }

    /// The next customer; `None` at the end, and after an error.
    pub async fn next(&mut self) -> Option<Result<FleetItem, Error>> {
        StreamExt::next(self).await
    }

    /// Keeps as many calls under way as wanted.
    fn fill(&mut self, cx: &mut Context<'_>) {
        while self.listed.is_none() && self.flights.len() < self.concurrency {
            match self.customers.poll_row(cx) {
                Poll::Ready(Some(Ok(Row { item: customer, key, at }))) => {
                    let handle = self.client.customer(&customer.id);
                    let flight = async move {
                        let locations = handle.locations().await;
                        (FleetItem { customer, locations }, key, at)
                    };
                    self.flights.push_back(flight.boxed());
                }
                Poll::Ready(Some(Err(error))) => self.listed = Some(Some(error)),
                Poll::Ready(None) => self.listed = Some(None),
                Poll::Pending => return,
            }
        }
    }
}

/// Whether the next customer would fare no better.
fn concerns_all(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Blocked
            | ErrorKind::RateLimited
            | ErrorKind::Auth
            | ErrorKind::Settings
            | ErrorKind::Runtime
    )
}

impl Stream for Fleet {
    type Item = Result<FleetItem, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.fill(cx);
        let flight = match self.flights.poll_next_unpin(cx) {
            Poll::Ready(Some(flight)) => flight,
            Poll::Pending => return Poll::Pending,
            // Nothing under way: the list is at its end, or still on its way.
            Poll::Ready(None) => match self.listed.take() {
                None => return Poll::Pending,
                Some(error) => {
                    self.ended = true;
                    return Poll::Ready(error.map(Err));
                }
            },
        };
        let (item, key, at) = flight;
        if let Err(error) = &item.locations
            && concerns_all(error)
        {
            let error = error.clone();
            self.ended = true;
            self.flights = FuturesOrdered::new();
            return Poll::Ready(Some(Err(error)));
        }
        self.trail.pass(key, at);
        Poll::Ready(Some(Ok(item)))
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}
