//! The pages about uptime and about the monitor itself: full, empty, and with a store that fails.

use bytes::Bytes;
use plume::runtime::{InProcess, Limits, Transport, TransportError, TransportErrorKind};
use plume_seal::{SealKeys, Sealed};
use plume_server::{
    access::{Role, Rule, Rules, Tenants},
    config::{Config, Origin, Row},
    journal::{Journal, LogSettings, Recorder},
    store::{
        SqliteOptions, SqliteStore, UptimeStore,
        model::{Counted, GroupUptime, Uptime, UptimeGroup, UptimePeriod},
    },
    traffic::Traffic,
};
use serde_json::Value;
use tracing_subscriber::{Registry, layer::SubscriberExt};

use super::*;

/// A text that a spreadsheet runs, and that breaks a page.
const FORMULA: &str = "=HYPERLINK(\"https://evil.example.net\")<script>alert(1)</script>\u{202e}";

fn time(down: i64) -> Uptime {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let percent = 100.0 - down as f64 / 100.0;
    Uptime { up: 604_000 - down, down, unknown: 800, percent: Some(percent), ..Uptime::default() }
}

async fn count_homes(bed: &Bed, homes: i64) {
    let mut counted = Vec::new();
    for number in 0..homes {
        let id = format!("h{number:05}");
        bed.add_home(&id, &format!("{FORMULA} {number:05}")).await;
        counted.push(Counted { tenant: tenant(), home: HomeId::new(id), times: [time(number); 4] });
    }
    bed.store.put_uptimes(bed.clock.wall(), counted).await.unwrap();
    let group = |kind, value: &str| GroupUptime {
        kind,
        value: value.to_owned(),
        period: UptimePeriod::Week,
        homes: 2,
        at: bed.clock.wall(),
        time: time(7),
    };
    let groups = [
        group(UptimeGroup::Tenant, "north"),
        group(UptimeGroup::Region, FORMULA),
        group(UptimeGroup::Model, FORMULA),
        group(UptimeGroup::Tag, FORMULA),
    ];
    bed.store.put_group_uptimes(&tenant(), groups.into()).await.unwrap();
}

/// A process with hostile text wherever text comes from elsewhere.
async fn hostile(clock: &ManualClock) -> Process {
    let traffic = Traffic::default();
    let cloud = InProcess::new(|_| async { Err(TransportError::new(TransportErrorKind::Connect, HOSTILE)) });
    let recorded = traffic.recorded(Arc::new(cloud), Arc::new(clock.clone()));
    let request = Request::get("https://api.example.net/").body(Bytes::new()).unwrap();
    recorded.send(request, &Limits::default()).await.unwrap_err();
    let row = Row {
        key: "data".to_owned(),
        shown: HOSTILE.to_owned(),
        origin: Origin::Variable(HOSTILE.to_owned()),
    };
    Process { traffic, settings: vec![row].into(), journal: journal(3, clock), ..Process::default() }
}

/// A journal with events whose texts are hostile.
fn journal(events: usize, clock: &ManualClock) -> Journal {
    let journal = Journal::default();
    journal.set_clock(Arc::new(clock.clone()));
    let recorder = Recorder::new(journal.clone(), LogSettings::default(), Arc::new(|_| {}));
    tracing::subscriber::with_default(Registry::default().with(recorder), || {
        for number in 0..events {
            tracing::info!(target: "plume_server", number, value = HOSTILE, "event {number:03} {HOSTILE}\nERROR forged");
        }
    });
    journal
}

#[tokio::test]
async fn pages_without_data_say_what_is_missing() {
    let bed = Bed::new().await;
    for (path, words) in [
        ("/sla", "Nothing is counted yet"),
        ("/connections", "has no access to the cloud"),
        ("/logs", "No event yet"),
        ("/settings", "No setting is known"),
        ("/logs?level=warn", "No event matches"),
    ] {
        let page = bed.get(path).await;
        assert!(page.status == 200 && page.text.contains(words), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn foreign_text_is_escaped_on_every_page_and_runs_in_no_spreadsheet() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let bed = Bed::showing(hostile(&clock).await).await;
    count_homes(&bed, 2).await;
    for (path, escaped) in [
        ("/sla", "=HYPERLINK("),
        ("/sla?by=region", "=HYPERLINK("),
        ("/sla?by=model&period=7d", "=HYPERLINK("),
        ("/sla?by=tag", "=HYPERLINK("),
        ("/sla?after=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&period=7d", "=HYPERLINK("),
        ("/connections", "alert(1)"),
        ("/logs", "event 002"),
        ("/logs?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "No event matches"),
        ("/settings", "alert(1)"),
    ] {
        let page = bed.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains(escaped), "{path} has the text: {}", page.text);
        assert!(!page.text.contains("<script>alert") && !page.text.contains(" style="), "{path}");
    }
    for by in ["home", "region", "model", "tag"] {
        let csv = bed.get(&format!("/sla.csv?by={by}")).await;
        assert!(csv.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
        let name = format!("north,{by},\"'=HYPERLINK(");
        let rows: Vec<&str> = csv.text.lines().skip(1).collect();
        assert!(!rows.is_empty() && rows.iter().all(|line| line.starts_with(&name)), "{}", csv.text);
    }
    for line in bed.get("/logs").await.text.lines() {
        assert!(!line.trim_start().starts_with("ERROR forged"));
    }
}

#[tokio::test]
async fn homes_are_listed_the_worst_first_once_and_their_seconds_add_up() {
    let bed = Bed::new().await;
    count_homes(&bed, 120).await;
    let (mut path, mut seen, mut parts) = ("/sla".to_owned(), Vec::new(), 0);
    loop {
        let page = bed.get(&path).await.text;
        let rows = page.split("href=\"/homes/north/").skip(1);
        seen.extend(rows.map(|row| row.split('"').next().unwrap().to_owned()));
        parts += 1;
        let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { break };
        path = next.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    }
    let expected: Vec<String> = (0..120).rev().map(|number| format!("h{number:05}")).collect();
    assert_eq!((seen, parts), (expected, 3));
    let (_, document): (_, Value) = document(&bed, "/api/v1/sla?limit=200").await;
    let items = document["items"].as_array().unwrap();
    assert_eq!(items.len(), 120);
    for item in items {
        let seconds = ["up", "disrupted", "down", "unknown", "maintenance"];
        let sum: i64 =
            seconds.iter().map(|class| item["time"][format!("{class}_seconds")].as_i64().unwrap()).sum();
        let [from, to] =
            ["from", "to"].map(|end| item[end].as_str().unwrap().parse::<DateTime<Utc>>().unwrap());
        assert_eq!((sum, (to - from).num_seconds()), (604_800, 604_800));
    }
    assert!(document["terms"][0].as_str().unwrap().contains("Uptime is time up"), "{document}");
}

#[tokio::test]
async fn the_classes_have_the_words_of_the_statuses_and_the_period_has_both_dates() {
    let bed = Bed::new().await;
    count_homes(&bed, 1).await;
    let page = bed.get("/sla").await.text;
    assert!(page.contains("<span class=\"key orange\" aria-hidden=\"true\"></span>Disrupted</dt>"), "{page}");
    assert!(page.contains("<th scope=\"col\">Disrupted</th>") && !page.contains("Degraded"), "{page}");
    assert!(page.contains("orange is disrupted") && page.contains("Disrupted time counts"), "{page}");
    let period = page.split("<p>From ").nth(1).unwrap().split(". Counted").next().unwrap();
    let ends: Vec<&str> =
        period.split("</time>").filter_map(|end| end.rsplit_once('>')).map(|end| end.1).collect();
    assert_eq!(ends, ["2026-01-08 10:00 UTC", "2026-01-15 10:00 UTC"], "{period}");
    assert!(bed.get("/sla.csv").await.text.contains(",up_seconds,disrupted_seconds,down_seconds,"));
}

#[tokio::test]
async fn page_and_api_judge_a_target_by_one_rule() {
    let bed = Bed::new().await;
    count_homes(&bed, 1).await;
    for (id, time, word, verdict) in [
        ("h1", Uptime { up: 604_800, percent: Some(100.0), ..Uptime::default() }, "Met", "met"),
        (
            "h2",
            Uptime { up: 600_000, down: 4_800, percent: Some(99.2), ..Uptime::default() },
            "Missed",
            "missed",
        ),
        (
            "h3",
            Uptime { up: 60_000, unknown: 544_800, percent: Some(100.0), ..Uptime::default() },
            "Not known enough",
            "unknown",
        ),
        ("h4", Uptime { unknown: 604_800, ..Uptime::default() }, "Not known", "unknown"),
    ] {
        bed.add_home(id, id).await;
        let counted = Counted { tenant: tenant(), home: HomeId::new(id), times: [time; 4] };
        bed.store.put_uptimes(bed.clock.wall(), vec![counted]).await.unwrap();
        let page = bed.get("/sla").await.text;
        let row = page.split("<tr>").find(|row| row.contains(&format!("/homes/north/{id}\""))).unwrap();
        assert!(row.contains(&format!("</svg>{word}</span>")), "{id}: {row}");
        let (_, found) = document(&bed, "/api/v1/sla").await;
        let item = found["items"].as_array().unwrap().iter().find(|item| item["home"]["id"] == id).unwrap();
        assert_eq!(item["verdict"], verdict, "{item}");
        let csv = bed.get("/sla.csv").await.text;
        let line = csv.lines().find(|line| line.contains(&format!(",{id},1,"))).unwrap();
        assert!(line.contains(&format!(",99.5,{verdict},")), "{line}");
    }
}

#[tokio::test]
async fn the_file_of_all_homes_is_written_in_parts() {
    let bed = Bed::new().await;
    count_homes(&bed, 1_234).await;
    let csv = bed.get("/sla.csv?period=7d").await.text;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 1_235);
    let file = bed.get("/sla.csv?period=7d").await.headers[header::CONTENT_DISPOSITION].clone();
    assert_eq!(file, "attachment; filename=\"sla-north-7d.csv\"");
    assert!(lines[0].starts_with("\u{feff}tenant,kind,name,id,homes,from,to,uptime_percent"));
    assert!(
        lines[1].contains(",h01233,1,2026-01-08T10:00:00Z,2026-01-15T10:00:00Z,87.67,99.5,met,"),
        "{}",
        lines[1]
    );
    let mut ids: Vec<&str> =
        lines[1..].iter().filter_map(|line| line.split(',').find(|cell| cell.starts_with("h0"))).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1_234);
}

#[tokio::test]
async fn an_unknown_word_of_an_address_is_refused_with_those_that_are_known() {
    let bed = Bed::new().await;
    for (path, words) in [
        ("/logs", ""),
        ("/logs?level=&since=", ""),
        ("/logs?level=warn&since=1h", ""),
        ("/logs?level=foo", "“Level” must be error, warn, info, debug or trace."),
        ("/logs?since=1y", "“Since” must be 15m, 1h, 6h or 24h."),
        ("/homes?status=purple", "“Status” must be red, orange, yellow, unknown or green."),
        ("/incidents?state=closed", "“State” must be open or all."),
        ("/sla?period=xx", "“Period” must be 7d, 30d, month or last-month."),
        ("/sla?by=", ""),
        ("/sla.csv?period=xx", "“Period” must be 7d, 30d, month or last-month."),
        ("/sla.csv?by=city", "“By” must be home, region, model or tag."),
    ] {
        let page = bed.get(path).await;
        assert_eq!(page.status, if words.is_empty() { 200 } else { 400 }, "{path}");
        assert!(page.text.contains(words), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn parts_of_the_log_cover_every_event_once() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let journal = journal(250, &clock);
    let bed = Bed::showing(Process { journal, ..Process::default() }).await;
    let (mut path, mut seen) = ("/logs?q=event".to_owned(), 0);
    loop {
        let page = bed.get(&path).await.text;
        seen += page.matches("<li class=\"info\">").count();
        assert_eq!(page.contains("data-live=\"follow\""), !path.contains("before"), "{path}");
        let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { break };
        path = next.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(seen, 250);
    assert_eq!(bed.get("/logs?level=warn").await.text.matches("<li class").count(), 0);
    let (_, found) = document(&bed, "/api/v1/logs?q=event%20007").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["fields"]["number"], "7");
}

/// Records calls to servers of the cloud: the name, the status, and the time by which its clock is ahead.
async fn traffic(clock: &ManualClock, calls: &[(&str, u16, i64)]) -> Traffic {
    let traffic = Traffic::default();
    for (host, status, ahead) in calls.iter().copied() {
        let date = clock.wall() + TimeDelta::seconds(ahead);
        let cloud = InProcess::new(move |_| async move {
            let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            Ok(http::Response::builder().status(status).header("date", date).body(Bytes::new()).unwrap())
        });
        let recorded = traffic.recorded(Arc::new(cloud), Arc::new(clock.clone()));
        let request = Request::get(format!("https://{host}/")).body(Bytes::new()).unwrap();
        recorded.send(request, &Limits::default()).await.unwrap();
    }
    traffic
}

#[tokio::test]
async fn the_checks_find_a_failing_cloud_and_the_worst_clock() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let check = |document: &Value, name: &str| {
        let checks = document["checks"].as_array().unwrap().clone();
        let found = checks.into_iter().find(|check| check["name"] == name).unwrap();
        let word = |member: &str| found[member].as_str().unwrap().to_owned();
        (word("status"), word("seen"))
    };
    for (calls, waits, cloud, time) in [
        (vec![], 0, ("Not known", "no call has succeeded"), ("Not known", "no response")),
        (vec![("a", 200, 0)], 299, ("OK", "4 min 59 s ago"), ("OK", "equal")),
        (vec![("a", 200, 1)], 301, ("Not known", "5 min 1 s ago"), ("OK", "equal")),
        (vec![("a", 503, 0)], 0, ("Failing", "the last failure was 0 s ago: status 503"), ("OK", "equal")),
        (
            vec![("a", 200, 2), ("b", 200, 90), ("c", 200, -40)],
            0,
            ("OK", "0 s ago"),
            ("Attention", "90 s behind"),
        ),
        (vec![("a", 200, 2), ("b", 200, -400)], 0, ("OK", "0 s ago"), ("Failing", "400 s ahead")),
    ] {
        let traffic = traffic(&clock, &calls).await;
        let bed = Bed::showing(Process { traffic, ..Process::default() }).await;
        bed.clock.advance(Duration::from_secs(waits));
        let (_, document) = document(&bed, "/api/config").await;
        for (name, (status, seen)) in [("Cloud", cloud), ("Clock", time)] {
            let found = check(&document, name);
            assert!(found.0 == status && found.1.contains(seen), "{calls:?} {name}: {found:?}");
        }
    }
}

#[tokio::test]
async fn homes_without_new_data_are_in_the_checks_unless_another_one_has_their_cause() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.check_home("h1").await;
    let is_shown = async |unchecked: usize, stale: usize| {
        *bed.pulse.lock().unwrap() = Some(Pulse { unchecked, stale, ..pulse() });
        let page = bed.get("/settings").await.text;
        page.contains("<b>Results</b>: 1 home without data for longer than twice the interval")
    };
    assert_eq!([is_shown(0, 0).await, is_shown(0, 1).await, is_shown(1, 1).await], [false, true, false]);
    bed.open_source("unreachable:operator", 1).await;
    assert!(!is_shown(0, 1).await);
}

#[tokio::test]
async fn a_token_that_came_does_not_make_a_page_of_a_proxy_the_cloud() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let traffic = Traffic::default();
    let call = async |authorization: &str, body: &'static str| {
        let cloud =
            InProcess::new(move |_| async { Ok(http::Response::new(Bytes::from_static(body.as_bytes()))) });
        let recorded = traffic.recorded(Arc::new(cloud), Arc::new(clock.clone()));
        let request = Request::get("https://cloud.example.net/").header("authorization", authorization);
        recorded.send(request.body(Bytes::new()).unwrap(), &Limits::default()).await.unwrap();
    };
    let cloud = async || {
        let process = Process { traffic: traffic.clone(), ..Process::default() };
        let bed = Bed::showing(process).await;
        bed.clock.set_wall(clock.wall());
        let (_, health) = document(&bed, "/health").await;
        let (_, config) = document(&bed, "/api/config").await;
        let checks = config["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "Cloud").unwrap();
        (health["cloud"].as_str().unwrap().to_owned(), check["status"].as_str().unwrap().to_owned())
    };
    let is = |health: &str, page: &str| (health.to_owned(), page.to_owned());
    call("Basic not-a-real-credential", "{}").await;
    assert_eq!(cloud().await, is("not known", "Not known"));
    call("Bearer not-a-real-token", "<!doctype html>").await;
    assert_eq!(cloud().await, is("failing", "Failing"));
    call("Bearer not-a-real-token", "[]").await;
    assert_eq!(cloud().await, is("ok", "OK"));
    // From now on, each probe gets the page, and a token comes after it.
    for _ in 0..3 {
        clock.advance(Duration::from_secs(310));
        call("Bearer not-a-real-token", "<!doctype html>").await;
        clock.advance(Duration::from_secs(305));
        call("Basic not-a-real-credential", "{}").await;
        assert_eq!(cloud().await, is("failing", "Failing"));
    }
}

#[tokio::test]
async fn an_administrator_of_a_tenant_reads_its_events_only() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let journal = Journal::default();
    let recorder = Recorder::new(journal.clone(), LogSettings::default(), Arc::new(|_| {}));
    tracing::subscriber::with_default(Registry::default().with(recorder), || {
        for (tenant, word) in [("north", "alder"), ("south", "birch")] {
            tracing::info!(target: "plume_server", tenant, "{word}");
        }
        tracing::info!(target: "plume_server", "of the server");
    });
    let traffic = traffic(&clock, &[("api.example.net", 200, 0)]).await;
    let process = Process { journal, traffic, ..Process::default() };
    let rule = |value: &str, tenants| Rule {
        claim: "groups".to_owned(),
        value: value.to_owned(),
        tenants,
        role: Role::Admin,
    };
    let rules = Rules::new(vec![
        rule("all", Tenants::All),
        rule("north", Tenants::Only([tenant(), TenantId::new("nrth")].into())),
    ]);
    let bed = Bed::build(Some(SignIn { rules, ..SignIn::default() }), process, |_| None, in_memory).await;
    for (group, words) in [("north", vec!["alder"]), ("all", vec!["alder", "birch", "of the server"])] {
        let cookie = bed.session(group).await;
        for path in ["/logs", "/api/v1/logs"] {
            let text = bed.page(path, &cookie).await.text;
            let seen = ["alder", "birch", "of the server"].into_iter().filter(|word| text.contains(*word));
            assert_eq!(seen.collect::<Vec<_>>(), words, "{path} as {group}");
        }
        let connections = bed.page("/connections", &cookie).await.text;
        assert_eq!(connections.contains("api.example.net"), group == "all", "{group}");
        let settings = bed.page("/settings", &cookie).await.text;
        let words = "`access[1]` names the tenant `nrth`, which does not exist; did you mean `north`?";
        assert_eq!(settings.contains(words), group == "all", "{settings}");
    }
}

#[tokio::test]
async fn the_documents_keep_the_names_of_the_original_interface() {
    let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
    let bed = Bed::showing(hostile(&clock).await).await;
    for path in [
        "/",
        "/status",
        "/health/live",
        "/api/status",
        "/api/config",
        "/api/connections",
        "/api/debug/sessions",
    ] {
        assert_eq!(bed.get(path).await.status, 200, "{path}");
    }
    let (_, config) = document(&bed, "/api/config").await;
    assert_eq!(config["settings"][0]["value"], HOSTILE);
    assert!(
        config["checks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|check| check["name"] == "Store" && check["status"] == "OK")
    );
    let (_, connections) = document(&bed, "/api/connections").await;
    assert_eq!(connections["history"].as_array().unwrap().len(), 24);
    assert_eq!(connections["history"][23]["calls"]["no_response"], 1);
    for (path, word) in [
        ("/api/v1/sla?period=8d", "`period`"),
        ("/api/v1/sla?by=street", "`by`"),
        ("/api/v1/sla?after=x", "`after`"),
        ("/api/v1/logs?level=loud", "`level`"),
        ("/api/v1/logs?since=yesterday", "since"),
    ] {
        let (status, problem) = document(&bed, path).await;
        assert_eq!(status, 400, "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
    assert_eq!(document(&bed, "/api/v1/sla?tenant=south").await.0, 404);
}

#[tokio::test]
async fn secrets_of_the_configuration_are_on_no_page_and_in_no_document() {
    let variables = [
        ("SECRET", "Basic bm90LWEtcmVhbC1zZWNyZXQ="),
        ("PLUME_SERVER_CLOUD_AUTH_HEADER_ENV", "SECRET"),
        ("PLUME_SERVER_CLOUD_SSO_URL", "https://sso.example.net/token"),
        ("PLUME_SERVER_CLOUD_PARTNER_ID", "000000000000000000000001"),
        ("PLUME_SERVER_CLOUD_API_BASE", "https://api.example.net/api"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::read(None, variables.into()).unwrap();
    let bed = Bed::showing(Process { settings: config.rows.into(), ..Process::default() }).await;
    for path in ["/settings", "/api/config"] {
        let text = bed.get(path).await.text;
        assert!(text.contains("cloud.auth_header") && text.contains("[redacted]"), "{path}: {text}");
        assert!(!text.contains("bm90LWEtcmVhbC1zZWNyZXQ"), "{path}");
    }
}

/// Folder of a test, which is removed at its end.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The pages over a store in a file.
struct Disk {
    store: SqliteStore,
    dashboard: Dashboard,
    routes: Router,
    clock: ManualClock,
    folder: Folder,
    _stop: Stop,
}

impl Disk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("plume-server-{name}-{}", std::process::id()));
        let folder = Folder(folder);
        std::fs::create_dir_all(&folder.0).unwrap();
        let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
        // base64 of "not-a-real-key-not-a-real-key-32"
        let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
        let options = SqliteOptions {
            path: folder.0.join("monitor.db"),
            clock: Arc::new(clock.clone()),
            sealed: Arc::new(Sealed::new(Arc::new(keys)).unwrap()),
        };
        let (store, stop) = (SqliteStore::open(options).unwrap(), Stop::default());
        let dashboard = Dashboard::new(DashboardParts {
            outlook: outlook(),
            store: Arc::new(store.clone()) as Arc<dyn Store>,
            clock: Arc::new(clock.clone()),
            announcer: Arc::new(Silent),
            client: None,
            pulse: Arc::new(|| None),
            check_now: Arc::new(|_, _| None),
            live: Live::new(Arc::new(clock.clone())),
            stopping: stop.stopping(),
            notice: Notice::default(),
            gate: Gate::open(Suspended::default()),
            process: Process::default(),
        });
        let routes = router(dashboard.clone(), Hosts::of(SocketAddr::from(([127, 0, 0, 1], 8080))));
        Self { store, dashboard, routes, clock, folder, _stop: stop }
    }

    fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.0.join("monitor.db")).unwrap()
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).header("host", "localhost:8080").body(Body::empty()).unwrap();
        let (parts, body) = self.routes.clone().oneshot(request).await.unwrap().into_parts();
        (parts.status, String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap())
    }
}

#[tokio::test]
async fn pages_of_a_store_that_fails_say_so() {
    let disk = Disk::new("pages");
    for page in ["/sla", "/connections", "/settings", "/logs"] {
        assert_eq!(disk.get(page).await.0, 200, "{page}");
    }
    disk.connection()
        .execute_batch(
            "PRAGMA foreign_keys = OFF; DROP TABLE progress; DROP TABLE home_count; DROP TABLE tenant;",
        )
        .unwrap();
    for page in ["/sla", "/sla.csv", "/connections", "/api/v1/sla"] {
        let (status, text) = disk.get(page).await;
        assert_eq!(status, 503, "{page}: {text}");
        assert!(text.contains("The store does not answer"), "{page}: {text}");
    }
    // Troubleshooting and the log need no store.
    let (status, text) = disk.get("/settings").await;
    assert!(status == 200 && text.contains("Failing") && text.contains("no such table"), "{text}");
    assert_eq!(disk.get("/logs").await.0, 200);
}

#[tokio::test]
async fn no_page_changes_the_store_when_it_is_read() {
    let disk = Disk::new("reads");
    disk.store.put_tenant(Tenant { id: tenant(), name: "North".to_owned() }).await.unwrap();
    let home = NewHome {
        tenant: tenant(),
        id: HomeId::new("h1"),
        customer: "c".to_owned(),
        location: "l".to_owned(),
        name: "Alder Street 1".to_owned(),
        region: None,
        tags: Vec::new(),
        due: disk.clock.wall(),
    };
    disk.store.put_homes(vec![home]).await.unwrap();
    let version = |connection: &rusqlite::Connection| {
        connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let connection = disk.connection();
    let before = version(&connection);
    let routes = plume_server::web::routes(&disk.dashboard).into_iter();
    // An export is in the audit.
    let kept = ["/events", "/sla.csv"];
    let routes = routes.filter(|route| route.method == "GET" && !kept.contains(&route.path));
    let paths: Vec<String> = routes
        .map(|route| route.path.replace("{tenant}", "north").replace("{home}", "h1").replace(['{', '}'], ""))
        .collect();
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        let (status, text) = disk.get(&path).await;
        assert!(status != 500 && version(&connection) == before, "{path}: {status} {text}");
    }
    // The version is one of the whole file.
    disk.store.put_tenant(Tenant { id: TenantId::new("west"), name: "West".to_owned() }).await.unwrap();
    assert_ne!(version(&connection), before);
}

async fn document(bed: &Bed, path: &str) -> (u16, Value) {
    let answer = bed.get(path).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text)))
}
