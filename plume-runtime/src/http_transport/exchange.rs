//! One exchange: head and body of a response within their limits.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep},
};

use crate::error::{TransportError, TransportErrorKind};
use crate::http_transport::classify::classify;
use crate::in_process::too_large;
use crate::transport::Limits;

/// Replaces limits that the clock cannot represent.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

#[expect(clippy::disallowed_methods, reason = "the time limits of the real network run on the real clock")]
pub(super) async fn exchange(
    // By reference, to keep the future small.
    head: Pin<&mut impl Future<Output = reqwest::Result<reqwest::Response>>>,
    limits: &Limits,
) -> Result<http::Response<Bytes>, TransportError> {
    let started = Instant::now();
    // One timer for all limits: it may fire too early and is reset then.
    let first_ring = limits.first_byte_timeout.min(limits.total_timeout).min(limits.idle_read_timeout);
    let timer = pin!(tokio::time::sleep_until(after(started, first_ring)));
    let mut limited = Limited { timer, total: (after(started, limits.total_timeout), limits.total_timeout) };

    let first_byte = || (after(started, limits.first_byte_timeout), limits.first_byte_timeout);
    let mut answer = limited.within(first_byte, "the response to begin", head).await?;
    let status = answer.status();
    // A length that is announced too large costs no transfer; a false announcement is found while reading.
    let announced = answer.content_length();
    if announced.is_some_and(|length| length > limits.max_body_bytes as u64) {
        return Err(too_large(limits).with_status(status));
    }
    let announced = announced.and_then(|length| usize::try_from(length).ok());
    let mut body = Body::new(limits.max_body_bytes.min(announced.unwrap_or(usize::MAX)));
    let idle_read = || (after(Instant::now(), limits.idle_read_timeout), limits.idle_read_timeout);
    while let Some(piece) = limited
        .within(idle_read, "the next piece of the response", pin!(answer.chunk()))
        .await
        .map_err(|error| error.with_status(status))?
    {
        if body.len().saturating_add(piece.len()) > limits.max_body_bytes {
            return Err(too_large(limits).with_status(status));
        }
        body.push(piece);
    }
    let mut response = http::Response::new(body.into_bytes());
    *response.status_mut() = status;
    *response.version_mut() = answer.version();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit).unwrap_or_else(|| start + FAR)
}

/// The end of a limit, and its duration.
type End = (Instant, Duration);

/// Work with time limits, on one timer.
struct Limited<'t> {
    timer: Pin<&'t mut Sleep>,
    total: End,
}

impl Limited<'_> {
    /// Waits for `work` until the end of this step or of the exchange. `end` is called only if it has to wait.
    fn within<T>(
        &mut self,
        end: impl Fn() -> End,
        what: &str,
        mut work: Pin<&mut impl Future<Output = reqwest::Result<T>>>,
    ) -> impl Future<Output = Result<T, TransportError>> {
        let mut until = None;
        poll_fn(move |cx| {
            if let Poll::Ready(result) = work.as_mut().poll(cx) {
                return Poll::Ready(result.map_err(classify));
            }
            let (at, _) = *until.get_or_insert_with(&end);
            if self.poll_until(at.min(self.total.0), cx).is_pending() {
                return Poll::Pending;
            }
            let (limit, what) = match until {
                Some((at, limit)) if at <= self.total.0 => (limit, what),
                _ => (self.total.1, "the whole response"),
            };
            Poll::Ready(Err(TransportError::new(
                TransportErrorKind::Timeout,
                format!("no response in time: waited {} for {what}", plume_text::human(limit)),
            )))
        })
    }

    fn poll_until(&mut self, until: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.deadline() > until {
            self.timer.as_mut().reset(until);
        }
        loop {
            // Work that uses up the task's budget must not delay the timer.
            if pin!(unconstrained(self.timer.as_mut())).poll(cx).is_pending() {
                return Poll::Pending;
            }
            if self.timer.deadline() == until {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(until);
        }
    }
}

/// The pieces of a body. A body in one piece is not copied. Otherwise the buffer is no larger than the body may be, so that
/// reading up to the limit takes less than twice the limit.
struct Body {
    pieces: Pieces,
    most: usize,
}

enum Pieces {
    One(Bytes),
    Several(Vec<u8>),
}

impl Body {
    fn new(most: usize) -> Self {
        Self { pieces: Pieces::One(Bytes::new()), most }
    }

    fn len(&self) -> usize {
        match &self.pieces {
            Pieces::One(piece) => piece.len(),
            Pieces::Several(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, piece: Bytes) {
        match &mut self.pieces {
            Pieces::One(first) if first.is_empty() => *first = piece,
            Pieces::One(first) => {
                let mut bytes = Vec::new();
                append(&mut bytes, first, self.most);
                append(&mut bytes, &piece, self.most);
                self.pieces = Pieces::Several(bytes);
            }
            Pieces::Several(bytes) => append(bytes, &piece, self.most),
        }
    }

    fn into_bytes(self) -> Bytes {
        match self.pieces {
            Pieces::One(piece) => piece,
            Pieces::Several(bytes) => bytes.into(),
        }
    }
}

/// Appends with exponential growth, and beyond half of `most` with room for all of it.
fn append(bytes: &mut Vec<u8>, piece: &[u8], most: usize) {
    let needed = bytes.len().saturating_add(piece.len());
    if needed > bytes.capacity() {
        let doubled = bytes.capacity().saturating_mul(2).max(needed);
        let room = if doubled > most / 2 { most.max(needed) } else { doubled };
        bytes.reserve_exact(room.saturating_sub(bytes.len()));
    }
    bytes.extend_from_slice(piece);
}
