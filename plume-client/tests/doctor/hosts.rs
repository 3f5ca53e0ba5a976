//! Failures of connections, by the kinds of a transport's errors.

use std::sync::{Arc, atomic::AtomicBool, atomic::Ordering};

use bytes::Bytes;
use http::Request;
use plume_client::doctor::{Check, Diagnosis, Doctor};
use plume_runtime::{ConnectStep, InProcess, Limits, Transport, TransportError, TransportErrorKind as Kind};

use crate::setup::{CLOUD, SSO, Setup, law, setup};

/// A transport on which every request to `host` fails, and the others reach the simulator.
fn failing(setup: &Setup, host: &'static str, error: TransportError) -> Arc<dyn Transport> {
    let inner = setup.simulator.transport();
    Arc::new(InProcess::new(move |request: Request<Bytes>| {
        let (inner, error) = (Arc::clone(&inner), error.clone());
        async move {
            match request.uri().host() {
                Some(name) if name == host => Err(error),
                _ => inner.send(request, &Limits::default()).await,
            }
        }
    }))
}

async fn run(doctor: Doctor) -> Diagnosis {
    let diagnosis = doctor.run().await;
    law(&diagnosis);
    diagnosis
}

/// The four checks of a host, as `name status`.
fn of<'d>(diagnosis: &'d Diagnosis, host: &str) -> Vec<&'d Check> {
    diagnosis.checks.iter().filter(|check| check.subject.as_deref() == Some(host)).collect()
}

fn brief(checks: &[&Check]) -> String {
    let words = checks.iter().map(|check| match (check.is_passed(), check.is_failed()) {
        (true, _) => format!("{} passed", check.name),
        (_, true) => format!("{} failed", check.name),
        _ => format!("{} skipped", check.name),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn each_failed_step_is_one_failure_with_its_fix() {
    let connect = |message: &str| TransportError::new(Kind::Connect, message);
    let table = [
        (
            connect("the name of the server could not be resolved").with_step(ConnectStep::ResolveServer),
            "dns failed, connect skipped, tls skipped, proxy skipped",
            "Correct the host in PLUME_API_BASE",
        ),
        (
            connect("the server could not be reached").with_step(ConnectStep::ConnectServer),
            "dns passed, connect failed, tls skipped, proxy skipped",
            "the firewall of the network",
        ),
        (
            connect("the server could not be reached in time"),
            "dns skipped, connect failed, tls skipped, proxy skipped",
            "the firewall of the network",
        ),
        (
            connect("the name of the proxy could not be resolved").with_step(ConnectStep::ResolveProxy),
            "dns skipped, connect skipped, tls skipped, proxy failed",
            "Correct the host in the URL of the proxy.",
        ),
        (
            connect("the proxy could not be reached").with_step(ConnectStep::ConnectProxy),
            "dns skipped, connect skipped, tls skipped, proxy failed",
            "start the proxy",
        ),
        (
            connect("the proxy did not connect to the server").with_step(ConnectStep::Tunnel),
            "dns skipped, connect skipped, tls skipped, proxy failed",
            "Let the proxy connect to cloud.example.net.",
        ),
        (
            TransportError::new(Kind::Proxy, "the proxy refused the credentials"),
            "dns skipped, connect skipped, tls skipped, proxy failed",
            "user name and password",
        ),
        (
            TransportError::new(
                Kind::Tls,
                "no trusted TLS connection: invalid peer certificate: UnknownIssuer",
            ),
            "dns passed, connect passed, tls failed, proxy skipped",
            "PLUME_EXTRA_ROOTS",
        ),
        (
            TransportError::new(
                Kind::Tls,
                "no trusted TLS connection: invalid peer certificate: NotValidForName",
            ),
            "dns passed, connect passed, tls failed, proxy skipped",
            "the certificate is for another name than cloud.example.net",
        ),
        (
            TransportError::new(
                Kind::Tls,
                "no trusted TLS connection: received corrupt message of type InvalidContentType",
            ),
            "dns passed, connect passed, tls failed, proxy skipped",
            "the server does not speak TLS there",
        ),
        (
            // The clock agrees with the token endpoint's.
            TransportError::new(Kind::Tls, "no trusted TLS connection: invalid peer certificate: Expired"),
            "dns passed, connect passed, tls failed, proxy skipped",
            "renew",
        ),
        (
            TransportError::new(Kind::Refused, "the address is refused"),
            "dns skipped, connect failed, tls skipped, proxy skipped",
            "Correct the setting that the message names.",
        ),
        (
            TransportError::new(Kind::Runtime, "the runtime has no timers"),
            "dns skipped, connect failed, tls skipped, proxy skipped",
            "enable_all",
        ),
    ];
    for (error, expected, help) in table {
        let setup = setup();
        let diagnosis = run(setup.doctor().transport(failing(&setup, CLOUD, error))).await;
        let checks = of(&diagnosis, CLOUD);
        assert_eq!(brief(&checks), expected, "{diagnosis}");
        let failed: Vec<&Check> = diagnosis.failed().collect();
        assert_eq!(failed.len(), 1, "{diagnosis}");
        assert!(failed[0].help().unwrap().contains(help), "{diagnosis}");
        assert_eq!(brief(&of(&diagnosis, SSO)), "dns passed, connect passed, tls passed, proxy skipped");
        assert!(diagnosis.check("token").unwrap().is_passed(), "{diagnosis}");
        assert!(diagnosis.check("customers").unwrap().is_skipped(), "{diagnosis}");
        assert_eq!(diagnosis.calls, 2, "one attempt per host:\n{diagnosis}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_later_passes_the_host() {
    for kind in [Kind::Interrupted, Kind::Timeout, Kind::Unprocessed] {
        let setup = setup();
        let error = TransportError::new(kind, "the connection was reset");
        let diagnosis = run(setup.doctor().transport(failing(&setup, SSO, error))).await;
        assert_eq!(brief(&of(&diagnosis, SSO)), "dns passed, connect passed, tls passed, proxy skipped");
        assert_eq!(diagnosis.failed().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["token"]);
        // The other host is tried all the same.
        assert_eq!(brief(&of(&diagnosis, CLOUD)), "dns passed, connect passed, tls passed, proxy skipped");
    }
}

#[tokio::test]
async fn a_proxy_hides_what_it_does_itself() {
    let setup = setup().with("PLUME_PROXY", "http://proxy.example.net:3128");
    let diagnosis = run(setup.doctor()).await;
    assert_eq!(brief(&of(&diagnosis, CLOUD)), "dns skipped, connect skipped, tls passed, proxy passed");
}

#[tokio::test]
async fn an_invalid_proxy_sends_nothing() {
    let setup = setup().with("PLUME_PROXY", "http://user:canary@proxy.example.net/path");
    let diagnosis = setup.run().await;
    assert_eq!(diagnosis.calls, 0);
    assert_eq!(diagnosis.failed().map(|check| check.name.as_str()).collect::<Vec<_>>(), ["settings"]);
    assert!(!diagnosis.to_string().contains("canary"));
}

#[tokio::test]
async fn the_real_transport_tells_the_lookup_from_the_connection() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let diagnosis = Doctor::from_variables([
        ("PLUME_SSO_URL", "https://sso.invalid/oauth2/ausEXAMPLE/v1/token".to_owned()),
        ("PLUME_AUTH_HEADER", "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==".to_owned()),
        ("PLUME_PARTNER_ID", "5e00000000000000000000aa".to_owned()),
        ("PLUME_API_BASE", format!("https://{free}/api")),
    ]);
    let diagnosis = run(doctor_without_limit(diagnosis)).await;
    assert!(brief(&of(&diagnosis, "sso.invalid")).starts_with("dns failed"), "{diagnosis}");
    assert!(
        brief(&of(&diagnosis, &free.to_string())).starts_with("dns skipped, connect failed"),
        "{diagnosis}"
    );
    assert!(diagnosis.check("token").unwrap().is_skipped());
}

fn doctor_without_limit(doctor: Doctor) -> Doctor {
    use plume_client::RateLimiter;
    doctor.rate_limiter(RateLimiter::unlimited(Arc::new(plume_runtime::SystemClock::new())))
}

#[tokio::test]
async fn a_host_that_fails_once_is_not_asked_again() {
    // The first request to the API's host passes, every later one fails.
    let setup = setup();
    let (inner, passed) = (setup.simulator.transport(), AtomicBool::new(false));
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let inner = Arc::clone(&inner);
        let is_first = request.uri().host() == Some(CLOUD) && !passed.swap(true, Ordering::Relaxed);
        async move {
            match request.uri().host() {
                Some(CLOUD) if !is_first => Err(TransportError::new(Kind::Timeout, "no response in time")),
                _ => inner.send(request, &Limits::default()).await,
            }
        }
    });
    let diagnosis = run(setup.doctor().transport(Arc::new(transport))).await;
    assert_eq!(
        diagnosis.failed().map(|check| check.name.as_str()).collect::<Vec<_>>(),
        ["partner"],
        "{diagnosis}"
    );
    assert_eq!(diagnosis.calls, 3, "{diagnosis}");
    assert!(brief(&of(&diagnosis, CLOUD)).starts_with("dns passed, connect passed"), "{diagnosis}");
}
