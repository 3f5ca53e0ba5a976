//! The promises that hold whatever happens: calls, time, secrets, cancellation, and the order of causes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use plume_client::{
    CallRate, RateLimiter,
    doctor::{Check, Diagnosis, MAX_CALLS},
};
use plume_runtime::{
    Clock, ConnectStep, InProcess, Limits, ManualClock, Transport, TransportError, TransportErrorKind as Kind,
};
use proptest::prelude::*;

use crate::setup::{CLOUD, SSO, law, setup, start};

/// A behaviour of one kind of request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Passes,
    Status(u16),
    Page,
    NoList,
    Fails(Kind, Option<ConnectStep>),
    SpeaksOfToken,
}

/// The kinds of requests that can fail apart from each other.
const PARTS: [&str; 8] =
    ["/token", "/Customers?", "/Groups", "/locations?", "/nodes", "/devices", "/reports", "/lteservice"];

fn part(request: &Request<Bytes>) -> Option<usize> {
    let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let target = if target.contains('?') { target } else { format!("{target}?") };
    // The last that matches, because the paths of details begin like those of lists.
    (0..PARTS.len()).rev().find(|part| target.contains(PARTS[*part]))
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let steps = proptest::option::of(prop_oneof![
        Just(ConnectStep::ResolveServer),
        Just(ConnectStep::ConnectServer),
        Just(ConnectStep::ConnectProxy),
        Just(ConnectStep::Tunnel),
    ]);
    let fault = prop_oneof![
        8 => Just(Fault::Passes),
        2 => prop_oneof![Just(400), Just(401), Just(403), Just(404), Just(412), Just(429), Just(500), Just(501), Just(503)]
            .prop_map(Fault::Status),
        1 => Just(Fault::Page),
        1 => Just(Fault::NoList),
        1 => Just(Fault::SpeaksOfToken),
        1 => steps.prop_map(|step| Fault::Fails(Kind::Connect, step)),
        1 => prop_oneof![Just(Kind::Tls), Just(Kind::Proxy), Just(Kind::Timeout), Just(Kind::Interrupted), Just(Kind::Refused)]
            .prop_map(|kind| Fault::Fails(kind, None)),
    ];
    proptest::collection::vec(fault, PARTS.len())
}

fn response(status: u16, body: &'static str) -> Result<Response<Bytes>, TransportError> {
    Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap())
}

/// Nothing behind a failed check is passed.
fn causes(diagnosis: &Diagnosis) {
    let named = |name: &str| diagnosis.check(name).unwrap();
    let of = |name: &str, host: &str| {
        diagnosis
            .checks
            .iter()
            .find(|check| check.name == name && check.subject.as_deref() == Some(host))
            .unwrap()
    };
    let behind = |cause: &Check, effects: &[&Check]| {
        if !cause.is_passed() && (cause.is_failed() || cause.subject.is_none()) {
            for effect in effects {
                assert!(effect.is_skipped(), "{} behind {}:\n{diagnosis}", effect.name, cause.name);
            }
        }
    };
    let calls: Vec<&Check> =
        ["customers", "partner", "locations", "nodes", "devices", "wifi", "reports", "lte"].map(named).into();
    let later: Vec<&Check> =
        calls.iter().copied().chain([named("response-shape"), named("call-limit")]).collect();
    for (host, effects) in [(SSO, vec![named("token"), named("scopes")]), (CLOUD, calls.clone())] {
        for name in ["dns", "connect", "tls", "proxy"] {
            let cause = of(name, host);
            if cause.is_failed() {
                behind(cause, &effects);
            }
        }
        if of("dns", host).is_failed() {
            behind(of("dns", host), &[of("connect", host), of("tls", host)]);
        }
        if of("connect", host).is_failed() {
            behind(of("connect", host), &[of("tls", host)]);
        }
        let failures =
            ["dns", "connect", "tls", "proxy"].into_iter().filter(|name| of(name, host).is_failed());
        assert!(failures.count() <= 1, "{diagnosis}");
    }
    if !named("token").is_passed() {
        behind(named("token"), &[named("scopes")]);
        behind(named("token"), &later);
    }
    if !named("locations").is_passed() {
        for effect in ["nodes", "devices", "wifi", "reports"] {
            assert!(named(effect).is_skipped(), "{diagnosis}");
        }
    }
    if calls.iter().all(|check| !check.is_passed()) {
        assert!(named("response-shape").is_skipped(), "{diagnosis}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_promises_hold_for_every_combination_of_faults(faults in faults()) {
        let setup = setup();
        let (inner, sent) = (setup.simulator.transport(), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&sent);
        let per_part: Arc<Mutex<Vec<u32>>> = Arc::new(Mutex::new(vec![0; PARTS.len()]));
        let parts = Arc::clone(&per_part);
        let faults = Arc::new(faults);
        let of_transport = Arc::clone(&faults);
        let transport = InProcess::new(move |request: Request<Bytes>| {
            count.fetch_add(1, Ordering::Relaxed);
            let part = part(&request);
            if let Some(part) = part {
                parts.lock().unwrap()[part] += 1;
            }
            let (inner, fault) = (Arc::clone(&inner), part.map_or(Fault::Passes, |part| of_transport[part]));
            async move {
                match fault {
                    Fault::Passes => inner.send(request, &Limits::default()).await,
                    Fault::Status(status) => response(status, r#"{"error":{"statusCode":400,"name":"Error","message":"x"}}"#),
                    Fault::Page => response(200, "<html>log in</html>"),
                    Fault::NoList => response(200, "[]"),
                    Fault::SpeaksOfToken => response(401, r#"{"error":{"statusCode":401,"code":"INVALID_TOKEN","message":"x"}}"#),
                    Fault::Fails(kind, step) => {
                        let error = TransportError::new(kind, "planted");
                        Err(match step {
                            Some(step) => error.with_step(step),
                            None => error,
                        })
                    }
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let diagnosis = runtime.block_on(setup.doctor().transport(Arc::new(transport)).run());
        law(&diagnosis);
        causes(&diagnosis);
        prop_assert!(diagnosis.calls <= MAX_CALLS);
        prop_assert_eq!(diagnosis.calls, sent.load(Ordering::Relaxed));
        prop_assert!(per_part.lock().unwrap()[0] <= 1, "one token request:\n{}", diagnosis);
        let all_pass = faults.iter().all(|fault| *fault == Fault::Passes);
        prop_assert!(!all_pass || diagnosis.failed().count() == 0, "{}", diagnosis);
    }
}

#[tokio::test]
async fn no_output_holds_a_secret() {
    // `canary-client:canary-secret-of-the-client`
    const ENCODED: &str = "Y2FuYXJ5LWNsaWVudDpjYW5hcnktc2VjcmV0LW9mLXRoZS1jbGllbnQ=";
    let setup = setup();
    // A server that repeats whatever it gets.
    let transport = InProcess::new(move |request: Request<Bytes>| async move {
        let header =
            request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if request.uri().path().ends_with("/token") {
            let token = r#"{"token_type":"Bearer","expires_in":600,"access_token":"canary.access.token","scope":"other"}"#;
            return response(200, token);
        }
        let body = format!(r#"{{"error":{{"statusCode":500,"message":"you sent {header}"}}}}"#);
        Ok(Response::builder()
            .status(500)
            .header("x-ratelimit-limit", header)
            .body(Bytes::from(body))
            .unwrap())
    });
    let header = format!("Basic {ENCODED}");
    let setup = setup
        .with("PLUME_AUTH_HEADER", &header)
        .with("PLUME_PROXY", "http://user:canary-proxy@proxy.example.net:3128");
    let doctor = setup.doctor().transport(Arc::new(transport));
    let diagnosis = doctor.run().await;
    law(&diagnosis);
    assert!(diagnosis.check("scopes").unwrap().warnings().len() == 2, "{diagnosis}");
    let shown = [
        diagnosis.to_string(),
        format!("{diagnosis:?}"),
        serde_json::to_string(&diagnosis).unwrap(),
        format!("{doctor:?}"),
        format!("{doctor:#?}"),
    ];
    for text in shown {
        for secret in ["canary", ENCODED] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

/// A transport that never ends.
fn silent() -> Arc<dyn Transport> {
    Arc::new(InProcess::new(|_: Request<Bytes>| std::future::pending()))
}

#[tokio::test]
async fn a_transport_that_never_ends_costs_one_deadline_per_host() {
    let setup = setup();
    let clock = ManualClock::new(start());
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let limiter = RateLimiter::new(CallRate::default(), Arc::clone(&shared));
    let doctor = setup.doctor().transport(silent()).clock(shared).rate_limiter(limiter);
    let doctor = doctor.check_deadline(Duration::from_secs(3));
    let task = tokio::spawn(async move { doctor.run().await });
    let mut waited = Duration::ZERO;
    while !task.is_finished() {
        tokio::task::yield_now().await;
        if clock.sleepers() > 0 {
            clock.advance(Duration::from_millis(500));
            waited += Duration::from_millis(500);
        }
        assert!(waited < Duration::from_secs(60));
    }
    let diagnosis = task.await.unwrap();
    law(&diagnosis);
    let failed: Vec<_> =
        diagnosis.failed().map(|check| (check.name.as_str(), check.subject.as_deref().unwrap())).collect();
    assert_eq!(failed, [("connect", SSO), ("connect", CLOUD)], "{diagnosis}");
    assert!(waited <= Duration::from_secs(7), "{waited:?}");
    assert_eq!(clock.sleepers(), 0);
}

#[tokio::test]
async fn a_cancelled_doctor_leaves_nothing_behind() {
    // Cancelled in the middle of each request in turn.
    for stop_at in 1..=9 {
        let setup = setup();
        let clock = ManualClock::new(start());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let limiter = RateLimiter::new(CallRate::default(), Arc::clone(&shared));
        let (inner, sent) = (setup.simulator.transport(), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&sent);
        let transport: Arc<dyn Transport> = Arc::new(InProcess::new(move |request: Request<Bytes>| {
            let (inner, number) = (Arc::clone(&inner), count.fetch_add(1, Ordering::Relaxed) + 1);
            async move {
                match number {
                    _ if number >= stop_at => std::future::pending().await,
                    _ => inner.send(request, &Limits::default()).await,
                }
            }
        }));
        let weak = Arc::downgrade(&transport);
        let doctor = setup.doctor().transport(transport).clock(shared).rate_limiter(limiter.clone());
        let mut run = Box::pin(async move { doctor.run().await });
        assert!((&mut run).now_or_never().is_none(), "{stop_at}");
        assert_eq!(sent.load(Ordering::Relaxed), stop_at);
        drop(run);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(sent.load(Ordering::Relaxed), stop_at, "no request after the end");
        assert_eq!((clock.sleepers(), limiter.status().waiting), (0, 0), "{stop_at}");
        assert!(weak.upgrade().is_none(), "nothing holds the transport");
    }
}

#[tokio::test]
async fn an_address_that_is_blocked_already_gets_no_call() {
    let setup = setup();
    let clock: Arc<dyn Clock> = Arc::new(setup.clock.clone());
    let mut rate = CallRate::default();
    rate.per_window = 0;
    let diagnosis = setup.doctor().rate_limiter(RateLimiter::new(rate, clock)).run().await;
    law(&diagnosis);
    assert_eq!(diagnosis.calls, 1, "the token request only:\n{diagnosis}");
}
