//! A connection of the server: its requests, its responses, and its end.

use std::{
    error::Error,
    fmt,
    future::poll_fn,
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
use plume_runtime::Clock;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
};

use crate::faults::ResetStage;
use crate::http::{ApiError, json};
use crate::server::breaking::{Abort, AnswerBody, Breakable, Breaker};
use crate::server::request_line::Expecting;
use crate::server::timer::ClockTimer;
#[cfg(feature = "tls")]
use crate::server::tls::Keys;
use crate::simulator::{InFlight, Origin, Shape, Simulator};

/// Maximum size of a request body.
const MOST_BYTES: usize = 1 << 20;
/// Maximum time for the head of the next request. An idle connection is closed after it.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(60);
/// Maximum time for the body of a request.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(60);
/// The path of the verdict for a test in another process. Only loopback addresses may use it, and its requests are
/// not counted.
const CONTROL: &str = "/simulator/";

/// Plain or TLS connections.
#[derive(Clone)]
pub(crate) enum Security {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Keys),
}

impl Security {
    pub(crate) fn scheme(&self) -> &'static str {
        match self {
            Self::Plain => "http",
            #[cfg(feature = "tls")]
            Self::Tls(_) => "https",
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn root_certificate(&self) -> Option<String> {
        match self {
            Self::Plain => None,
            Self::Tls(keys) => Some(keys.root_pem().to_owned()),
        }
    }
}

/// The state shared by all connections of a server.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) simulator: Simulator,
    pub(crate) scheme: &'static str,
    /// The clock of the timeouts. It is the system clock, because the simulator's may be set by hand.
    pub(crate) timer: Arc<dyn Clock>,
    pub(crate) most_connections: usize,
}

pub(crate) async fn enter(
    stream: TcpStream,
    peer: SocketAddr,
    context: Context,
    security: Security,
    stopped: watch::Receiver<bool>,
) {
    match security {
        Security::Plain => connection(stream, peer, context, stopped).await,
        #[cfg(feature = "tls")]
        Security::Tls(keys) => {
            let mut watching = stopped.clone();
            let mut stop = pin!(watching.wait_for(|stopped| *stopped));
            let mut shaking = Box::pin(within(&*context.timer, HEAD_TIME, keys.accept(stream)));
            // A client that never completes its handshake must not delay the end of the server.
            let shaken = poll_fn(|cx| match shaking.as_mut().poll(cx) {
                Poll::Ready(shaken) => Poll::Ready(shaken.and_then(Result::ok)),
                Poll::Pending => stop.as_mut().poll(cx).map(|_| None),
            })
            .await;
            drop(shaking);
            // A failed handshake is reported to the client, which has its own error.
            if let Some(stream) = shaken {
                connection(stream, peer, context, stopped).await;
            }
        }
    }
}

async fn connection<S>(stream: S, peer: SocketAddr, context: Context, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Abort + Unpin,
{
    let breaker = Breaker::default();
    let address = peer.ip().to_string();
    let loopback = peer.ip().to_canonical().is_loopback();
    let stopping = stopped.clone();
    let expecting = Expecting::default();
    let connection = context.simulator.open_connection(&address);
    let number = connection.number();
    let stream = Breakable { stream, breaker: breaker.clone(), expecting: expecting.clone() };
    let timer = ClockTimer(Arc::clone(&context.timer));
    let service = service_fn(move |request| {
        let caller = Caller {
            context: context.clone(),
            breaker: breaker.clone(),
            expecting: expecting.clone(),
            address: address.clone(),
            loopback,
            connection: number,
            stopped: stopping.clone(),
        };
        answer(caller, request)
    });
    // The simulator sets the date by its own clock.
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
        // An error means that the client disconnected or did not send HTTP, so no response is possible.
        Pin::new(&mut serving).poll(cx).map(drop)
    })
    .await;
}

/// The state of a connection that a response needs.
struct Caller {
    context: Context,
    breaker: Breaker,
    expecting: Expecting,
    address: String,
    loopback: bool,
    connection: u64,
    stopped: watch::Receiver<bool>,
}

/// The connection ends without a response.
#[derive(Debug)]
struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fault plan breaks the connection")
    }
}

impl Error for Ended {}

async fn answer(caller: Caller, request: Request<Incoming>) -> Result<Response<AnswerBody>, Ended> {
    let (mut head, body) = request.into_parts();
    let Some(target) = target(&head, caller.context.scheme) else {
        return Ok(refuse(&ApiError::bad_request("A request needs exactly one valid Host header")));
    };
    head.uri = target;
    if caller.loopback
        && let Some(what) = head.uri.path().strip_prefix(CONTROL)
    {
        return Ok(control(&caller.context.simulator, &head.method, what));
    }
    // A body that is announced as too large is refused at once; otherwise when it exceeds the limit.
    let too_large = || Ok(refuse(&ApiError::of_status(StatusCode::PAYLOAD_TOO_LARGE)));
    if body.size_hint().lower() > u64::try_from(MOST_BYTES).unwrap_or(u64::MAX) {
        return too_large();
    }
    match within(&*caller.context.timer, BODY_TIME, Limited::new(body, MOST_BYTES).collect()).await {
        Some(Ok(body)) => {
            caller.expecting.next_request();
            let request = Request::from_parts(head, body.to_bytes());
            let (delivery, in_flight) =
                caller.context.simulator.begin(request, &caller.address, Origin::Wire(caller.connection));
            if !delivery.delay.is_zero() {
                caller.context.simulator.clock().sleep(delivery.delay).await;
            }
            deliver(caller, delivery.shape, in_flight).await
        }
        Some(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Some(Err(_)) => Ok(refuse(&ApiError::bad_request("The body of the request could not be read"))),
        None => Ok(refuse(&ApiError::of_status(StatusCode::REQUEST_TIMEOUT))),
    }
}

/// Returns the output of `work`, or `None` after `limit`.
async fn within<F: Future>(timer: &dyn Clock, limit: Duration, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut late = timer.sleep(limit);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => late.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// Returns the complete URL of a request (RFC 9112, section 3.2) from its target and its one `Host`, which HTTP/1.0
/// may omit.
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

async fn deliver(
    mut caller: Caller,
    shape: Shape,
    in_flight: InFlight,
) -> Result<Response<AnswerBody>, Ended> {
    match shape {
        Shape::Answer(response) => Ok(response.map(|body| AnswerBody::whole(body, Some(in_flight)))),
        Shape::Slow(response, rate) => {
            Ok(response.map(|body| AnswerBody::slow(body, rate, &caller.context.simulator, in_flight)))
        }
        Shape::Bomb(response, bytes) => Ok(response.map(|_| AnswerBody::blank(bytes, in_flight))),
        Shape::Broken(stage, response) => {
            caller.breaker.plan(stage, response.body().len());
            in_flight.finish(false);
            if matches!(stage, ResetStage::Connect | ResetStage::Request) {
                return Err(Ended);
            }
            Ok(response.map(|body| AnswerBody::whole(body, None)))
        }
        Shape::Hang => {
            // The sender is dropped with the server, which ends this task as well.
            let _ = caller.stopped.wait_for(|stopped| *stopped).await;
            Err(Ended)
        }
    }
}

/// Responds to a test in another process: verdict and reset.
fn control(simulator: &Simulator, method: &Method, what: &str) -> Response<AnswerBody> {
    match (what, method) {
        ("verdict", &Method::GET) => {
            let mut response = Response::new(AnswerBody::whole(simulator.verdict().to_json().into(), None));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        ("reset", &Method::POST) => {
            simulator.reset();
            let mut response = Response::new(AnswerBody::whole(Bytes::new(), None));
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        _ => refuse(&ApiError::no_method(method.as_str(), &format!("{CONTROL}{what}"))),
    }
}

/// Returns a response of the server itself, in the envelope of the API.
fn refuse(api_error: &ApiError) -> Response<AnswerBody> {
    json(api_error.status, &api_error.body()).map(|body| AnswerBody::whole(body, None))
}
