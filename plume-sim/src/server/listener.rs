//! The server: its address, its start and its end.

use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};

use plume_runtime::SystemClock;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::server::connection::{Context, Security, enter};
use crate::server::error::ServeError;
#[cfg(feature = "tls")]
use crate::server::tls::Keys;
use crate::simulator::{Endpoints, Simulator, UnknownTenant};
use crate::world::Identity;

/// Maximum number of open connections. Further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 1_024;
/// The first and the longest pause after a failed accept, for example without a free descriptor.
const ACCEPT_PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

impl Simulator {
    /// Serves the simulator over HTTP/1.1 on a loopback address. Port 0 selects a free port.
    ///
    /// For a test in another process on this machine, `GET /simulator/verdict` returns
    /// [`Verdict::to_json`](crate::Verdict::to_json) and `POST /simulator/reset` calls [`Simulator::reset`].
    ///
    /// Requires a tokio runtime with I/O. The server runs on it until it is stopped or dropped. It accepts at most
    /// 1,024 connections at a time, and allows 60 s for the head of a request and 60 s for its body, by the system
    /// clock.
    ///
    /// # Errors
    ///
    /// Returns [`ServeError`] if the address is not a loopback address or cannot be bound.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = plume_sim::Simulator::builder().build();
    /// let server = simulator.serve(([127, 0, 0, 1], 0)).await?;
    /// assert!(server.endpoints().sso_url().starts_with("http://127.0.0.1:"));
    /// server.stop().await;
    /// # Ok(()) }
    /// ```
    pub async fn serve(&self, address: impl Into<SocketAddr>) -> Result<Server, ServeError> {
        let address = address.into();
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        self.serve_beyond_loopback(address).await
    }

    /// Serves the simulator over HTTP/1.1 on any address, for example in a container; see [`Simulator::serve`].
    ///
    /// Anyone who can reach the address can use the simulator: its credentials are public.
    ///
    /// # Errors
    ///
    /// Returns [`ServeError::Bind`] if the address cannot be bound.
    pub async fn serve_beyond_loopback(&self, address: impl Into<SocketAddr>) -> Result<Server, ServeError> {
        self.listen(address.into(), Security::Plain).await
    }

    /// Serves the simulator over TLS; see [`Simulator::serve`]. The certificate is generated for this server, covers
    /// `localhost` and the loopback addresses, and is signed by [`Server::root_certificate_pem`], which clients have
    /// to trust.
    ///
    /// # Errors
    ///
    /// Returns [`ServeError`] as [`Simulator::serve`] does, or if no certificate can be generated.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = plume_sim::Simulator::builder().build();
    /// let server = simulator.serve_tls(([127, 0, 0, 1], 0)).await?;
    /// assert!(server.base_url().starts_with("https://127.0.0.1:"));
    /// assert!(server.root_certificate_pem().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----")));
    /// server.stop().await;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "tls")]
    pub async fn serve_tls(&self, address: impl Into<SocketAddr>) -> Result<Server, ServeError> {
        let address = address.into();
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        let keys = Keys::make().map_err(|error| ServeError::Certificate(error.to_string()))?;
        self.listen(address, Security::Tls(keys)).await
    }

    async fn listen(&self, address: SocketAddr, security: Security) -> Result<Server, ServeError> {
        let bind = |reason| ServeError::Bind { address, reason };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = watch::channel(false);
        let scheme = security.scheme();
        #[cfg(feature = "tls")]
        let root_certificate = security.root_certificate();
        let context = Context {
            simulator: self.clone(),
            scheme,
            timer: Arc::new(SystemClock::new()),
            most_connections: MOST_CONNECTIONS,
        };
        let task = tokio::spawn(accept(listener, context, security, stopped));
        Ok(Server {
            simulator: self.clone(),
            address: bound,
            scheme,
            #[cfg(feature = "tls")]
            root_certificate,
            stop,
            task,
        })
    }
}

/// A served simulator.
///
/// Dropping it ends the server and its connections at once; [`Server::stop`] waits for responses in flight.
///
/// ```
/// use plume_sim::Simulator;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Simulator::builder().build().serve(([127, 0, 0, 1], 0)).await?;
/// println!("serving at {}", server.base_url());
/// server.stop().await;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "the server ends when it is dropped"]
pub struct Server {
    simulator: Simulator,
    address: SocketAddr,
    scheme: &'static str,
    #[cfg(feature = "tls")]
    root_certificate: Option<String>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Returns the address of the listener.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the server, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Returns the settings for a client of the first provider.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.base_url(), &Identity::first())
    }

    /// Returns the settings for a client of the provider with this name; see [`Simulator::tenant_endpoints`].
    ///
    /// # Errors
    ///
    /// Fails if the simulator has no provider with this name.
    pub fn tenant_endpoints(&self, name: &str) -> Result<Endpoints, UnknownTenant> {
        Ok(Endpoints::new(&self.base_url(), self.simulator.identity_of(name)?))
    }

    /// Returns the root certificate in PEM that a client has to trust. `None` without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn root_certificate_pem(&self) -> Option<&str> {
        self.root_certificate.as_deref()
    }

    /// Accepts no more connections, closes the idle ones, and waits for the responses to requests in flight. A client
    /// that never completes its request delays this; dropping the future ends its connection.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // The task ends early only if it was aborted.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, context: Context, security: Security, stopped: watch::Receiver<bool>) {
    // The connections are in this task's set and end with it.
    let mut connections = JoinSet::new();
    let mut watching = stopped.clone();
    let mut stop = pin!(watching.wait_for(|stopped| *stopped));
    let mut pause = ACCEPT_PAUSES.0;
    loop {
        let accepted = poll_fn(|cx| {
            while let Poll::Ready(Some(_)) = connections.poll_join_next(cx) {}
            if stop.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if connections.len() >= context.most_connections {
                // The end of a connection wakes this task.
                return Poll::Pending;
            }
            listener.poll_accept(cx).map(Some)
        })
        .await;
        match accepted {
            None => break,
            Some(Ok((stream, peer))) => {
                pause = ACCEPT_PAUSES.0;
                connections.spawn(enter(stream, peer, context.clone(), security.clone(), stopped.clone()));
            }
            Some(Err(_)) => {
                let mut wait = pin!(context.timer.sleep(pause));
                poll_fn(|cx| {
                    if stop.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { wait.as_mut().poll(cx) }
                })
                .await;
                if *stopped.borrow() {
                    break;
                }
                pause = (pause * 2).min(ACCEPT_PAUSES.1);
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use chrono::DateTime;
    use plume_runtime::ManualClock;
    use tokio::{
        io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;
    use crate::server::connection::{BODY_TIME, HEAD_TIME};

    /// Starts a server whose timeouts follow `clock`.
    async fn serve(clock: &ManualClock, most_connections: usize) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let context = Context {
            simulator: Simulator::builder().customers(0).build(),
            scheme: "http",
            timer: Arc::new(clock.clone()),
            most_connections,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let _stop = stop;
            accept(listener, context, Security::Plain, stopped).await;
        });
        (address, task)
    }

    fn clock() -> ManualClock {
        ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200))
    }

    async fn until_waiting(clock: &ManualClock, waiters: usize) {
        while clock.sleepers() < waiters {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_client_that_never_ends_its_head_is_given_up() {
        let clock = clock();
        let (address, task) = serve(&clock, 8).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET /api/Customers HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
        until_waiting(&clock, 1).await;
        clock.advance(HEAD_TIME);
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        task.abort();
    }

    #[tokio::test]
    async fn a_client_that_never_ends_its_body_is_answered_with_408() {
        let clock = clock();
        let (address, task) = serve(&clock, 8).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let head =
            b"POST /api/Customers HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n\
            content-length: 9\r\n\r\n";
        client.write_all(head).await.unwrap();
        // The server reads the body from here on.
        let mut go_on = [0; 25];
        client.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(b"abc").await.unwrap();
        until_waiting(&clock, 1).await;
        clock.advance(BODY_TIME);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains(r#""statusCode":408"#), "{answer}");
        task.abort();
    }

    #[tokio::test]
    async fn a_connection_beyond_the_limit_waits_for_another_to_end() {
        let (address, task) = serve(&clock(), 1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let ask = b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n";
        first.write_all(ask).await.unwrap();
        let mut head = [0; 12];
        first.read_exact(&mut head).await.unwrap();
        // The system accepts the connection, the server does not yet.
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(ask).await.unwrap();
        let early = poll_fn(|cx| {
            let mut space = [0; 1];
            let mut buffer = tokio::io::ReadBuf::new(&mut space);
            Poll::Ready(Pin::new(&mut second).poll_read(cx, &mut buffer).is_ready())
        });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!early.await, "not while the first one is open");
        drop(first);
        second.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 404");
        task.abort();
    }
}
