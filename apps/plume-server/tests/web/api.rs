//! The API and the health checks.

use std::collections::BTreeSet;

use bytes::Bytes;
use plume::runtime::{InProcess, Limits, Transport};
use plume_server::traffic::Traffic;
use serde_json::Value;

use super::*;

async fn json(bed: &Bed, path: &str) -> (u16, Value) {
    let answer = bed.get(path).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text)))
}

#[tokio::test]
async fn lists_and_documents_have_the_data_of_the_store() {
    let bed = Bed::new().await;
    for id in ["h1", "h2", "h3"] {
        bed.add_home(id, id).await;
    }
    bed.open_incident("i1", "h2", bed.clock.wall()).await;
    let (_, status) = json(&bed, "/api/status").await;
    assert_eq!(status["homes"]["unknown"], 3);
    assert_eq!(status["open_incidents"][0]["id"], "i1");
    assert_eq!(status["budget"], Value::Null);
    let (_, first) = json(&bed, "/api/v1/homes?limit=2").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = percent_encoding::utf8_percent_encode(
        first["next"].as_str().unwrap(),
        percent_encoding::NON_ALPHANUMERIC,
    );
    let (_, rest) = json(&bed, &format!("/api/v1/homes?limit=2&after={next}")).await;
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&"h3".into(), &Value::Null));
    let (_, home) = json(&bed, "/api/v1/homes/north/h1").await;
    assert_eq!((&home["status"], &home["changes"]), (&"unknown".into(), &Value::Array(Vec::new())));
    let (_, incidents) = json(&bed, "/api/v1/incidents").await;
    assert_eq!(incidents["items"][0]["situation"]["status"], "red");
    assert_eq!(json(&bed, "/api/v1/incidents/north/i1").await.0, 200);
    assert_eq!(json(&bed, "/api/v1/tenants").await.1["items"][0]["homes"]["total"], 3);
}

#[tokio::test]
async fn the_operator_is_none_of_several_tenants() {
    let bed = Bed::new().await;
    let put = async |id: &str| {
        bed.store.put_tenant(Tenant { id: TenantId::new(id), name: id.to_owned() }).await.unwrap();
    };
    put("operator").await;
    bed.add_home("h1", "h1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    for path in ["/api/v1/homes", "/api/v1/incidents", "/api/v1/maintenance", "/api/v1/sla"] {
        assert_eq!(json(&bed, path).await.0, 200, "{path}");
        assert_eq!(json(&bed, &format!("{path}?tenant=operator")).await.0, 200, "{path}");
    }
    assert_eq!(json(&bed, "/api/v1/incidents").await.1["items"][0]["id"], "i1");
    put("south").await;
    for path in ["/api/v1/homes", "/api/v1/sla"] {
        let (status, problem) = json(&bed, path).await;
        assert_eq!(
            (status, &problem["detail"]),
            (400, &"`tenant` is required, because there are several".into())
        );
    }
}

#[tokio::test]
async fn an_error_is_a_problem_document() {
    let bed = Bed::new().await;
    for (path, status, word) in [
        ("/api/v1/homes?stat=red", 400, "stat"),
        ("/api/v1/homes?status=purple", 400, "`status`"),
        ("/api/v1/homes?after=x", 400, "`after`"),
        ("/api/v1/incidents?state=x", 400, "`state`"),
        ("/api/v1/homes?tenant=south", 404, "tenant"),
        ("/api/v1/homes/south/h1", 404, "home"),
        ("/api/v1/incidents/north/none", 404, "incident"),
    ] {
        let answer = bed.get(path).await;
        let problem: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        assert_eq!((answer.status.as_u16(), &problem["status"]), (status, &Value::from(status)), "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
}

#[tokio::test]
async fn the_health_of_the_server_is_that_of_its_parts() {
    let bed = Bed::new().await;
    assert_eq!(bed.get("/health/live").await.text, "ok\n");
    assert_eq!(bed.get("/health/ready").await.text, "ready\n");
    assert_eq!(json(&bed, "/status").await.1["status"], "ok");
    let (status, health) = json(&bed, "/health").await;
    assert_eq!((status, &health["worker"]), (503, &"not running".into()));
    let turns = |leader: u64| {
        let seconds = [("worker", 1), ("leader", leader), ("sender", 0)];
        let turns = seconds.map(|(part, age)| (part, Duration::from_secs(age)));
        Some(Pulse { turns, ..pulse() })
    };
    *bed.pulse.lock().unwrap() = turns(120);
    let (status, health) = json(&bed, "/health").await;
    assert_eq!((status, &health["leader"]), (200, &"ok".into()));
    *bed.pulse.lock().unwrap() = turns(121);
    let (status, health) = json(&bed, "/health").await;
    assert_eq!((status, &health["leader"]), (503, &"no turn for 121 s".into()));
    assert_eq!((&health["worker"], &health["status"]), (&"ok".into(), &"failing".into()));
    assert!(bed.get("/settings").await.text.contains("the leader has begun no turn for 2 min 1 s"));
    let failing =
        |seconds| turns(0).map(|pulse| Pulse { failing: Some(Duration::from_secs(seconds)), ..pulse });
    for (seconds, status) in [(60, 200), (61, 503)] {
        *bed.pulse.lock().unwrap() = failing(seconds);
        for path in ["/health", "/health/ready", "/status"] {
            assert_eq!(bed.get(path).await.status, status, "{path} after {seconds} s");
        }
    }
    assert!(bed.get("/settings").await.text.contains("reads or writes have failed for 1 min 1 s"));
}

#[tokio::test]
async fn a_cloud_that_answers_with_a_page_is_not_well() {
    let body = Arc::new(Mutex::new("{}"));
    let answer = Arc::clone(&body);
    let cloud = InProcess::new(move |_| {
        let body = *answer.lock().unwrap();
        async move { Ok(Response::new(Bytes::from_static(body.as_bytes()))) }
    });
    let (traffic, clock) = (Traffic::default(), ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap()));
    let recorded = traffic.recorded(Arc::new(cloud), Arc::new(clock.clone()));
    let bed = Bed::showing(Process { traffic, ..Process::default() }).await;
    let call = async || {
        let request = Request::get("https://api.example.net/").body(Bytes::new()).unwrap();
        drop(recorded.send(request, &Limits::default()).await.unwrap());
    };
    let cloud = async || json(&bed, "/health").await.1["cloud"].as_str().unwrap().to_owned();
    assert_eq!(cloud().await, "not known");
    call().await;
    assert_eq!(cloud().await, "ok");
    *body.lock().unwrap() = "<html>Service</html>";
    for _ in 0..3 {
        call().await;
        clock.advance(Duration::from_secs(35));
        bed.clock.advance(Duration::from_secs(35));
    }
    assert_eq!(cloud().await, "failing");
    let page = bed.get("/settings").await.text;
    let words = "no call to api.example.net has succeeded for 1 min 45 s; the last failure was 35 s ago: status 200, no JSON";
    assert!(page.contains(words), "{page}");
    // No call is made any more, and the last ones failed.
    bed.clock.advance(Duration::from_secs(3_600));
    assert_eq!(cloud().await, "failing");
    bed.clock.set_wall("2026-01-15T10:01:45Z".parse().unwrap());
    let page = bed.get("/connections").await.text;
    assert!(page.contains("no JSON <b>3</b>"), "{page}");
    let (_, document) = json(&bed, "/api/connections").await;
    assert_eq!(document["servers"][0]["failing_since"], "2026-01-15T10:00:00Z");
    assert_eq!(document["history"][23]["calls"]["unreadable"], 3);
}

#[tokio::test]
async fn a_store_that_can_only_be_read_is_not_ready() {
    let folder = access::Folder::new("ready");
    let bed = Bed::build(None, Process::default(), |_| None, |clock| folder.store(clock)).await;
    assert_eq!(bed.get("/health/ready").await.status, 200);
    let file = rusqlite::Connection::open(folder.path()).unwrap();
    file.execute_batch("ALTER TABLE progress RENAME TO away").unwrap();
    // Strangers may ask, so what a probe found serves all for a moment.
    bed.clock.advance(Duration::from_millis(1_999));
    assert_eq!(bed.get("/health/ready").await.status, 200);
    bed.clock.advance(Duration::from_millis(1));
    for path in ["/health", "/health/ready", "/status"] {
        assert_eq!(bed.get(path).await.status, 503, "{path}");
    }
    assert_eq!(bed.get("/homes").await.status, 200);
}

#[tokio::test]
async fn every_route_of_the_api_is_in_the_openapi_document_and_nothing_else() {
    let bed = Bed::new().await;
    let (status, document) = json(&bed, "/api/v1/openapi.json").await;
    assert_eq!((status, &document["openapi"]), (200, &"3.1.0".into()));
    let listed: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    let is_api = |path: &str| {
        let sections = ["/api", "/health", "/status"];
        sections.iter().any(|section| path == *section || path.starts_with(&format!("{section}/")))
    };
    let routes = plume_server::web::routes(&bed.dashboard).into_iter().filter(|route| is_api(route.path));
    let mut served: BTreeSet<String> =
        routes.map(|route| format!("{} {}", route.method.as_str().to_lowercase(), route.path)).collect();
    // Of a server without a store, too.
    served.insert("get /health/live".to_owned());
    assert_eq!(listed, served);
}

#[tokio::test]
async fn every_failed_request_of_the_api_is_a_problem_document() {
    let bed = Bed::new().await;
    let request = |method: &str, path: &str, host: &str, length: usize| {
        let request = Request::builder().method(method).uri(path).header("host", host);
        request.body(Body::from("x".repeat(length))).unwrap()
    };
    let own = "localhost:8080";
    for (method, path, host, length, status) in [
        ("GET", "/api/v1/nothing", own, 0, 404),
        ("GET", "/api/", own, 0, 404),
        ("GET", "/api/v1/homes/%ff/x", own, 0, 400),
        ("GET", "/api/v1/homes?limit=0", own, 0, 400),
        ("GET", "/api/v1/homes?q=%ff%fe&limit=x", own, 0, 400),
        ("DELETE", "/api/v1/homes", own, 0, 405),
        ("POST", "/api/v1/homes", own, 0, 405),
        ("POST", "/api/v1/homes", own, 100_000, 405),
        ("GET", "/api/v1/homes", "rebound.example.net", 0, 421),
    ] {
        let answer = bed.send(request(method, path, host, length)).await;
        let problem: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text));
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{method} {path}");
        assert_eq!(
            (answer.status.as_u16(), &problem["status"]),
            (status, &Value::from(status)),
            "{method} {path}"
        );
        assert!(!problem["detail"].as_str().unwrap().is_empty(), "{problem}");
        if status == 405 {
            assert_eq!(answer.headers[header::ALLOW], "GET,HEAD");
        }
    }
}
