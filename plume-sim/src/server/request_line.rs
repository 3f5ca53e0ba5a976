//! Characters in a request line that HTTP forbids and clients send: `"`, `<` and `>`.
//!
//! The servers of the cloud take them as they are; the HTTP library here refuses the whole request. They are encoded
//! before the library sees them.

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

/// Whether the next bytes of a connection begin a request. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Expecting(Arc<AtomicBool>);

impl Default for Expecting {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

/// How many bytes one byte can become.
const GROWTH: usize = 3;

impl Expecting {
    /// A request was read to its end.
    pub(crate) fn next_request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Reads from a stream, with its request lines encoded. A request that is sent before the one before it was answered
    /// is left as it is.
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
