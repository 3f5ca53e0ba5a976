//! Unknown customers among known ones: no existing customer is refused, and the token endpoint gets no extra requests.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use bytes::Bytes;
use chrono::DateTime;
use futures_util::{StreamExt, stream};
use http::{Request, Response, header::AUTHORIZATION};
use plume_auth::{CachedTokenProvider, ClientCredentials, Credential, Scope, SecureUrl};
use plume_client::{Client, ErrorKind, Resource};
use plume_runtime::{Clock, InProcess, Transport};
use serde_json::json;

use gauges::{Reading, Settings};

use gauges::VirtualClock;

const KNOWN: usize = 1_000;
const UNKNOWN: usize = 500;
const AT_ONCE: usize = 8;
/// The lifetime of a token.
const LIFE: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A cloud and its token endpoint.
struct Cloud {
    accepted: BTreeSet<u32>,
    issued: u32,
    introspections: u32,
    calls: u64,
    lot: fastrand::Rng,
    /// Planted: every 401 names the token as its cause, so the client discards the token each time.
    blames_the_token: bool,
}

type Shared = Arc<Mutex<Cloud>>;

fn lock(cloud: &Shared) -> MutexGuard<'_, Cloud> {
    cloud.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(status: u16, body: String) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    answer
}

impl Cloud {
    fn answer(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path();
        if path.ends_with("/token") {
            self.issued += 1;
            self.accepted.insert(self.issued);
            let (number, life) = (self.issued, LIFE.as_secs());
            let token =
                json!({"token_type": "Bearer", "expires_in": life, "access_token": format!("fake-{number}")});
            return answer(200, token.to_string());
        }
        if path.ends_with("/introspect") {
            self.introspections += 1;
            let form = String::from_utf8_lossy(request.body());
            let number = form.split('&').find_map(|pair| pair.strip_prefix("token=fake-"));
            return answer(200, json!({"active": self.accepts(number)}).to_string());
        }
        self.calls += 1;
        let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let good = self.accepts(shown.and_then(|value| value.strip_prefix("Bearer fake-")));
        if good && path.contains("/known-") {
            return answer(200, r#"{"id":"5f0000000000000000000001"}"#.to_owned());
        }
        let code = if self.blames_the_token { "INVALID_TOKEN" } else { "AUTHORIZATION_REQUIRED" };
        answer(401, json!({"error": {"statusCode": 401, "code": code}}).to_string())
    }

    fn accepts(&self, number: Option<&str>) -> bool {
        number.and_then(|number| number.parse().ok()).is_some_and(|number| self.accepted.contains(&number))
    }
}

struct Rig {
    cloud: Shared,
    clock: VirtualClock,
    client: Client,
}

fn rig(settings: Settings) -> Result<Rig, String> {
    let cloud = Arc::new(Mutex::new(Cloud {
        accepted: BTreeSet::new(),
        issued: 0,
        introspections: 0,
        calls: 0,
        lot: fastrand::Rng::with_seed(settings.seed),
        blames_the_token: settings.plant,
    }));
    let clock = VirtualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
    let (server, time) = (Arc::clone(&cloud), clock.clone());
    let transport: Arc<dyn Transport> = Arc::new(InProcess::new(move |request: Request<Bytes>| {
        let (server, time) = (Arc::clone(&server), time.clone());
        async move {
            // The request takes time, in which other calls continue.
            let [there, back] = [(); 2].map(|()| Duration::from_millis(lock(&server).lot.u64(5..200)));
            time.sleep(there).await;
            let answer = lock(&server).answer(&request);
            time.sleep(back).await;
            Ok(answer)
        }
    }));
    let url = |text: &str| SecureUrl::parse(text).map_err(|error| error.to_string());
    let source = ClientCredentials::new(
        url("https://sso.example.net/oauth2/aus/v1/token")?,
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::partner_admin("5e00000000000000000000aa"),
        Arc::clone(&transport),
    )
    .clock(Arc::new(clock.clone()));
    let tokens = CachedTokenProvider::builder(source, Arc::new(clock.clone())).seed(settings.seed).build();
    let client = Client::builder()
        .api_base(url("https://cloud.example.net/api")?)
        .token_provider(tokens)
        .transport(transport)
        .clock(Arc::new(clock.clone()))
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Rig { cloud, clock, client })
}

/// The outcome of reading all ids.
#[derive(Debug, Default)]
struct Seen {
    known_refused: usize,
    /// Unknown ids that were not reported as unknown.
    misjudged: usize,
    token_requests: u32,
    calls: u64,
}

/// Reads all ids in turn, with the token revoked after half of them if `revoked`.
async fn read_all(rig: &Rig, revoked: bool) -> Seen {
    let ids = (0..KNOWN + UNKNOWN).map(|number| match number % 3 {
        2 => format!("deleted-{number}"),
        _ => format!("known-{number}"),
    });
    let results = stream::iter(ids.enumerate())
        .map(|(number, id)| async move {
            if revoked && number == (KNOWN + UNKNOWN) / 2 {
                lock(&rig.cloud).accepted.clear();
            }
            let result = rig.client.customer(id.as_str()).get().await;
            (id.starts_with("known"), result.err().map(|error| error.kind()))
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let unknown = Some(ErrorKind::NotFound(Resource::Customer));
    let cloud = lock(&rig.cloud);
    Seen {
        known_refused: results.iter().filter(|(known, failed)| *known && failed.is_some()).count(),
        misjudged: results.iter().filter(|(known, failed)| !known && *failed != unknown).count(),
        token_requests: cloud.issued,
        calls: cloud.calls,
    }
}

/// Polls one home for a day. Returns the number of token requests.
async fn poll(rig: &Rig, id: &str) -> u32 {
    let end = rig.clock.monotonic() + DAY;
    while rig.clock.monotonic() < end {
        let _ = rig.client.customer(id).get().await;
        rig.clock.sleep(POLL).await;
    }
    lock(&rig.cloud).issued
}

/// A waker that records that it was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls `work` to its end. The time advances when no task can run.
fn drive<T>(rig: &Rig, work: impl Future<Output = T>) -> Result<T, String> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(value);
        }
        if !woken.0.swap(false, Ordering::SeqCst) && !rig.clock.step() {
            return Err("deadlock: all tasks wait and no timer is set".to_owned());
        }
    }
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let (mixed, revoked) = (rig(settings)?, rig(settings)?);
    let (healthy, deleted) = (rig(settings)?, rig(settings)?);
    let first = drive(&mixed, read_all(&mixed, false))?;
    let again = drive(&mixed, read_all(&mixed, false))?;
    let middle = drive(&revoked, read_all(&revoked, true))?;
    let lives = drive(&healthy, poll(&healthy, "known-1"))?;
    let polled = drive(&deleted, poll(&deleted, "deleted-1"))?;
    let ids = (KNOWN + UNKNOWN) as u64;
    let judged = |seen: &Seen| seen.known_refused == 0 && seen.misjudged == 0;
    // The reads take some minutes at six calls per second, so a token can expire meanwhile.
    let pass = judged(&first)
        && judged(&again)
        && judged(&middle)
        && first.token_requests <= 2
        && first.calls <= ids + UNKNOWN as u64
        && again.token_requests <= first.token_requests + 1
        && middle.token_requests <= 2
        && polled <= lives;
    Ok(Reading {
        value: json!({
            "known_refused": first.known_refused + again.known_refused + middle.known_refused,
            "misjudged": first.misjudged + again.misjudged + middle.misjudged,
            "calls": [first.calls, again.calls - first.calls, middle.calls],
            "token_requests": [first.token_requests, again.token_requests - first.token_requests, middle.token_requests],
            "token_requests_of_a_day": { "known": lives, "deleted": polled },
            "introspections_of_a_day": lock(&deleted.cloud).introspections,
        }),
        goal: "1,000 known and 500 unknown ids in turns, 8 at a time: 0 known ones refused, at most 2 token requests and one \
               call more per unknown id; one more token if it is revoked in the middle; a deleted home polled for a day costs \
               no more token requests than a known one",
        pass,
        scanned: 3 * ids + 2 * DAY.as_secs() / POLL.as_secs(),
    })
}
