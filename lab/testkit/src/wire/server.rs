//! A server that a test controls byte by byte.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use plume_runtime::{Clock, SystemClock};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

/// A target with a marker in the path and in the query, which must not appear in errors.
pub const PATH: &str = "/canary-path?token=canary-query";

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts a server that passes every connection to `behave`, with its number, counted from 0.
    pub fn on<F, W>(listener: TcpListener, behave: F) -> Self
    where
        F: Fn(TcpStream, usize) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(behave(stream, number));
            }
        });
        Self { address, connections, task }
    }

    pub async fn start<F, W>(behave: F) -> Self
    where
        F: Fn(TcpStream, usize) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), behave)
    }

    /// Reads one request, writes `bytes` and closes.
    pub async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |mut stream, _| {
            let bytes = Arc::clone(&bytes);
            async move {
                read_request(&mut stream).await;
                // The client may close before the end.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                drain(&mut stream).await;
            }
        })
        .await
    }

    /// Reads one request, writes `bytes` and then sends nothing.
    pub async fn stalling_after(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            drain(&mut stream).await;
        })
        .await
    }

    /// Reads one request, writes `bytes` and resets the connection.
    pub async fn resetting_after(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            stream.set_zero_linger().unwrap();
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Returns head and body of one request as text; empty if the client closed without one.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    String::from_utf8_lossy(&read_request_bytes(stream).await).into_owned()
}

/// Returns head and body of one request; empty if the client closed without one.
pub async fn read_request_bytes(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() - end - 4 >= length.unwrap_or(0) {
                return bytes;
            }
        }
        match stream.read_buf(&mut bytes).await {
            Ok(1..) => {}
            _ => return Vec::new(),
        }
    }
}

/// Waits until the client closes, so that the server's own close cannot turn into a reset by unread bytes.
pub async fn drain(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

/// A server that sends `pieces` bytes, one every 20 ms.
pub async fn dripping(pieces: usize) -> Server {
    Server::start(move |mut stream, _| async move {
        read_request(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {pieces}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let clock = SystemClock::new();
        for _ in 0..pieces {
            clock.sleep(Duration::from_millis(20)).await;
            if stream.write_all(b"x").await.is_err() {
                return;
            }
        }
        drain(&mut stream).await;
    })
    .await
}

/// Answers every request on every connection, and reports the connection's number with each.
pub async fn keeping(seen: mpsc::UnboundedSender<usize>) -> Server {
    Server::start(move |mut stream, number| {
        let seen = seen.clone();
        async move {
            while !read_request(&mut stream).await.is_empty() {
                let _ = seen.send(number);
                stream.write_all(OK).await.unwrap();
            }
        }
    })
    .await
}

/// Reports the head of every request, and answers it.
pub async fn reporting(seen: mpsc::UnboundedSender<String>) -> Server {
    Server::start(move |mut stream, _| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            stream.write_all(OK).await.unwrap();
            drain(&mut stream).await;
        }
    })
    .await
}
