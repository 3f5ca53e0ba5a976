//! The simulator over HTTP.

use std::{
    error::Error,
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri, Version,
    header::{CONTENT_TYPE, HOST},
    request::Parts,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use plume_runtime::{Clock, SystemClock};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::breaking::{Abort, Breakable, Breaker, Parcel};
use crate::endpoints::Endpoints;
use crate::error_body::Problem;
use crate::faults::ResetStage;
use crate::replacement::json;
use crate::request_line::{Expecting, RequestLines};
use crate::simulator::{Face, Shape, Simulator, Ticket};
use crate::timer::ClockTimer;

/// The largest request body that is read.
const MOST_BYTES: usize = 1 << 20;
/// How long a connection may take for the head of its next request; an idle one is closed after it.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(60);
/// Where a test in another process finds the verdict. Only loopback addresses are answered, and nothing here is counted.
const CONTROL: &str = "/simulator/";
/// How many connections are open at a time; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 1_024;
/// The pauses after failed accepts, for example without a free descriptor: the first, and what it grows to.
const ACCEPT_PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

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
    /// To a test in another process on this machine, `GET /simulator/verdict` gives [`Verdict::to_json`](crate::Verdict::to_json)
    /// and `POST /simulator/reset` calls [`Simulator::reset`].
    ///
    /// Needs a tokio runtime with I/O enabled; the server runs on it until it is stopped or dropped. It holds at most
    /// 1,024 connections at a time, and gives a client 60 s for the head of a request and 60 s for its body, by the
    /// machine's clock.
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
        let house = House {
            simulator: self.clone(),
            scheme,
            timer: Arc::new(SystemClock::new()),
            most_connections: MOST_CONNECTIONS,
        };
        let task = tokio::spawn(accept(listener, house, door, stopped));
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

/// What all connections of a server share.
#[derive(Clone)]
struct House {
    simulator: Simulator,
    scheme: &'static str,
    /// The time by which clients are given up: the machine's, as the simulator's can be set by hand.
    timer: Arc<dyn Clock>,
    most_connections: usize,
}

async fn accept(listener: TcpListener, house: House, door: Door, stopped: watch::Receiver<bool>) {
    // The connections live in this task's set: when the task is aborted, they end with it.
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
            if connections.len() >= house.most_connections {
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
                connections.spawn(enter(stream, peer, house.clone(), door.clone(), stopped.clone()));
            }
            Some(Err(_)) => {
                let mut wait = pin!(house.timer.sleep(pause));
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

async fn enter(
    stream: TcpStream,
    peer: SocketAddr,
    house: House,
    door: Door,
    stopped: watch::Receiver<bool>,
) {
    match door {
        Door::Plain => connection(stream, peer, house, stopped).await,
        #[cfg(feature = "tls")]
        Door::Tls(keys) => {
            let mut watching = stopped.clone();
            let mut stop = pin!(watching.wait_for(|stopped| *stopped));
            let mut shaking = Box::pin(within(&*house.timer, HEAD_TIME, keys.accept(stream)));
            // A client that never finishes its handshake must not hold up the end of the server.
            let shaken = poll_fn(|cx| match shaking.as_mut().poll(cx) {
                Poll::Ready(shaken) => Poll::Ready(shaken.and_then(Result::ok)),
                Poll::Pending => stop.as_mut().poll(cx).map(|_| None),
            })
            .await;
            drop(shaking);
            // A failed handshake is the client's affair: it has an error of its own.
            if let Some(stream) = shaken {
                connection(stream, peer, house, stopped).await;
            }
        }
    }
}

async fn connection<S>(stream: S, peer: SocketAddr, house: House, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Abort + Unpin,
{
    let breaker = Breaker::default();
    let address = peer.ip().to_string();
    let loopback = peer.ip().to_canonical().is_loopback();
    let stopping = stopped.clone();
    let expecting = Expecting::default();
    let line = house.simulator.open_line(&address);
    let number = line.number();
    let stream = Breakable { stream, breaker: breaker.clone() };
    let stream = RequestLines { stream, expecting: expecting.clone() };
    let timer = ClockTimer(Arc::clone(&house.timer));
    let service = service_fn(move |request| {
        let way = Way {
            house: house.clone(),
            breaker: breaker.clone(),
            expecting: expecting.clone(),
            address: address.clone(),
            loopback,
            line: number,
            stopped: stopping.clone(),
        };
        answer(way, request)
    });
    // The simulator writes the date itself, by its own clock.
    let serving = http1::Builder::new()
        .auto_date_header(false)
        .timer(timer)
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), service);
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
    house: House,
    breaker: Breaker,
    expecting: Expecting,
    address: String,
    loopback: bool,
    line: u64,
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
    let (mut head, body) = request.into_parts();
    let Some(target) = target(&head, way.house.scheme) else {
        return Ok(refuse(&Problem::bad_request("A request needs exactly one valid Host header")));
    };
    head.uri = target;
    if way.loopback
        && let Some(what) = head.uri.path().strip_prefix(CONTROL)
    {
        return Ok(control(&way.house.simulator, &head.method, what));
    }
    // A body that is announced too large is refused at once, one that becomes too large when it does.
    let too_large = || Ok(refuse(&Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE)));
    if body.size_hint().lower() > u64::try_from(MOST_BYTES).unwrap_or(u64::MAX) {
        return too_large();
    }
    match within(&*way.house.timer, BODY_TIME, Limited::new(body, MOST_BYTES).collect()).await {
        Some(Ok(body)) => {
            way.expecting.next_request();
            let request = Request::from_parts(head, body.to_bytes());
            let (reply, ticket) = way.house.simulator.begin(request, &way.address, Face::Wire(way.line));
            if !reply.delay.is_zero() {
                way.house.simulator.clock().sleep(reply.delay).await;
            }
            deliver(way, reply.shape, ticket).await
        }
        Some(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Some(Err(_)) => Ok(refuse(&Problem::bad_request("The body of the request could not be read"))),
        None => Ok(refuse(&Problem::of_status(StatusCode::REQUEST_TIMEOUT))),
    }
}

/// The output of `work`, or nothing if it takes longer than `limit`.
async fn within<F: Future>(timer: &dyn Clock, limit: Duration, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut late = timer.sleep(limit);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => late.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// The whole URL that a request is for (RFC 9112, section 3.2): from its target and its one `Host`, which HTTP/1.0 may
/// leave out.
fn target(head: &Parts, scheme: &str) -> Option<Uri> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok()?,
        (None, _) if head.version < Version::HTTP_11 => "localhost",
        _ => return None,
    };
    let authority = head.uri.authority().map_or(host, |authority| authority.as_str());
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build().ok()
}

async fn deliver(mut way: Way, shape: Shape, ticket: Ticket) -> Result<Response<Parcel>, Ended> {
    match shape {
        Shape::Answer(response) => Ok(response.map(|body| Parcel::whole(body, Some(ticket)))),
        Shape::Slow(response, rate) => {
            Ok(response.map(|body| Parcel::slow(body, rate, &way.house.simulator, ticket)))
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

/// Answers a test in another process: the verdict, and the way back to the start.
fn control(simulator: &Simulator, method: &Method, what: &str) -> Response<Parcel> {
    match (what, method) {
        ("verdict", &Method::GET) => {
            let mut response = Response::new(Parcel::whole(simulator.verdict().to_json().into(), None));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        ("reset", &Method::POST) => {
            simulator.reset();
            let mut response = Response::new(Parcel::whole(Bytes::new(), None));
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        _ => refuse(&Problem::no_method(method.as_str(), &format!("{CONTROL}{what}"))),
    }
}

/// An answer of the server itself, in the envelope of the API.
fn refuse(problem: &Problem) -> Response<Parcel> {
    json(problem.status, &problem.body()).map(|body| Parcel::whole(body, None))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use plume_runtime::ManualClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server whose patience ends by `clock`.
    async fn serve(clock: &ManualClock, most_connections: usize) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let house = House {
            simulator: Simulator::builder().customers(0).build(),
            scheme: "http",
            timer: Arc::new(clock.clone()),
            most_connections,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let _stop = stop;
            accept(listener, house, Door::Plain, stopped).await;
        });
        (address, task)
    }

    fn clock() -> ManualClock {
        ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200))
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
        // The system accepts it, the server does not look at it yet.
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
