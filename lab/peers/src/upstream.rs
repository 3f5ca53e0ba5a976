//! The token endpoint of all caches: it counts requests, and can fail or be slow.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use plume_runtime::{Clock, SystemClock};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// A bearer token of the size that Okta issues.
pub const TOKEN_BYTES: usize = 1_000;

#[derive(Debug)]
pub struct Upstream {
    asked: AtomicU64,
    failing: AtomicBool,
    clock: SystemClock,
    delay: Duration,
}

impl Upstream {
    pub fn new(delay: Duration, failing: bool) -> Arc<Self> {
        let (asked, failing) = (AtomicU64::new(0), AtomicBool::new(failing));
        Arc::new(Self { asked, failing, clock: SystemClock::new(), delay })
    }

    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Handles one request: returns the lifetime of the token in seconds, or `None` for a failure.
    ///
    /// The first token is valid for a second, so that later callers find an expired one.
    pub async fn ask(&self) -> Option<u64> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        self.clock.sleep(self.delay).await;
        let failing = self.failing.load(Ordering::SeqCst);
        (!failing).then_some(if number == 0 { 1 } else { 86_400 })
    }

    pub fn body(lifetime: u64) -> String {
        let token = "x".repeat(TOKEN_BYTES);
        format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"{token}"}}"#)
    }

    /// Serves the same on a port of this machine, for caches that bring their own HTTP client.
    pub async fn serve(self: &Arc<Self>) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let upstream = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let upstream = Arc::clone(&upstream);
                tokio::spawn(async move { upstream.connection(stream).await });
            }
        });
        Ok(address)
    }

    async fn connection(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            let mut form = vec![0; length];
            stream.read_exact(&mut form).await?;
            let (status, body) = match self.ask().await {
                Some(lifetime) => ("200 OK", Self::body(lifetime)),
                None => ("503 Service Unavailable", r#"{"error":"temporarily_unavailable"}"#.to_owned()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await?;
        }
    }
}
