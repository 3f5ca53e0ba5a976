//! Lists, read to their end page by page.

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
use crate::resources::pages::walk::{Ask, Notes, Stuck, TAIL, Walk};

type Rows<T> = Result<List<T>, Error>;
type Fetch<T> = Arc<dyn Fn(Ask) -> BoxFuture<'static, Rows<T>> + Send + Sync>;

/// The pages of a list: a stream of [`Page`]s.
///
/// The API's lists page by `limit` and `offset` (or `skip`); there is no cursor and no total, and nothing keeps a list
/// still while it is read. So the walk does not take a server's word for it: each page begins with the last row of the
/// page before, a short page is the end only if nothing comes behind it, and no row is given twice. What it notices
/// stands in [`Notes`]; what it cannot get over is [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete). It never
/// ends early in silence.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// use plume_client::Filter;
///
/// let mut customers = client.customers().pages(&Filter::new().order("id ASC")).items();
/// while let Some(customer) = customers.next().await {
///     println!("{}", customer?.display_name());
/// }
/// assert!(!customers.notes().changed);
/// # Ok(()) }
/// ```
///
/// Nothing is asked for before it is polled, and no page before it is needed. It ends after an error; what follows can
/// be had with [`Pages::continuation`] and [`Pages::resume`]. Dropping it cancels the call under way.
#[must_use = "nothing is sent before it is polled"]
pub struct Pages<T> {
    operation: &'static Operation,
    /// What is listed, without limit and offset.
    query: String,
    fetch: Fetch<T>,
    key: fn(&T) -> String,
    walk: Walk,
    flight: Option<(Ask, Flight<Rows<T>>)>,
    ended: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows that were not given before.
    pub items: Vec<T>,
    /// How many of the page's rows could not be read.
    pub unreadable: usize,
    /// What was noticed so far.
    pub notes: Notes,
    /// The offset of each item, for continuations.
    positions: Vec<u64>,
}

/// Where a walk stands: what has to be kept to go on later, in another process if need be.
///
/// It holds the ids of the last rows and nothing else of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    operation: String,
    /// A digest of what is listed.
    query: String,
    next: u64,
    last: Vec<String>,
}

impl Continuation {
    /// The offset at which the list goes on. Where rows could not be read it may lie before the last row that was given,
    /// and never behind the next one.
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

    /// The rows instead of the pages.
    pub fn items(self) -> Items<T> {
        let trail = Trail::new(self.continuation());
        Items { pages: self, buffer: VecDeque::new(), trail }
    }

    /// Takes a page with fewer rows than asked for as the last one, as the API's documentation has it. That saves one
    /// call, and loses rows in silence if the server gives fewer rows than it is asked for.
    pub fn trust_short_pages(mut self) -> Self {
        self.walk.confirm = false;
        self
    }

    /// How many pages may be read: 10,000 unless given. More of them are
    /// [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete).
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.walk.max_pages = pages;
        self
    }

    /// Where the walk stands: behind the last page that was given.
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

    /// Goes on where another walk of the same list stood.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if that was another list.
    pub fn resume(self, continuation: &Continuation) -> Result<Self, Error> {
        if continuation.operation != self.operation.name || continuation.query != digest(&self.query) {
            return Err(Error::argument(self.operation, "the continuation", "is that of another list"));
        }
        Ok(self.at(continuation))
    }

    /// As [`Pages::resume`], for a continuation that is known to be one of this list.
    pub(in crate::resources) fn at(mut self, continuation: &Continuation) -> Self {
        self.walk.resume(continuation.next, &continuation.last);
        self
    }

    /// What was noticed so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.walk.notes
    }

    /// The next page; `None` at the end, and after an error. Dropping the future keeps the call under way for the next
    /// one.
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
            Stuck::Repeats => {
                "the server gives the same rows again and again instead of the next ones".to_owned()
            }
            Stuck::TooLong => format!("it has more than {} pages", self.walk.max_pages),
            Stuck::Lost => "none of the rows that the continuation ends with is there any more".to_owned(),
        };
        Error::incomplete(self.operation, &why)
    }
}

/// The rows of a list, as a stream. Made by [`Pages::items`]; what is said there holds here.
#[must_use = "nothing is sent before it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    buffer: VecDeque<Row<T>>,
    trail: Trail,
}

/// A row and where it stood.
pub(in crate::resources) struct Row<T> {
    pub(in crate::resources) item: T,
    pub(in crate::resources) key: String,
    pub(in crate::resources) at: u64,
}

/// Which rows were handed out.
pub(in crate::resources) struct Trail {
    pub(in crate::resources) at: Continuation,
}

impl Trail {
    pub(in crate::resources) fn new(at: Continuation) -> Self {
        Self { at }
    }

    /// One more.
    pub(in crate::resources) fn pass(&mut self, key: String, at: u64) {
        self.at.next = at.saturating_add(1);
        self.at.last.push(key);
        let more = self.at.last.len().saturating_sub(TAIL);
        self.at.last.drain(..more);
    }
}

impl<T: 'static> Items<T> {
    /// Where the walk stands: behind the last row that was given.
    #[must_use]
    pub fn continuation(&self) -> Continuation {
        self.trail.at.clone()
    }

    /// What was noticed so far. Look at it at the end: rows that could not be read are counted here.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.pages.notes()
    }

    /// The next row; `None` at the end, and after an error.
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

/// FNV-1a: stable over versions, and no more than needed to tell two lists apart. Conditions can hold names and
/// addresses, so they are not kept themselves.
fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
