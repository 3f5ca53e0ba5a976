//! The whole document: its series, its names, and who gets it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    middleware,
    routing::get,
};
use plume::{
    monitor::{
        budget::{BudgetPolicy, Census, Load},
        home::CheckFailure,
        ids::{HomeId, TenantId},
        schedule::SchedulePolicy,
        source::SourceProblem,
    },
    runtime::{Clock, ManualClock},
};
use tower::ServiceExt;

use super::*;
use crate::store::{
    HomeStore, MemoryStore, StoreErrorKind, StoreWork,
    model::{NewHome, Tenant},
};

fn present() -> Present {
    Present {
        load: Load::of(&BudgetPolicy::standard(), &SchedulePolicy::standard(), &Census::default()),
        calls: 7,
        unchecked: 1,
        stale: 2,
        overdue: Duration::from_secs(3),
        problems: vec![SourceProblem::Blocked],
        calls_left: Some(100),
        waiting: 2,
        blocked_for: Some(Duration::from_secs(600)),
        has_token: true,
        token_expires_in: Some(Duration::from_secs(60)),
        streams: 4,
    }
}

/// An exporter of homes that are spread over tenants.
async fn exporter(tenants: usize, homes: usize) -> Exporter {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let owner = |number: usize| TenantId::new(format!("tenant-{number}"));
    for number in 0..tenants {
        store.put_tenant(Tenant { id: owner(number), name: String::new() }).await.unwrap();
    }
    let home = |number: usize| NewHome {
        tenant: owner(number % tenants),
        id: HomeId::new(format!("home-{number}")),
        name: "a name".to_owned(),
        customer: "a customer".to_owned(),
        location: "a location".to_owned(),
        region: None,
        tags: Vec::new(),
        due: clock.wall(),
    };
    store.put_homes((0..homes).map(home).collect()).await.unwrap();
    let meters = Meters::new(Arc::new(clock.clone()));
    let present: PresentSource = Arc::new(|| Some(present()));
    Exporter::new(ExporterParts { store: Arc::new(store), clock: Arc::new(clock), meters, present })
}

/// The samples of a document.
fn series(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[tokio::test]
async fn the_number_of_series_does_not_depend_on_the_number_of_homes() {
    let few = exporter(3, 10).await;
    let many = exporter(3, 1_000).await;
    for number in 0..1_000 {
        // Every home, every outcome and every route of a page.
        many.meters().check([None, Some(CheckFailure::Server)][number % 2], Duration::from_secs(1));
        many.meters().message(Some("mail"), "sent");
    }
    let (few, many) = (few.render().await, many.render().await);
    assert_eq!(series(&few).len(), series(&many).len());
    assert!(series(&many).len() <= 250, "{}", series(&many).len());
    for secret in ["home-", "a name", "a customer", "a location"] {
        assert!(!many.contains(secret), "{secret}");
    }
    let crowd = exporter(1_000, 1_000).await.render().await;
    assert!(series(&crowd).len() <= 500, "{}", series(&crowd).len());
    assert!(crowd.contains("plume_server_homes{tenant=\"(other)\",status=\"unknown\"} 950.0"), "{crowd}");
    assert!(crowd.contains("plume_server_tenants 1000.0"));
}

#[tokio::test]
async fn the_age_of_the_last_check_is_that_of_the_last_stored_result() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let meters = Meters::new(Arc::new(clock.clone()));
    clock.advance(Duration::from_secs(60));
    meters.check(None, Duration::from_secs(1));
    meters.lost();
    meters.superseded();
    assert_eq!(meters.since_check(), Duration::from_secs(60));
    // A failure of the cloud is a result.
    meters.check(Some(CheckFailure::Server), Duration::from_secs(1));
    meters.stored(&[]);
    assert_eq!(meters.since_check(), Duration::ZERO);
}

#[tokio::test]
async fn names_follow_the_rules_of_prometheus() {
    let text = exporter(1, 1).await.render().await;
    assert!(text.ends_with("# EOF\n"));
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert!(kinds.insert(name, kind).is_none(), "{name} twice");
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(name.chars().all(is_plain), "{name}");
        assert!(["plume_server_", "plume_client_", "process_"].iter().any(|prefix| name.starts_with(prefix)));
        for unit in ["_ms", "_millis", "_minutes", "_kb", "_percent", "_total"] {
            assert!(!name.ends_with(unit), "{name}");
        }
        assert!(kind != "histogram" || name.ends_with("_seconds"), "{name}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help");
    }
    for (name, kind) in &kinds {
        let sample = if *kind == "counter" { format!("\n{name}_total") } else { format!("\n{name}") };
        // Without a client there is no call.
        assert!(text.contains(&sample) || name.starts_with("plume_client_"), "{name} has no series");
    }
    for line in [
        "plume_server_build_info{version=\"0.1.0\"} 1.0",
        "plume_server_store_up 1.0",
        "plume_server_source_incidents{problem=\"blocked\"} 1.0",
        "plume_server_source_incidents{problem=\"unreachable\"} 0.0",
        "plume_server_blocked_seconds 600.0",
        "plume_server_budget_calls_total 7.0",
        "plume_server_unchecked_homes 1.0",
        "plume_server_stale_homes 2.0",
        "plume_server_open_incidents{scope=\"fleet\",severity=\"red\"} 0.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn failures_of_the_store_are_counted_and_answers_are_not() {
    let exporter = exporter(1, 1).await;
    let store = exporter.meters().store();
    store(StoreWork::Write, Duration::from_millis(2), Some(StoreErrorKind::Full));
    store(StoreWork::Read, Duration::from_millis(2), Some(StoreErrorKind::Conflict));
    let text = exporter.render().await;
    for line in [
        "plume_server_store_errors_total{cause=\"full\"} 1",
        "plume_server_store_duration_seconds_bucket{le=\"0.0025\",work=\"write\"} 1",
        "plume_server_store_duration_seconds_bucket{le=\"0.001\",work=\"write\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let errors = text.lines().filter(|line| line.starts_with("plume_server_store_errors_total"));
    let failed: Vec<&str> = errors.filter(|line| !line.ends_with(" 0")).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
}

async fn ask(routes: &Router, path: &str, token: Option<&str>) -> (StatusCode, Option<String>, String) {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, token);
    }
    let response = routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, kind, String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn the_turns_of_each_part_have_an_age() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let meters = Meters::new(Arc::new(clock.clone()));
    clock.advance(Duration::from_secs(100));
    meters.turn(Part::Leader);
    clock.advance(Duration::from_secs(30));
    let seconds = meters.since_turns().map(|(part, age)| (part, age.as_secs()));
    assert_eq!(seconds, [("worker", 130), ("leader", 30), ("sender", 130)]);
}

#[tokio::test]
async fn a_scrape_presents_the_token() {
    let routes = router(exporter(1, 1).await, Some(MetricsToken::new("not-a-real-token")));
    for wrong in [None, Some("Bearer "), Some("Bearer not-a-real-toke"), Some("not-a-real-token")] {
        let (status, _, text) = ask(&routes, "/metrics", wrong).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert!(!text.contains("plume_server_"), "{text}");
    }
    let (status, kind, text) = ask(&routes, "/metrics", Some("Bearer not-a-real-token")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(kind.unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(text.contains("plume_server_store_up"));
    assert_eq!(format!("{:?}", MetricsToken::new("not-a-real-token")), "[redacted]");
}

#[tokio::test]
async fn requests_are_counted_by_their_route_and_not_by_their_path() {
    let exporter = exporter(1, 1).await;
    let counted = middleware::from_fn_with_state(exporter.meters().clone(), count_requests);
    let routes = Router::new().route("/homes/{home}", get(async || "ok")).layer(counted);
    for path in ["/homes/home-1", "/homes/home-2", "/wp-admin/home-3", "/x/home-4"] {
        ask(&routes, path, None).await;
    }
    let text = exporter.render().await;
    let mut requests: Vec<&str> =
        text.lines().filter(|line| line.starts_with("plume_server_http_requests_total")).collect();
    requests.sort_unstable();
    assert_eq!(
        requests,
        [
            "plume_server_http_requests_total{route=\"/homes/{home}\",code=\"200\"} 2",
            "plume_server_http_requests_total{route=\"none\",code=\"404\"} 2",
        ]
    );
}

/// The variable that makes the test [`observer`] a process of its own, whose memory no other test changes.
const OBSERVER: &str = "PLUME_SERVER_TEST_OBSERVER";

#[tokio::test]
async fn observer() {
    if std::env::var_os(OBSERVER).is_none() {
        return;
    }
    let exporter = exporter(1, 1).await;
    let store = exporter.meters().store();
    let observe = |rounds: u64| {
        for number in 0..rounds {
            let took = Duration::from_micros(number.wrapping_mul(7_919) % 20_000_000);
            exporter.meters().check(None, took);
            exporter.meters().message(Some("mail"), "sent");
            store(StoreWork::Read, took, None);
        }
    };
    let memory = async || {
        let text = exporter.render().await;
        let line = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        line.unwrap().parse::<f64>().unwrap()
    };
    observe(10_000);
    let before = memory().await;
    observe(1_000_000);
    let grown = memory().await - before;
    std::io::Write::write_all(&mut std::io::stdout(), format!("grown by {grown}\n").as_bytes()).unwrap();
}

/// A sample that is kept until a scrape takes at least 8 bytes, so two million would be 16 MB.
#[cfg(target_os = "linux")]
#[test]
fn metrics_without_a_scrape_cost_no_memory() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "metrics::tests::observer", "--nocapture"]).env(OBSERVER, "1");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let grown = text.split_once("grown by ").and_then(|(_, rest)| rest.lines().next()).unwrap();
    let grown: f64 = grown.parse().unwrap();
    assert!(grown < 4e6, "{grown} bytes");
}
