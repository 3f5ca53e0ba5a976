//! The streams of pages and rows.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture};
use plume_types::List;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::operations::Operation;
use crate::resources::pages::flight::Flight;
use crate::resources::pages::walk::{Notes, PageRequest, Stuck, TAIL, Walk};

type Rows<T> = Result<List<T>, Error>;
type Fetch<T> = Arc<dyn Fn(PageRequest) -> BoxFuture<'static, Rows<T>> + Send + Sync>;

/// A stream of the [`Page`]s of a list.
///
/// The API's lists have pages by `limit` and `offset` (or `skip`), no cursor and no total, and may change while they are
/// read. So the stream checks the server: each page begins with the last row of the page before, a short page is the end
/// only if nothing follows it, and no row is yielded twice. [`Notes`] record irregularities. A list that cannot be read to
/// its end is [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete); the stream never ends early without an error.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// use plume_client::Filter;
///
/// let mut customers = client.customers().filter(Filter::new().order("id ASC")).pages().items();
/// while let Some(customer) = customers.next().await {
///     println!("{}", customer?.display_name());
/// }
/// assert!(!customers.notes().changed);
/// # Ok(()) }
/// ```
///
/// Pages are requested only when they are polled. The stream ends after an error; [`Pages::continuation`] and
/// [`Pages::resume`] continue it. Dropping it cancels the call in flight.
#[must_use = "nothing is sent before it is polled"]
pub struct Pages<T> {
    operation: &'static Operation,
    /// The query without limit and offset.
    query: String,
    fetch: Fetch<T>,
    key: fn(&T) -> String,
    walk: Walk,
    flight: Option<(PageRequest, Flight<Rows<T>>)>,
    ended: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows that were not yielded before.
    pub items: Vec<T>,
    /// The number of rows of the page that could not be decoded.
    pub unreadable: usize,
    /// The irregularities so far.
    pub notes: Notes,
    /// The offset of each item, for continuations.
    positions: Vec<u64>,
}

/// The state to resume a stream over a list or fleet later, also in another process.
///
/// It is serializable, and holds the ids of the last rows and no other data of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    operation: String,
    /// A digest of the query.
    query: String,
    next: u64,
    last: Vec<String>,
}

impl Continuation {
    /// Returns the offset at which the list continues. After unreadable rows it may be before the last row that was
    /// yielded, and never behind the next one.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.next
    }
}

impl<T: 'static> Pages<T> {
    pub(super) fn new(
        operation: &'static Operation,
        query: String,
        page_size: u32,
        start: u64,
        key: fn(&T) -> String,
        fetch: Fetch<T>,
    ) -> Self {
        let walk = Walk::new(page_size, start);
        Self { operation, query, fetch, key, walk, flight: None, ended: false }
    }

    /// Returns a stream of rows in place of pages.
    pub fn items(self) -> Items<T> {
        let trail = Trail::new(self.continuation());
        Items { pages: self, buffer: VecDeque::new(), trail }
    }

    /// Treats a page with fewer rows than requested as the last one, as the API documents. That saves one call, and loses
    /// rows without notice if the server returns short pages.
    pub fn trust_short_pages(mut self) -> Self {
        self.walk.confirm = false;
        self
    }

    /// Sets the maximum number of pages: 10,000 by default. A longer list is
    /// [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete).
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.walk.max_pages = pages;
        self
    }

    /// Returns the place behind the last page that was yielded.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        let (next, last) = self.walk.position();
        Continuation {
            operation: self.operation.name.to_owned(),
            query: digest(&self.query),
            next,
            last: last.cloned().collect(),
        }
    }

    /// Continues an earlier stream over the same list.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the continuation belongs to another list.
    pub fn resume(self, continuation: &Continuation) -> Result<Self, Error> {
        if continuation.operation != self.operation.name || continuation.query != digest(&self.query) {
            return Err(Error::argument(self.operation, "continuation", "it belongs to another list"));
        }
        Ok(self.at(continuation))
    }

    /// Resumes as [`Pages::resume`], for a continuation that is known to belong to this list.
    pub(in crate::resources) fn at(mut self, continuation: &Continuation) -> Self {
        self.walk.resume(continuation.next, &continuation.last);
        self
    }

    /// Returns the irregularities so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.walk.notes
    }

    /// Returns the next page; `None` at the end, and after an error. Dropping the future keeps the call in flight for the
    /// next one.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        StreamExt::next(self).await
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<T>, Error>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            let (ask, flight) = match &mut self.flight {
                Some(flight) => flight,
                None => match self.walk.ask() {
                    Ok(Some(ask)) => self.flight.insert((ask, Flight::new((self.fetch)(ask)))),
                    Ok(None) => {
                        self.ended = true;
                        continue;
                    }
                    Err(stuck) => return self.end(self.stuck(stuck)),
                },
            };
            let ask = *ask;
            let list = ready!(flight.poll_unpin(cx));
            self.flight = None;
            let list = match list {
                Ok(list) => list,
                Err(error) => return self.end(error),
            };
            let unreadable = list.unreadable();
            let keys: Vec<String> = list.iter().map(self.key).collect();
            let taken = match self.walk.take(ask, &keys, unreadable) {
                Ok(taken) => taken,
                Err(stuck) => return self.end(self.stuck(stuck)),
            };
            if taken.new.is_empty() && unreadable == 0 {
                continue;
            }
            let mut new = taken.new.iter().copied().peekable();
            let mut items = Vec::with_capacity(taken.new.len());
            for (place, item) in list.into_iter().enumerate() {
                if new.next_if_eq(&place).is_some() {
                    items.push(item);
                }
            }
            let positions = taken.new.iter().map(|place| ask.offset.saturating_add(*place as u64)).collect();
            return Poll::Ready(Some(Ok(Page { items, unreadable, notes: self.walk.notes, positions })));
        }
    }

    fn end(&mut self, error: Error) -> Poll<Option<Result<Page<T>, Error>>> {
        self.ended = true;
        Poll::Ready(Some(Err(error)))
    }

    fn stuck(&self, stuck: Stuck) -> Error {
        let why = match stuck {
            Stuck::Repeats => "the server repeats the same rows instead of the next ones".to_owned(),
            Stuck::TooLong => format!("it has more than {} pages", self.walk.max_pages),
            Stuck::Lost => "no row at the end of the continuation exists any more".to_owned(),
        };
        Error::incomplete(self.operation, &why)
    }
}

/// A stream of the rows of a list. Made by [`Pages::items`], with the guarantees of [`Pages`].
#[must_use = "nothing is sent before it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    buffer: VecDeque<Row<T>>,
    trail: Trail,
}

/// A row and its offset.
pub(in crate::resources) struct Row<T> {
    pub(in crate::resources) item: T,
    pub(in crate::resources) key: String,
    pub(in crate::resources) at: u64,
}

/// The place behind the last row that was yielded.
pub(in crate::resources) struct Trail {
    pub(in crate::resources) at: Continuation,
}

impl Trail {
    pub(in crate::resources) fn new(at: Continuation) -> Self {
        Self { at }
    }

    /// Adds a yielded row.
    pub(in crate::resources) fn pass(&mut self, key: String, at: u64) {
        self.at.next = at.saturating_add(1);
        self.at.last.push(key);
        let more = self.at.last.len().saturating_sub(TAIL);
        self.at.last.drain(..more);
    }
}

impl<T: 'static> Items<T> {
    /// Returns the place behind the last row that was yielded.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        self.trail.at.clone()
    }

    /// Returns the irregularities so far, including the number of unreadable rows.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.pages.notes()
    }

    /// Returns the next row; `None` at the end, and after an error.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        StreamExt::next(self).await
    }

    pub(in crate::resources) fn poll_row(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Row<T>, Error>>> {
        loop {
            if let Some(row) = self.buffer.pop_front() {
                return Poll::Ready(Some(Ok(row)));
            }
            match ready!(self.pages.poll_page(cx)) {
                Some(Ok(page)) => {
                    let key = self.pages.key;
                    let rows = page.items.into_iter().zip(page.positions);
                    self.buffer.extend(rows.map(|(item, at)| Row { key: key(&item), item, at }));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T: 'static> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_page(cx)
    }
}

impl<T: 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let row = ready!(self.poll_row(cx));
        Poll::Ready(row.map(|row| {
            row.map(|Row { item, key, at }| {
                self.trail.pass(key, at);
                item
            })
        }))
    }
}

// No row is ever pinned.
impl<T> Unpin for Pages<T> {}
impl<T> Unpin for Items<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("operation", &self.operation.name).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("operation", &self.pages.operation.name).finish_non_exhaustive()
    }
}

/// Returns an FNV-1a hash: stable across versions, and enough to distinguish lists. Conditions can contain names and
/// addresses, so continuations do not contain them.
fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
