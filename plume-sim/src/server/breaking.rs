//! Connections that break as planned, and bodies that are slow or endless.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::faults::ResetStage;
use crate::server::request_line::Expecting;
use crate::simulator::{InFlight, Simulator};

/// Number of pieces per second of a slow body, unless its rate is below one byte in that time.
const DRIPS_PER_SECOND: u32 = 10;
/// A piece of an endless body.
static BLANKS: [u8; 1 << 14] = [b' '; 1 << 14];

/// A stream that can be reset.
pub(crate) trait Abort {
    /// Resets the connection instead of closing it.
    fn abort(&self);
}

impl Abort for TcpStream {
    fn abort(&self) {
        // Without it the connection is closed, which is still no response.
        let _ = self.set_zero_linger();
    }
}

#[cfg(feature = "tls")]
impl Abort for tokio_rustls::server::TlsStream<TcpStream> {
    fn abort(&self) {
        self.get_ref().0.abort();
    }
}

/// The point at which the connection breaks; shared by the stream and the responder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaker {
    planned: Arc<Mutex<Option<Break>>>,
}

#[derive(Debug, Clone, Copy)]
struct Break {
    /// Number of bytes that may still pass.
    left: usize,
    /// The count starts at the end of the response's head.
    after_head: bool,
}

impl Breaker {
    /// Breaks the next response, whose body has this length.
    pub(crate) fn plan(&self, stage: ResetStage, body: usize) {
        let planned = match stage {
            ResetStage::Connect | ResetStage::Request => Break { left: 0, after_head: false },
            ResetStage::Headers => Break { left: 20, after_head: false },
            // Without a body, a complete head is a complete response.
            _ if body == 0 => Break { left: 20, after_head: false },
            ResetStage::AfterHeaders => Break { left: 0, after_head: true },
            ResetStage::Body => Break { left: body / 2, after_head: true },
        };
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner) = Some(planned);
    }

    fn planned(&self) -> Option<Break> {
        *self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many of these bytes may pass.
    fn admit(&self, bytes: &[u8]) -> usize {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(planned) = planned.as_mut() else { return bytes.len() };
        let mut head = 0;
        if planned.after_head {
            // The head of a response is written in one piece.
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return bytes.len() };
            head = end + 4;
            planned.after_head = false;
        }
        let admitted = bytes.len().min(head + planned.left);
        planned.left -= admitted.saturating_sub(head);
        admitted
    }
}

/// A stream under a [`Breaker`] that encodes request lines.
pub(crate) struct Breakable<S: Abort> {
    pub(crate) stream: S,
    pub(crate) breaker: Breaker,
    pub(crate) expecting: Expecting,
}

impl<S: Abort> Drop for Breakable<S> {
    fn drop(&mut self) {
        if self.breaker.planned().is_some() {
            self.stream.abort();
        }
    }
}

impl<S: AsyncRead + Abort + Unpin> AsyncRead for Breakable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, expecting, .. } = &mut *self;
        expecting.poll_read(stream, cx, buffer)
    }
}

impl<S: AsyncWrite + Abort + Unpin> AsyncWrite for Breakable<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.breaker.planned().is_none() {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        let admitted = self.breaker.admit(bytes);
        match bytes.get(..admitted).filter(|admitted| !admitted.is_empty()) {
            Some(admitted) => Pin::new(&mut self.stream).poll_write(cx, admitted),
            None => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.breaker.planned().is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of a response in transit. The request ends when its last part is taken.
pub(crate) struct AnswerBody {
    content: Content,
    in_flight: Option<InFlight>,
}

enum Content {
    Whole(Bytes),
    Slow {
        rest: Bytes,
        rate: u32,
        simulator: Simulator,
        pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    },
    Blank(u64),
}

impl AnswerBody {
    pub(crate) fn whole(body: Bytes, in_flight: Option<InFlight>) -> Self {
        Self::new(Content::Whole(body), in_flight)
    }

    pub(crate) fn slow(body: Bytes, rate: u32, simulator: &Simulator, in_flight: InFlight) -> Self {
        let content =
            Content::Slow { rest: body, rate: rate.max(1), simulator: simulator.clone(), pause: None };
        Self::new(content, Some(in_flight))
    }

    pub(crate) fn blank(bytes: u64, in_flight: InFlight) -> Self {
        Self::new(Content::Blank(bytes), Some(in_flight))
    }

    fn new(content: Content, in_flight: Option<InFlight>) -> Self {
        let mut body = Self { content, in_flight };
        body.note_end();
        body
    }

    fn left(&self) -> u64 {
        match &self.content {
            Content::Whole(rest) | Content::Slow { rest, .. } => {
                u64::try_from(rest.len()).unwrap_or(u64::MAX)
            }
            Content::Blank(left) => *left,
        }
    }

    fn note_end(&mut self) {
        if self.left() == 0
            && let Some(in_flight) = self.in_flight.take()
        {
            in_flight.finish(true);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let piece = match &mut self.content {
            Content::Whole(rest) => std::mem::take(rest),
            Content::Slow { rest, rate, simulator, pause } => {
                let size = (*rate / DRIPS_PER_SECOND).max(1);
                let waiting = pause.get_or_insert_with(|| {
                    let simulator = simulator.clone();
                    let length = Duration::from_secs_f64(f64::from(size) / f64::from(*rate));
                    Box::pin(async move { simulator.clock().sleep(length).await })
                });
                if waiting.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                *pause = None;
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                rest.split_to(size.min(rest.len()))
            }
            Content::Blank(left) => {
                let whole = u64::try_from(BLANKS.len()).unwrap_or(u64::MAX);
                let size = whole.min(*left);
                *left -= size;
                Bytes::from_static(&BLANKS).slice(..usize::try_from(size).unwrap_or(BLANKS.len()))
            }
        };
        self.note_end();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}
