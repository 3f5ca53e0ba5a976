//! The simulator over HTTP.

use std::{
    error::Error,
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    Endpoints, Simulator,
    breaking::{Abort, Breakable, Breaker, Parcel},
    faults::ResetStage,
    simulator::{Face, Shape, Ticket},
};

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
    /// No certificate could be made for a server with TLS.
    #[error("no certificate could be made: {0}")]
    Certificate(String),
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
        self.listen(address.into(), Door::Plain).await
    }

    pub(crate) async fn listen(&self, address: SocketAddr, door: Door) -> Result<Server, ServeError> {
        let bind = |reason| ServeError::Bind { address, reason };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let bound = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = watch::channel(false);
        let scheme = door.scheme();
        #[cfg(feature = "tls")]
        let root_certificate = door.root_certificate();
        let task = tokio::spawn(accept(listener, self.clone(), door, stopped));
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

/// How connections begin.
#[derive(Clone)]
pub(crate) enum Door {
    Plain,
    #[cfg(feature = "tls")]
    Tls(crate::tls::Keys),
}

impl Door {
    fn scheme(&self) -> &'static str {
        match self {
            Self::Plain => "http",
            #[cfg(feature = "tls")]
            Self::Tls(_) => "https",
        }
    }

    #[cfg(feature = "tls")]
    fn root_certificate(&self) -> Option<String> {
        match self {
            Self::Plain => None,
            Self::Tls(keys) => Some(keys.root_pem().to_owned()),
        }
    }
}

/// A simulator that is being served.
///
/// Dropping it ends the server and its connections at once; [`Server::stop`] lets answers under way finish.
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
    /// The address on which it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL below which everything lies, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The settings for a client.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.base_url(), self.simulator.identity(0))
    }

    /// The settings for a client of another provider; see [`Simulator::tenant_endpoints`].
    #[must_use]
    pub fn tenant_endpoints(&self, tenant: usize) -> Option<Endpoints> {
        let known = self.simulator.has_tenant(tenant);
        known.then(|| Endpoints::new(&self.base_url(), self.simulator.identity(tenant)))
    }

    /// The certificate, in PEM, that a client has to trust; none if it serves without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn root_certificate_pem(&self) -> Option<&str> {
        self.root_certificate.as_deref()
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

async fn accept(listener: TcpListener, simulator: Simulator, door: Door, stopped: watch::Receiver<bool>) {
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
            Some(Ok((stream, peer))) => {
                connections.spawn(enter(stream, peer, simulator.clone(), door.clone(), stopped.clone()));
            }
            // A failed handshake or no free descriptor: the next connection may do better, but let others run.
            Some(Err(_)) => tokio::task::yield_now().await,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn enter(
    stream: TcpStream,
    peer: SocketAddr,
    simulator: Simulator,
    door: Door,
    stopped: watch::Receiver<bool>,
) {
    match door {
        Door::Plain => connection(stream, peer, simulator, stopped).await,
        #[cfg(feature = "tls")]
        Door::Tls(keys) => {
            let mut watching = stopped.clone();
            let mut stop = pin!(watching.wait_for(|stopped| *stopped));
            let mut shaking = pin!(keys.accept(stream));
            // A client that never finishes its handshake must not hold up the end of the server.
            let shaken = poll_fn(|cx| match shaking.as_mut().poll(cx) {
                Poll::Ready(shaken) => Poll::Ready(shaken.ok()),
                Poll::Pending => stop.as_mut().poll(cx).map(|_| None),
            })
            .await;
            // A failed handshake is the client's affair: it has an error of its own.
            if let Some(stream) = shaken {
                connection(stream, peer, simulator, stopped).await;
            }
        }
    }
}

async fn connection<S>(stream: S, peer: SocketAddr, simulator: Simulator, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Abort + Unpin,
{
    let breaker = Breaker::default();
    let address = peer.ip().to_string();
    let stopping = stopped.clone();
    let stream = Breakable { stream, breaker: breaker.clone() };
    let service = service_fn(move |request| {
        let way = Way {
            simulator: simulator.clone(),
            breaker: breaker.clone(),
            address: address.clone(),
            stopped: stopping.clone(),
        };
        answer(way, request)
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

/// What an answer needs of its connection.
struct Way {
    simulator: Simulator,
    breaker: Breaker,
    address: String,
    stopped: watch::Receiver<bool>,
}

/// The connection ends without an answer.
#[derive(Debug)]
struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection breaks, as the fault plan says")
    }
}

impl Error for Ended {}

async fn answer(way: Way, request: Request<Incoming>) -> Result<Response<Parcel>, Ended> {
    let (head, body) = request.into_parts();
    // A body that is announced too large is refused at once, one that becomes too large when it does.
    if body.size_hint().lower() > u64::try_from(MOST_BYTES).unwrap_or(u64::MAX) {
        return Ok(without_body(StatusCode::PAYLOAD_TOO_LARGE));
    }
    match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => {
            let request = Request::from_parts(head, body.to_bytes());
            let (reply, ticket) = way.simulator.begin(request, &way.address, Face::Wire);
            if !reply.delay.is_zero() {
                way.simulator.clock().sleep(reply.delay).await;
            }
            deliver(way, reply.shape, ticket).await
        }
        Err(error) if error.is::<LengthLimitError>() => Ok(without_body(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Ok(without_body(StatusCode::BAD_REQUEST)),
    }
}

async fn deliver(mut way: Way, shape: Shape, ticket: Ticket) -> Result<Response<Parcel>, Ended> {
    match shape {
        Shape::Answer(response) => Ok(response.map(|body| Parcel::whole(body, Some(ticket)))),
        Shape::Slow(response, rate) => {
            Ok(response.map(|body| Parcel::slow(body, rate, &way.simulator, ticket)))
        }
        Shape::Bomb(response, bytes) => Ok(response.map(|_| Parcel::blank(bytes, ticket))),
        Shape::Broken(stage, response) => {
            way.breaker.plan(stage, response.body().len());
            ticket.finish(false);
            if matches!(stage, ResetStage::Connect | ResetStage::Request) {
                return Err(Ended);
            }
            Ok(response.map(|body| Parcel::whole(body, None)))
        }
        Shape::Hang => {
            // The sender is gone only when the server is, and then this ends with it.
            let _ = way.stopped.wait_for(|stopped| *stopped).await;
            Err(Ended)
        }
    }
}

fn without_body(status: StatusCode) -> Response<Parcel> {
    let mut response = Response::new(Parcel::whole(Bytes::new(), None));
    *response.status_mut() = status;
    response
}
