//! A server on the loopback address, on threads of its own.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Maximum wait of the suite for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A received request: its head and its body.
pub(super) type Seen = (String, Vec<u8>);

/// A server that sends the same bytes to every request, and then closes the connection or stays silent.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Whether the client has closed a connection on which the server stayed silent.
    pub(super) left: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn new(answer: impl Into<Vec<u8>>, silent: bool) -> Result<Self, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let server = Self { address, seen: Arc::default(), left: Arc::default(), ended: Arc::default() };
        let (seen, left) = (Arc::clone(&server.seen), Arc::clone(&server.left));
        let (ended, answer) = (Arc::clone(&server.ended), Arc::new(answer.into()));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (seen, left, answer) = (Arc::clone(&seen), Arc::clone(&left), Arc::clone(&answer));
                // An error means that the client went away.
                std::thread::spawn(move || serve(stream, &seen, &answer, silent, &left).ok());
            }
        });
        Ok(server)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Seen>>,
    answer: &[u8],
    silent: bool,
    left: &AtomicBool,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let lower = head.to_ascii_lowercase();
    let length =
        lower.split("content-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    seen.lock().unwrap_or_else(PoisonError::into_inner).push((head, body));
    stream.write_all(answer)?;
    if silent {
        // A client that leaves closes the connection or resets it.
        let is_open = match stream.read(&mut byte) {
            Ok(read) => read > 0,
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        };
        left.store(!is_open, Ordering::Relaxed);
    }
    Ok(())
}

/// Returns a response after which the server closes the connection.
pub(super) fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Example\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}
