//! The simulator over HTTP.

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{Endpoints, Simulator};

/// The largest request body that is read.
const MOST_BYTES: usize = 1 << 20;

/// Why a simulator could not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address can be reached from other machines, and this was not allowed.
    #[error("{0} is not a loopback address; the simulator has no real protection")]
    NotLoopback(SocketAddr),
    /// The address could not be bound, for example because the port is in use.
    #[error("cannot listen on {address}: {reason}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        reason: io::Error,
    },
}

impl Simulator {
    /// Serves the simulator over HTTP/1.1 on a loopback address. Port 0 lets the system choose one.
    ///
    /// Needs a tokio runtime with I/O enabled; the server runs on it until it is stopped or dropped.
    ///
    /// # Errors
    ///
    /// [`ServeError`] if the address is not a loopback one or cannot be bound.
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

    /// As [`Simulator::serve`], but on any address, for example inside a container.
    ///
    /// Whoever reaches the address can use the simulator: its credentials are public.
    ///
    /// # Errors
    ///
    /// [`ServeError::Bind`] if the address cannot be bound.
    pub async fn serve_beyond_loopback(&self, address: impl Into<SocketAddr>) -> Result<Server, ServeError> {
        let address = address.into();
        let bind = |reason| ServeError::Bind { address, reason };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, self.clone(), stopped));
        Ok(Server { address: bound, stop, task })
    }
}

/// A simulator that is being served.
///
/// Dropping it ends the server and its connections at once; [`Server::stop`] lets answers under way finish.
#[derive(Debug)]
#[must_use = "the server ends when it is dropped"]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// The address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL below which everything lies, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings for a client.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.base_url())
    }

    /// Takes no more connections, closes the idle ones, and waits until every request that has begun is
    /// answered. A client that never finishes sending its request can make this wait: dropping the future
    /// ends such connections, too.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // The task can only end early if it was aborted, and then there is nothing left to wait for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, simulator: Simulator, stopped: watch::Receiver<bool>) {
    // The connections live in this task's set: when the task is aborted, they end with it.
    let mut connections = JoinSet::new();
    let mut watching = stopped.clone();
    let mut stop = pin!(watching.wait_for(|stopped| *stopped));
    loop {
        let accepted = poll_fn(|cx| {
            while let Poll::Ready(Some(_)) = connections.poll_join_next(cx) {}
            if stop.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            listener.poll_accept(cx).map(Some)
        })
        .await;
        match accepted {
            None => break,
            Some(Ok((stream, _))) => {
                connections.spawn(connection(stream, simulator.clone(), stopped.clone()));
            }
            // A failed handshake or no free descriptor: the next connection may do better, but let others run.
            Some(Err(_)) => tokio::task::yield_now().await,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, simulator: Simulator, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(move |request| {
        let simulator = simulator.clone();
        async move { Ok::<_, Infallible>(answer(&simulator, request).await) }
    });
    // The simulator writes the date itself, by its own clock.
    let serving =
        http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    let mut stop = pin!(stopped.wait_for(|stopped| *stopped));
    let mut stopping = false;
    poll_fn(|cx| {
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            serving.as_mut().graceful_shutdown();
        }
        // An error means that the client went away or did not speak HTTP: nobody is left to tell.
        Pin::new(&mut serving).poll(cx).map(drop)
    })
    .await;
}

async fn answer(simulator: &Simulator, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    // A body that is announced too large is refused at once, one that becomes too large when it does.
    if body.size_hint().lower() > u64::try_from(MOST_BYTES).unwrap_or(u64::MAX) {
        return without_body(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => simulator.handle(Request::from_parts(head, body.to_bytes())).map(Full::new),
        Err(error) if error.is::<LengthLimitError>() => without_body(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => without_body(StatusCode::BAD_REQUEST),
    }
}

fn without_body(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
