//! Which calls of a walk over a fleet are in flight, and their results in order.
//!
//! Customers pass three stages in the order of their list: their locations are listed, each location is visited, and
//! the results are handed out. Every stage is bounded by the concurrency, and every call in flight is polled each time.

use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use plume_types::{AccountId, Customer, CustomerId, List, Location, LocationId};

use crate::client::Client;
use crate::error::Error;
use crate::resources::location::LocationHandle;
use crate::resources::pages::{Flight, Items, Row};

/// Reads the items of a location.
pub(super) type Visit<T> =
    Box<dyn Fn(LocationHandle, Location) -> BoxFuture<'static, Found<T>> + Send + Sync>;

/// The items of a location. With an error, a part of them is missing.
pub(super) struct Found<T> {
    pub(super) items: Vec<T>,
    /// The number of rows that could not be read.
    pub(super) unreadable: usize,
    pub(super) error: Option<Error>,
}

impl<T> Found<T> {
    pub(super) fn new() -> Self {
        Self { items: Vec::new(), unreadable: 0, error: None }
    }

    pub(super) fn failed(error: Error) -> Self {
        Self { error: Some(error), ..Self::new() }
    }

    /// Adds the rows of a list that `keep` makes an item of.
    pub(super) fn with<R>(mut self, list: Result<List<R>, Error>, keep: impl FnMut(R) -> Option<T>) -> Self {
        match list {
            Ok(list) => {
                self.unreadable += list.unreadable();
                self.items.extend(list.into_iter().filter_map(keep));
            }
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }
}

/// The key and offset of a customer in its list.
pub(super) type Place = (String, u64);

/// A customer without the parts of its row that no item has.
#[derive(Clone)]
pub(super) struct Payer {
    pub(super) id: CustomerId,
    pub(super) name: String,
    pub(super) account_id: Option<AccountId>,
}

struct Listed {
    customer: Payer,
    place: Place,
    locations: Result<List<Location>, Error>,
}

struct Step {
    customer: Payer,
    /// `None` for a customer without locations.
    location: Option<Result<Location, Error>>,
    /// Set in the last step of a customer.
    place: Option<Place>,
}

pub(super) struct Visited<T> {
    pub(super) customer: Payer,
    pub(super) location: Option<LocationId>,
    pub(super) found: Found<T>,
    /// Set for the last one of a customer.
    pub(super) place: Option<Place>,
}

pub(super) struct Walk<T> {
    client: Client,
    pub(super) customers: Items<Customer>,
    /// Set once the list of customers has ended, with the error that ended it.
    listed: Option<Option<Error>>,
    /// The offset behind the last customer of the list so far.
    pub(super) list_end: u64,
    lists: FuturesOrdered<Flight<Listed>>,
    arrived: VecDeque<Listed>,
    steps: VecDeque<Step>,
    /// Unreadable locations of the lists so far.
    pub(super) unreadable: u64,
    visits: FuturesOrdered<Flight<Visited<T>>>,
    visit: Visit<T>,
    calls_per_visit: usize,
    concurrency: usize,
}

impl<T: Send + 'static> Walk<T> {
    pub(super) fn new(
        client: Client,
        customers: Items<Customer>,
        concurrency: usize,
        calls_per_visit: usize,
        visit: Visit<T>,
    ) -> Self {
        Self {
            client,
            list_end: customers.continuation().offset(),
            customers,
            listed: None,
            lists: FuturesOrdered::new(),
            arrived: VecDeque::new(),
            steps: VecDeque::new(),
            unreadable: 0,
            visits: FuturesOrdered::new(),
            visit,
            calls_per_visit,
            concurrency,
        }
    }

    /// Returns the next result; at the end `None`, or the error of the list of customers.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Visited<T>, Error>>> {
        self.fill(cx);
        match self.visits.poll_next_unpin(cx) {
            Poll::Ready(Some(visited)) => Poll::Ready(Some(Ok(visited))),
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) if !self.lists.is_empty() => Poll::Pending,
            Poll::Ready(None) => match &mut self.listed {
                None => Poll::Pending,
                Some(error) => Poll::Ready(error.take().map(Err)),
            },
        }
    }

    /// Returns whether the list of customers was read to its end.
    pub(super) fn is_listed(&self) -> bool {
        matches!(self.listed, Some(None))
    }

    /// Drops the calls in flight.
    pub(super) fn stop(&mut self) {
        self.lists = FuturesOrdered::new();
        self.visits = FuturesOrdered::new();
        self.arrived.clear();
        self.steps.clear();
        self.listed = Some(None);
    }

    fn fill(&mut self, cx: &mut Context<'_>) {
        loop {
            self.start_visits();
            self.start_lists(cx);
            let arrived = self.arrived.len();
            while let Poll::Ready(Some(listed)) = self.lists.poll_next_unpin(cx) {
                self.arrived.push_back(listed);
            }
            if self.arrived.len() == arrived {
                return;
            }
        }
    }

    fn start_visits(&mut self) {
        loop {
            let calls = self.lists.len() + self.visits.len() * self.calls_per_visit;
            if calls > 0 && calls + self.calls_per_visit > self.concurrency {
                return;
            }
            let Some(step) = self.next_step() else { return };
            let Step { customer, location, place } = step;
            let visit = match location {
                Some(Ok(location)) => {
                    let id = location.id.clone();
                    let handle = self.client.customer(&customer.id).location(&id);
                    let visit = (self.visit)(handle, location);
                    async move { Visited { customer, location: Some(id), found: visit.await, place } }.boxed()
                }
                Some(Err(error)) => {
                    let found = Found::failed(error);
                    async { Visited { customer, location: None, found, place } }.boxed()
                }
                None => {
                    let found = Found::new();
                    async { Visited { customer, location: None, found, place } }.boxed()
                }
            };
            self.visits.push_back(Flight::new(visit));
        }
    }

    fn next_step(&mut self) -> Option<Step> {
        if self.steps.is_empty() {
            let Listed { customer, place, locations } = self.arrived.pop_front()?;
            let step = |location| Step { customer: customer.clone(), location, place: None };
            match locations {
                Ok(locations) => {
                    self.unreadable += locations.unreadable() as u64;
                    self.steps.extend(locations.into_iter().map(|location| step(Some(Ok(location)))));
                    if self.steps.is_empty() {
                        self.steps.push_back(step(None));
                    }
                }
                Err(error) => self.steps.push_back(step(Some(Err(error)))),
            }
            if let Some(last) = self.steps.back_mut() {
                last.place = Some(place);
            }
        }
        self.steps.pop_front()
    }

    fn start_lists(&mut self, cx: &mut Context<'_>) {
        let ahead =
            |walk: &Self| walk.lists.len() + walk.arrived.len() + walk.visits.len() * walk.calls_per_visit;
        while self.listed.is_none() && ahead(self) < self.concurrency {
            match self.customers.poll_row(cx) {
                Poll::Ready(Some(Ok(Row { item, key, at }))) => {
                    self.list_end = at.saturating_add(1);
                    let handle = self.client.customer(&item.id);
                    let customer =
                        Payer { name: item.display_name(), id: item.id, account_id: item.account_id };
                    let list = async move {
                        let locations = handle.locations().await;
                        Listed { customer, place: (key, at), locations }
                    };
                    self.lists.push_back(Flight::new(list.boxed()));
                }
                Poll::Ready(Some(Err(error))) => self.listed = Some(Some(error)),
                Poll::Ready(None) => self.listed = Some(None),
                Poll::Pending => return,
            }
        }
    }
}
