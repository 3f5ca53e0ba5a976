//! The audit. Row WB12.

use std::{fs, path::PathBuf};

use plume_seal::{SealKeys, Sealed};
use plume_server::{
    access::audit::AuditEvent,
    store::{
        IncidentStore, SqliteOptions, SqliteStore,
        model::{Action, Announcer},
    },
};
use rusqlite::{Connection, types::Value};
use testkit::log::Recording;

use super::*;

#[tokio::test]
async fn actions_and_refusals_are_in_the_audit_of_their_tenant() {
    let bed = Bed::closed().await;
    let (viewer, operator) = (bed.session("viewer").await, bed.session("operator").await);
    bed.submit("/incidents/north/i1", &viewer, "action=note&text=x").await;
    bed.submit("/incidents/north/i1", &operator, "action=note&text=x").await;
    bed.store.audit(AuditEvent::new("Eve", "incident note", "i2").of(&TenantId::new("south"))).await.unwrap();
    let page = bed.page("/users/audit", &bed.session("admin").await).await.text;
    assert!(page.contains("incident note") && page.contains("Ada of operator"));
    assert!(!page.contains("Eve"), "the row of a foreign tenant");
    let whole = bed.session("all-admin").await;
    let page = bed.page("/users/audit", &whole).await.text;
    assert!(page.contains("Eve") && page.contains("refused: needs the role operator"));
    let found = bed.page("/users/audit?q=eve", &whole).await.text;
    assert!(found.contains("Eve") && !found.contains("Ada of operator ("));
    assert!(bed.submit("/users/audit", &whole, "").await.text.contains("All 3 rows"));
}

#[tokio::test]
async fn a_stranger_writes_no_row_with_the_name_of_another_and_nobody_fills_the_audit() {
    let bed = Bed::closed().await;
    let token = field(&bed.page("/sign-in", "").await.text, "token");
    let log = Recording::start();
    let form = format!("token={token}&name=ada&password=wrong&next=%2Fsla");
    let again = bed.ask(&Method::POST, "/sign-in", &[], &form).await;
    let of_stranger = log.lines().join("\n");
    assert!(
        of_stranger.contains("a sign-in failed: refused, from ") && !of_stranger.contains("ada"),
        "{of_stranger}"
    );
    assert_eq!(again.status, 403);
    for part in ["no account with this name", "name=\"name\" value=\"ada\"", "name=\"next\" value=\"/sla\""] {
        assert!(again.text.contains(part), "{part}: {}", again.text);
    }
    assert!(!again.text.contains("wrong"), "{}", again.text);
    let rows = bed.actions().await;
    assert_eq!((rows.len(), rows[0].0.as_str()), (1, "unknown"));
    // Of an account that exists, the operator must see which one is attacked.
    bed.add_account("ada").await;
    assert_eq!(bed.ask(&Method::POST, "/sign-in", &[], &form).await.status, 403);
    let lines = log.lines().join("\n");
    drop(log);
    assert!(lines.contains("account=ada") && lines.lines().count() >= 2, "{lines}");
    let viewer = bed.session("viewer").await;
    for _ in 0..100 {
        let refused = bed.page("/users", &viewer).await;
        assert!(
            refused.status == 403 && refused.text.contains("<p><a href=\"/\">Overview</a>"),
            "{}",
            refused.text
        );
    }
    assert_eq!(bed.actions().await.len(), 22);
    bed.clock.advance(Duration::from_secs(60));
    bed.page("/users", &viewer).await;
    assert_eq!(bed.actions().await.len(), 23);
}

/// A directory with a database, which `Drop` removes.
pub(in super::super) struct Folder(PathBuf);

impl Folder {
    pub(in super::super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-server-audited-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(in super::super) fn path(&self) -> PathBuf {
        self.0.join("monitor.db")
    }

    pub(in super::super) fn store(&self, clock: &ManualClock) -> SqliteStore {
        // base64 of "not-a-real-key-not-a-real-key-32"
        let keys = SealKeys::parse("test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=").unwrap();
        let sealed = Arc::new(Sealed::new(Arc::new(keys)).unwrap());
        SqliteStore::open(SqliteOptions { path: self.path(), clock: Arc::new(clock.clone()), sealed })
            .unwrap()
    }

    /// All rows of all tables but those of the audit.
    fn content(&self) -> Vec<(String, Vec<Vec<Value>>)> {
        let database = Connection::open(self.0.join("monitor.db")).unwrap();
        let mut names = database
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%audit%' ORDER BY name")
            .unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let rows = |name: &str| {
            let mut all = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
            let columns = all.column_count();
            let read = all.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
            read.unwrap().map(Result::unwrap).collect()
        };
        names.into_iter().map(|name| (name.clone(), rows(&name))).collect()
    }

    fn run(&self, sql: &str) {
        Connection::open(self.0.join("monitor.db")).unwrap().execute_batch(sql).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The requests that change something or hand something out, each with its action in the audit. In this order, each finds what
/// it needs.
fn privileged(
    own: &str,
    other: &str,
    token: &str,
) -> Vec<(&'static str, &'static str, String, &'static str)> {
    const CHANNEL: &str = "tenant=north&id=main&edition=0&name=Main&kind=webhook&limit=60\
                           &url=https%3A%2F%2Freceiver.example.net%2F&key=whsec_bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI%3D";
    const SEEN: &str = r#"{"version": 1, "edits": EDITS}"#;
    let row = |route: &'static str, path: &'static str, form: &str, action: &'static str| {
        (route, path, form.to_owned(), action)
    };
    let incident = "/incidents/north/i1";
    let window_of_tenant = format!("tenant=north&{}", routes::WINDOW.replace("=home", "=tenant"));
    vec![
        row("GET /sla.csv", "/sla.csv?tenant=north", "", "sla export"),
        row("POST /homes/{tenant}/{home}/check", "/homes/north/h1/check", "", "check now"),
        row(
            "POST /homes/{tenant}/{home}/maintenance",
            "/homes/north/h1/maintenance",
            routes::WINDOW,
            "add maintenance",
        ),
        row("POST /maintenance", "/maintenance", &window_of_tenant, "add maintenance"),
        row("POST /incidents/{tenant}/{incident}", incident, "action=note&text=x", "incident note"),
        row(
            "POST /incidents/{tenant}/{incident}",
            incident,
            "action=acknowledge&SEEN",
            "incident acknowledge",
        ),
        row("POST /incidents/{tenant}/{incident}", incident, "action=release&SEEN", "incident release"),
        row("POST /incidents/{tenant}/{incident}", incident, "action=snooze&hours=1&SEEN", "incident snooze"),
        row("POST /api/v1/homes/{tenant}/{home}/check", "/api/v1/homes/north/h1/check", "{}", "check now"),
        row(
            "POST /api/v1/incidents/{tenant}/{incident}/notes",
            "/api/v1/incidents/north/i1/notes",
            r#"{"text": "x"}"#,
            "incident note",
        ),
        row(
            "POST /api/v1/incidents/{tenant}/{incident}/acknowledge",
            "/api/v1/incidents/north/i1/acknowledge",
            SEEN,
            "incident acknowledge",
        ),
        row(
            "POST /api/v1/incidents/{tenant}/{incident}/release",
            "/api/v1/incidents/north/i1/release",
            SEEN,
            "incident release",
        ),
        row(
            "POST /api/v1/incidents/{tenant}/{incident}/snooze",
            "/api/v1/incidents/north/i1/snooze",
            &SEEN.replace('}', r#", "hours": 1}"#),
            "incident snooze",
        ),
        row(
            "POST /api/v1/maintenance/{tenant}",
            "/api/v1/maintenance/north",
            routes::DOCUMENT,
            "add maintenance",
        ),
        row(
            "POST /api/v1/maintenance/{tenant}/{window}/end",
            "/api/v1/maintenance/north/WINDOW/end",
            r#"{"edition": 1}"#,
            "remove maintenance",
        ),
        row("POST /channels", "/channels", CHANNEL, "channel save"),
        row("POST /channels/{tenant}/{channel}", "/channels/north/main", "action=test", "channel test"),
        row("POST /channels/{tenant}/{channel}", "/channels/north/main", "action=try", "channel try"),
        row(
            "POST /api/v1/channels/{tenant}/{channel}/try",
            "/api/v1/channels/north/main/try",
            "{}",
            "channel try",
        ),
        row("POST /channels/{tenant}/{channel}", "/channels/north/main", "action=retry", "channel retry"),
        row("POST /channels/{tenant}/{channel}", "/channels/north/main", "action=drop", "channel drop"),
        row(
            "POST /channels",
            "/channels",
            "tenant=north&id=main&edition=1&action=remove&sure=yes",
            "channel remove",
        ),
        row("POST /homes/{tenant}/{home}/remove", "/homes/north/h1/remove", "sure=yes", "home remove"),
        row("POST /users/tokens", "/users/tokens", "name=x&role=viewer&tenant=north", "token create"),
        row("POST /users/tokens/revoke", "/users/tokens/revoke", &format!("id={token}"), "token revoke"),
        row("POST /users/sessions", "/users/sessions", &format!("id={other}"), "session revoke"),
        row("POST /users/tenants", "/users/tenants", "id=north&action=suspend&sure=yes", "tenant suspend"),
        row("POST /users/tenants", "/users/tenants", "id=north&action=resume", "tenant resume"),
        row("POST /sign-in", "/sign-in", own, "sign-in"),
        row("POST /sign-out", "/sign-out", "", "sign-out"),
    ]
}

/// Routes that change nothing of the server: the colors of the browser, and a look at the audit itself.
const UNRECORDED: [&str; 2] = ["POST /theme", "POST /users/audit"];

struct Prepared {
    bed: Bed<SqliteStore>,
    folder: Folder,
    cookie: String,
    bearer: String,
    rows: Vec<(&'static str, &'static str, String, &'static str)>,
}

async fn prepared(name: &str) -> Prepared {
    let folder = Folder::new(name);
    let bed = Bed::closed_over(SignIn::default(), |clock| folder.store(clock)).await;
    bed.add_account("ada").await;
    let (cookie, other) = (bed.session("all-admin").await, bed.session("viewer").await);
    let other = Shown::parse(other.trim_start_matches("session=")).unwrap().id();
    bed.submit("/users/tokens", &cookie, "name=first&role=viewer&tenant=north").await;
    let token = bed.store.passes(PassKind::Token, 1).await.unwrap()[0].id.clone();
    let sign_in = format!("name=ada&password={PASSWORD}");
    let rows = privileged(&sign_in, &other, &token);
    let bearer = bed.token("all-admin").await;
    // Its first use is recorded.
    bed.ask(&Method::GET, "/api/v1/tenants", &[("authorization", &bearer)], "").await;
    Prepared { bed, folder, cookie, bearer, rows }
}

impl Prepared {
    async fn send(&self, route: &str, path: &str, form: &str) -> Answer {
        let mut form = form.to_owned();
        if form.contains("SEEN") {
            let page = self.bed.page(path, &self.cookie).await.text;
            let seen = format!("version={}&edits={}", field(&page, "version"), field(&page, "edits"));
            form = form.replace("SEEN", &seen);
        }
        let form = form.as_str();
        match (route.starts_with("GET"), path) {
            (false, path) if path.starts_with("/api/") => {
                let stored = self.bed.store.incident(&tenant(), &IncidentId::new("i1")).await.unwrap();
                let document = form.replace("EDITS", &stored.unwrap().incident.edits.to_string());
                let window = self.bed.window_of_program(&tenant()).await;
                let path = path.replace("WINDOW", &window);
                self.bed.call(&path, &[("authorization", &self.bearer)], &document).await
            }
            (true, _) => self.bed.page(path, &self.cookie).await,
            // It would end the session of the other requests.
            (_, "/sign-in") => self.bed.submit_from("/sign-in", path, "", form).await,
            _ => self.bed.submit(path, &self.cookie, form).await,
        }
    }
}

#[tokio::test]
async fn every_privileged_route_has_its_action_in_the_audit() {
    let prepared = prepared("actions").await;
    let listed: Vec<&str> = prepared.rows.iter().map(|(route, ..)| *route).collect();
    for route in plume_server::web::routes(&prepared.bed.dashboard) {
        let name = format!("{} {}", route.method, route.path);
        let is_change = route.method != Method::GET && !UNRECORDED.contains(&name.as_str());
        assert!(!is_change || listed.contains(&name.as_str()), "{name} has no action in the audit");
    }
    for (route, path, form, action) in &prepared.rows {
        let before = prepared.bed.actions().await.len();
        let answer = prepared.send(route, path, form).await;
        assert!(answer.status.as_u16() < 400, "{route} {form}: {}", answer.status);
        let rows = prepared.bed.actions().await.split_off(before);
        let found: Vec<&str> = rows.iter().map(|(_, action, _)| action.as_str()).collect();
        assert_eq!(found, [*action], "{route} {form}");
        assert!(rows[0].2.starts_with("done"), "{rows:?}");
    }
}

// WB12
#[tokio::test]
async fn without_the_audit_no_privileged_action_is_done() {
    for (name, break_audit) in [
        ("rows", "CREATE TRIGGER planted BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'planted'); END"),
        ("head", "DELETE FROM audit_head"),
        ("copy", ""),
    ] {
        let prepared = prepared(name).await;
        let channel =
            serde_json::json!({ "name": "Main", "target": { "kind": "mail", "to": ["ada@example.net"] } });
        let body = channel.to_string().into_bytes();
        prepared.bed.store.put_record(&tenant(), RecordKind::Channel, "main", 0, body).await.unwrap();
        let window = serde_json::json!({ "name": "another one of a program", "calendar": { "version": 1, "windows": [
            { "start": "2026-01-20T10:30:00", "duration": "2h", "zone": "UTC" },
        ] } });
        let body = window.to_string().into_bytes();
        prepared.bed.store.put_record(&tenant(), RecordKind::Window, "w1", 0, body).await.unwrap();
        // Someone has it, so it can be given back.
        let (incident, silent): (_, Arc<dyn Announcer>) = (IncidentId::new("i1"), Arc::new(Silent));
        let seen = prepared.bed.store.incident(&tenant(), &incident).await.unwrap().unwrap().incident.seen();
        let action = Action::Acknowledge { seen };
        prepared.bed.store.act(&tenant(), &incident, "ann", action, &silent).await.unwrap();
        prepared.folder.run(break_audit);
        if break_audit.is_empty() {
            let copy = prepared.folder.0.join("monitor.audit");
            fs::remove_file(&copy).unwrap();
            fs::create_dir_all(copy.join("x")).unwrap();
        }
        let before = prepared.folder.content();
        for (route, path, form, action) in &prepared.rows {
            if *action == "tenant resume" || *action == "sign-out" {
                continue;
            }
            let form = form.replace("edition=0", "edition=1");
            let answer = prepared.send(route, path, &form).await;
            assert_eq!(answer.status.as_u16(), 503, "{name} {route} {form}");
            assert!(
                answer
                    .headers
                    .get(header::SET_COOKIE)
                    .is_none_or(|set| set.to_str().unwrap().contains("person"))
            );
            assert!(prepared.folder.content() == before, "{name}: {route} {form} has changed something");
        }
        assert!(prepared.bed.requested.lock().unwrap().is_empty(), "no check is made");
        // A session ends in any case.
        assert_eq!(prepared.bed.submit("/sign-out", &prepared.cookie, "").await.status, 503);
        assert_eq!(prepared.bed.page("/", &prepared.cookie).await.status, 303);
    }
}
