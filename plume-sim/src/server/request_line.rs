//! Characters in a request line that HTTP forbids but clients send: `"`, `<` and `>`.
//!
//! The cloud's servers accept them, while the HTTP library refuses the whole request. They are encoded before the
//! library sees them.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// Whether the next bytes of a connection start a request. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Expecting(Arc<AtomicBool>);

impl Default for Expecting {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

/// Maximum growth of one byte.
const GROWTH: usize = 3;

impl Expecting {
    /// Marks the end of a request.
    pub(crate) fn next_request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Reads from a stream and encodes its request lines. A pipelined request is left unchanged.
    pub(crate) fn poll_read<S: AsyncRead + Unpin>(
        &self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining() / GROWTH;
        if room == 0 || !self.0.load(Ordering::Relaxed) {
            return Pin::new(stream).poll_read(cx, buffer);
        }
        let mut space = vec![0; room];
        let mut read = ReadBuf::new(&mut space);
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        let line = read.filled().iter().position(|byte| *byte == b'\n').map_or(read.filled().len(), |at| {
            self.0.store(false, Ordering::Relaxed);
            at
        });
        let (line, rest) = read.filled().split_at(line);
        for byte in line {
            match byte {
                b'"' => buffer.put_slice(b"%22"),
                b'<' => buffer.put_slice(b"%3C"),
                b'>' => buffer.put_slice(b"%3E"),
                byte => buffer.put_slice(&[*byte]),
            }
        }
        buffer.put_slice(rest);
        Poll::Ready(Ok(()))
    }
}
