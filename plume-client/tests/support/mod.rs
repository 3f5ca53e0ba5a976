//! A client whose requests are written down and whose answers are made up.
#![allow(dead_code, reason = "not every test needs everything")]

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use plume_auth::{SecureUrl, StaticToken};
use plume_client::{Client, ClientBuilder, RateLimiter};
use plume_runtime::{InProcess, ManualClock, TransportError};

pub(crate) type Requests = Arc<Mutex<Vec<Request<Bytes>>>>;

/// A client whose transport calls `answer` with every request, and the requests so far.
pub(crate) fn client(
    answer: impl Fn(&Request<Bytes>) -> (u16, String) + Send + Sync + 'static,
) -> (Client, Requests) {
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let (status, body) = answer(&request);
        seen.lock().unwrap().push(request);
        let answer = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        async move { Ok::<_, TransportError>(answer) }
    });
    (builder().transport(Arc::new(transport)).build().unwrap(), requests)
}

/// All bases, a token, no limit, and a clock that skips waits.
pub(crate) fn builder() -> ClientBuilder {
    let base = |path| SecureUrl::parse(&format!("https://cloud.example.net/{path}")).unwrap();
    let clock = ManualClock::skipping(chrono::DateTime::UNIX_EPOCH);
    Client::builder()
        .api_base(base("api"))
        .reports_base(base("reports"))
        .lte_base(base("lteservice"))
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .rate_limiter(RateLimiter::unlimited(Arc::new(clock.clone())))
        .clock(Arc::new(clock))
}

/// Returns a request in one line: method, path and query, body.
pub(crate) fn line(request: &Request<Bytes>) -> String {
    let target = request.uri().path_and_query().unwrap();
    let body = String::from_utf8_lossy(request.body());
    format!("{} {target} {body}", request.method()).trim_end().to_owned()
}
