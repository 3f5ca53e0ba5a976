//! A stream over a fleet: order, failures, progress and continuation.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture};

use crate::error::{Error, ErrorKind};
use crate::resources::fleet::item::{FleetFailure, FleetItem, FleetProgress, FleetStep};
use crate::resources::fleet::walk::{Place, Visited, Walk};
use crate::resources::pages::{Continuation, Flight, Notes, Trail};

type Keep<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// A stream over the homes of a fleet. Made by [`Fleet`](crate::Fleet).
///
/// It yields items and [failures](FleetFailure) in the order of the list of customers, and keeps at most
/// [`Fleet::concurrency`](crate::Fleet::concurrency) calls in flight. Its memory is bounded by these and the locations of
/// one customer, plus eight bytes for each customer.
///
/// The calls make progress only while the stream is polled. Dropping it cancels them. After a failure that ended the
/// stream, or in another process, [`Fleet::resume`](crate::Fleet::resume) continues with the first customer that was not
/// done; items of that customer that were already yielded are repeated.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let mut locations = client.fleet().locations();
/// while let Some(location) = locations.next().await {
///     match location {
///         Ok(location) => println!("{} {}", location.customer_id, location.location_id),
///         Err(failure) => eprintln!("{failure}"),
///     }
/// }
/// let text = serde_json::to_string(&locations.continuation())?;
/// let later = client.fleet().resume(&serde_json::from_str(&text)?)?.locations();
/// # let _ = later; Ok(()) }
/// ```
#[must_use = "nothing is sent before it is polled"]
pub struct FleetStream<T> {
    walk: Walk<T>,
    items: VecDeque<Result<FleetItem<T>, FleetFailure>>,
    filters: Vec<Keep<T>>,
    /// The customer that is done once `items` is empty.
    place: Option<Place>,
    trail: Trail,
    total: Option<Flight<Option<u64>>>,
    customers_total: Option<u64>,
    failures: u64,
    unreadable: u64,
    ended: bool,
    /// The items of the customer that is not done, for [`FleetStream::next_step`].
    step: Vec<Result<FleetItem<T>, FleetFailure>>,
    /// Whether every customer whose items were yielded is done.
    is_whole: bool,
    /// The offset of the last step.
    stepped: u64,
}

impl<T: Send + 'static> FleetStream<T> {
    pub(super) fn new(walk: Walk<T>, total: BoxFuture<'static, Option<u64>>) -> Self {
        let trail = Trail::new(walk.customers.continuation());
        Self {
            stepped: trail.at.offset(),
            step: Vec::new(),
            is_whole: true,
            trail,
            walk,
            items: VecDeque::new(),
            filters: Vec::new(),
            place: None,
            total: Some(Flight::new(total)),
            customers_total: None,
            failures: 0,
            unreadable: 0,
            ended: false,
        }
    }

    /// Keeps the items whose value matches. Failures are always kept. The calls are the same: the API has no such filter.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) {
    /// let mut lost = client.fleet().nodes().filter(|node| node.is_disconnected());
    /// while let Some(Ok(node)) = lost.next().await {
    ///     println!("{} {}: {}", node.location_id, node.value.display_name(), lost.progress());
    /// }
    /// # }
    /// ```
    pub fn filter(mut self, keep: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.filters.push(Box::new(keep));
        self
    }

    /// Returns the next item; `None` at the end, and after a failure that ended the stream.
    ///
    /// Dropping the future loses nothing: the next call continues.
    pub async fn next(&mut self) -> Option<Result<FleetItem<T>, FleetFailure>> {
        StreamExt::next(self).await
    }

    /// Returns the items of the next customers in one piece, with the place behind them; `None` at the end.
    ///
    /// A program that stores the place after it stored the items of a step repeats none and loses none when it is resumed.
    /// [`FleetCheckpoint`](crate::FleetCheckpoint) is a file for that. After a failure that ended the stream the items of the
    /// customer that is not done are left out, because a resumed stream begins with it.
    ///
    /// Dropping the future loses nothing: the next call continues. Do not mix it with [`next`](Self::next).
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let checkpoint = plume_client::FleetCheckpoint::new("scan.json", "the nightly scan");
    /// let (mut fleet, mut nodes) = (client.fleet(), 0);
    /// if let Some((at, found)) = checkpoint.load()? {
    ///     (fleet, nodes) = (fleet.resume(&at)?, found);
    /// }
    /// let mut stream = fleet.nodes();
    /// while let Some(step) = stream.next_step().await {
    ///     nodes += step.items.iter().flatten().count();
    ///     checkpoint.save(&step.continuation, &nodes)?;
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn next_step(&mut self) -> Option<FleetStep<T>> {
        while let Some(item) = self.next().await {
            if item.as_ref().is_err_and(|failure| failure.ended) {
                self.step.clear();
                self.is_whole = true;
            }
            self.step.push(item);
            if self.is_whole {
                return Some(self.take_step());
            }
        }
        // The last customers may have no items.
        (self.trail.at.offset() > self.stepped).then(|| self.take_step())
    }

    fn take_step(&mut self) -> FleetStep<T> {
        self.stepped = self.trail.at.offset();
        FleetStep { items: std::mem::take(&mut self.step), continuation: self.continuation() }
    }

    /// Reads the stream to its end. Returns the items and the failures, both in the order of the stream.
    ///
    /// All items are in memory at the same time: for a large fleet, use [`next`](Self::next). A failure whose
    /// [`ended`](FleetFailure::ended) is set is the last one, and the items after it are missing.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) {
    /// let (nodes, failures) = client.fleet().nodes().collect().await;
    /// println!("{} nodes, {} failures", nodes.len(), failures.len());
    /// # }
    /// ```
    pub async fn collect(mut self) -> (Vec<FleetItem<T>>, Vec<FleetFailure>) {
        let (mut items, mut failures) = (Vec::new(), Vec::new());
        while let Some(item) = self.next().await {
            match item {
                Ok(item) => items.push(item),
                Err(failure) => failures.push(failure),
            }
        }
        (items, failures)
    }

    /// Returns the progress in customers.
    #[must_use]
    pub fn progress(&self) -> FleetProgress {
        FleetProgress {
            customers_done: self.trail.at.offset(),
            customers_total: match self.walk.is_listed() && !self.ended {
                true => Some(self.walk.list_end),
                false => self.customers_total,
            },
            failures: self.failures,
        }
    }

    /// Returns the place behind the last customer that is done.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        self.trail.at.clone()
    }

    /// Returns the irregularities of the list of customers so far. Its count of unreadable rows includes locations and
    /// nodes; those rows are not yielded.
    #[must_use]
    pub fn notes(&self) -> Notes {
        let mut notes = self.walk.customers.notes();
        notes.unreadable += self.walk.unreadable + self.unreadable;
        notes
    }

    /// Queues the items of a visit, and its failure.
    fn accept(&mut self, visited: Visited<T>) {
        let Visited { customer, location, found, place } = visited;
        self.unreadable += found.unreadable as u64;
        if let Some(location) = &location {
            let Self { items: queue, filters, .. } = self;
            let kept = found.items.into_iter().filter(|value| filters.iter().all(|keep| keep(value)));
            queue.extend(kept.map(|value| {
                Ok(FleetItem {
                    customer_id: customer.id.clone(),
                    customer_name: customer.name.clone(),
                    account_id: customer.account_id.clone(),
                    location_id: location.clone(),
                    value,
                })
            }));
        }
        self.place = place;
        if let Some(error) = found.error {
            let ended = concerns_all(&error);
            if ended {
                // The customer is not done.
                self.place = None;
            }
            self.items.push_back(Err(FleetFailure {
                customer_id: Some(customer.id),
                location_id: location,
                error,
                ended,
            }));
        }
    }

    fn end(&mut self, failure: FleetFailure) -> Poll<Option<Result<FleetItem<T>, FleetFailure>>> {
        self.ended = true;
        self.failures += 1;
        self.walk.stop();
        self.total = None;
        Poll::Ready(Some(Err(failure)))
    }

    fn poll_total(&mut self, cx: &mut Context<'_>) {
        if let Some(total) = &mut self.total
            && let Poll::Ready(customers) = total.poll_unpin(cx)
        {
            self.customers_total = customers;
            self.total = None;
        }
    }
}

/// Returns whether every further customer would fail in the same way.
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

impl<T: Send + 'static> Stream for FleetStream<T> {
    type Item = Result<FleetItem<T>, FleetFailure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.poll_total(cx);
        loop {
            let item = self.items.pop_front();
            if self.items.is_empty()
                && let Some((key, at)) = self.place.take()
            {
                self.trail.pass(key, at);
                self.is_whole = true;
            } else if item.is_some() {
                self.is_whole = false;
            }
            match item {
                Some(Err(failure)) if failure.ended => return self.end(failure),
                Some(item) => {
                    self.failures += u64::from(item.is_err());
                    return Poll::Ready(Some(item));
                }
                None => {}
            }
            match ready!(self.walk.poll(cx)) {
                Some(Ok(visited)) => self.accept(visited),
                Some(Err(error)) => return self.end(error.into()),
                None => return Poll::Ready(None),
            }
        }
    }
}

// No item is ever pinned.
impl<T> Unpin for FleetStream<T> {}

impl<T> fmt::Debug for FleetStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetStream").field("ended", &self.ended).finish_non_exhaustive()
    }
}
