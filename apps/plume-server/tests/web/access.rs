//! Sign-in, roles, tenants, sessions, tokens and the audit. Rows WB05 to WB08 and WB10 to WB14.

use axum::http::Method;
use futures_util::{FutureExt, StreamExt};
use plume_server::{
    access::{
        Account, Claims, Role, Rule, Rules, Session, SessionLimits, Shown, SignIn, Tenants,
        audit::AuditEvent, password,
    },
    store::{
        AuditStore, PassStore, RecordStore,
        model::{AuditQuery, Pass, PassKind, RecordKind},
    },
    web::{Needs, follow, routes},
};

use super::*;

const PASSWORD: &str = "not-a-real-password";

impl Bed {
    /// A bed with sign-in, the tenants `north` and `south`, and one home and one incident in each.
    async fn closed() -> Self {
        Self::closed_at(None).await
    }

    async fn closed_at(public: Option<&str>) -> Self {
        let rule = |value: &str, tenants: Tenants, role| Rule {
            claim: "groups".to_owned(),
            value: value.to_owned(),
            tenants,
            role,
        };
        let north = || Tenants::Only([tenant()].into());
        let rules = Rules::new(vec![
            rule("all-admin", Tenants::All, Role::Admin),
            rule("admin", north(), Role::Admin),
            rule("operator", north(), Role::Operator),
            rule("viewer", north(), Role::Viewer),
        ]);
        let public_origin = public.map(str::to_owned);
        let bed = Self::with(Some(SignIn { rules, public_origin, ..SignIn::default() })).await;
        let south = Tenant { id: TenantId::new("south"), name: "South".to_owned() };
        bed.store.put_tenant(south).await.unwrap();
        bed.add_home("h1", "Alder Street 1").await;
        bed.open_incident("i1", "h1", bed.clock.wall()).await;
        bed.add_home_of(&TenantId::new("south"), "h2", "Secret Street 2").await;
        bed.open_incident_of(&TenantId::new("south"), "i2", "h2", bed.clock.wall()).await;
        bed
    }

    /// Adds a session of a person in a group. Returns the cookie.
    pub(super) async fn session(&self, group: &str) -> String {
        let shown = Shown::random().unwrap();
        let claims: Claims = serde_json::from_value(serde_json::json!({ "groups": [group] })).unwrap();
        let session = Session {
            name: format!("Ada of {group}"),
            subject: "https://id.example.net ada".to_owned(),
            claims: Some(claims),
            created: self.clock.wall(),
            address: "192.0.2.1".to_owned(),
        };
        let now = self.clock.wall();
        let ends = Some(now + SessionLimits::default().absolute);
        let body = serde_json::to_vec(&session).unwrap();
        let pass = Pass { id: shown.id(), seen: now, ends, body };
        self.store.put_pass(PassKind::Session, pass).await.unwrap();
        format!("session={}", shown.expose())
    }

    async fn add_account(&self, name: &str) {
        let body = serde_json::to_vec(&Account { hash: password::hash(PASSWORD).unwrap() }).unwrap();
        let pass = Pass { id: name.to_owned(), seen: self.clock.wall(), ends: None, body };
        self.store.put_pass(PassKind::Account, pass).await.unwrap();
    }

    async fn ask(&self, method: &Method, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if *method != Method::GET {
            request = request
                .header("origin", "http://localhost:8080")
                .header("content-type", "application/x-www-form-urlencoded");
        }
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(super) async fn page(&self, path: &str, cookie: &str) -> Answer {
        self.ask(&Method::GET, path, &[("cookie", cookie)], "").await
    }

    /// Sends a form with the token of the session.
    async fn submit(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let page = self.page("/", cookie).await.text;
        let form = format!("token={}&{form}", field(&page, "token"));
        self.ask(&Method::POST, path, &[("cookie", cookie)], &form).await
    }

    async fn actions(&self) -> Vec<(String, String, String)> {
        let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 100 };
        let rows = self.store.audit_rows(query).await.unwrap().into_iter().rev();
        rows.map(|row| (row.event.who, row.event.action, row.event.outcome)).collect()
    }
}

/// The form of a maintenance window.
const WINDOW: &str = "action=add&name=x&start=2026-01-20T10%3A30&hours=2&zone=UTC&repeat=once&covers=home";

/// Every route of the dashboard, with what an operator of the tenant sees: the path for a tenant, and the form of a change.
/// A route that is not here fails `every_route_for_every_role_and_tenant`.
fn requests(tenant: &str, home: &str, incident: &str) -> Vec<(Method, &'static str, String, String)> {
    let get = |pattern: &'static str, path: &str| (Method::GET, pattern, path.to_owned(), String::new());
    let post = |pattern: &'static str, path: &str, form: &str| {
        (Method::POST, pattern, path.to_owned(), form.to_owned())
    };
    let home_path = format!("/homes/{tenant}/{home}");
    let incident_path = format!("/incidents/{tenant}/{incident}");
    vec![
        get("/", "/"),
        get("/homes", &format!("/homes?tenant={tenant}")),
        get("/homes/{tenant}/{home}", &home_path),
        post("/homes/{tenant}/{home}/check", &format!("{home_path}/check"), ""),
        post("/homes/{tenant}/{home}/maintenance", &format!("{home_path}/maintenance"), WINDOW),
        get("/incidents", "/incidents"),
        get("/incidents/{tenant}/{incident}", &incident_path),
        post("/incidents/{tenant}/{incident}", &incident_path, "action=note&text=x"),
        get("/sla", &format!("/sla?tenant={tenant}")),
        get("/sla.csv", &format!("/sla.csv?tenant={tenant}")),
        get("/connections", "/connections"),
        get("/logs", "/logs"),
        get("/settings", "/settings"),
        get("/api/config", "/api/config"),
        get("/api/connections", "/api/connections"),
        get("/api/debug/sessions", "/api/debug/sessions"),
        get("/api/v1/logs", "/api/v1/logs"),
        get("/api/v1/sla", &format!("/api/v1/sla?tenant={tenant}")),
        post("/theme", "/theme", "theme=dark"),
        get("/sign-in", "/sign-in"),
        post("/sign-in", "/sign-in", "name=ada&password=wrong"),
        get("/sign-in/start", "/sign-in/start"),
        get("/sign-in/callback", "/sign-in/callback"),
        post("/sign-out", "/sign-out", ""),
        get("/users", "/users"),
        post("/users/sessions", "/users/sessions", "id=none"),
        post("/users/tokens", "/users/tokens", &format!("name=x&role=viewer&tenant={tenant}")),
        post("/users/tokens/revoke", "/users/tokens/revoke", "id=none"),
        post("/users/tenants", "/users/tenants", &format!("id={tenant}&action=resume")),
        get("/users/audit", "/users/audit"),
        post("/users/audit", "/users/audit", ""),
        get("/channels", "/channels"),
        post("/channels", "/channels", &format!("tenant={tenant}&action=remove&id=none&sure=yes")),
        get("/channels/new", "/channels/new?kind=slack"),
        get("/channels/{tenant}/{channel}", &format!("/channels/{tenant}/main")),
        post("/channels/{tenant}/{channel}", &format!("/channels/{tenant}/main"), "action=test"),
        get("/api/v1/channels", &format!("/api/v1/channels?tenant={tenant}")),
        get("/api/v1/channels/{tenant}/{channel}", &format!("/api/v1/channels/{tenant}/main")),
        get("/health", "/health"),
        get("/health/ready", "/health/ready"),
        get("/status", "/status"),
        get("/api/status", "/api/status"),
        get("/api/v1/openapi.json", "/api/v1/openapi.json"),
        get("/api/v1/tenants", "/api/v1/tenants"),
        get("/api/v1/homes", &format!("/api/v1/homes?tenant={tenant}")),
        get("/api/v1/homes/{tenant}/{home}", &format!("/api/v1{home_path}")),
        get("/api/v1/incidents", &format!("/api/v1/incidents?tenant={tenant}")),
        get("/api/v1/incidents/{tenant}/{incident}", &format!("/api/v1{incident_path}")),
        get("/events", "/events"),
    ]
}

/// The right that a route needs, apart from the table that the server has.
fn needed(method: &Method, path: &str) -> Needs {
    match path {
        "/health" | "/health/ready" | "/status" | "/api/v1/openapi.json" => Needs::Nothing,
        "/sign-in" | "/sign-in/start" | "/sign-in/callback" => Needs::Nothing,
        "/sign-out" | "/theme" => Needs::Role(Role::Viewer),
        "/connections" | "/api/connections" => Needs::Role(Role::Operator),
        "/logs" | "/api/v1/logs" | "/settings" | "/api/config" | "/api/debug/sessions" | "/channels/new" => {
            Needs::Role(Role::Admin)
        }
        "/channels" if *method == Method::POST => Needs::Role(Role::Admin),
        path if path.starts_with("/users") => Needs::Role(Role::Admin),
        _ if *method == Method::GET => Needs::Role(Role::Viewer),
        _ => Needs::Role(Role::Operator),
    }
}

/// Returns whether a path names the foreign tenant.
fn names_tenant(path: &str) -> bool {
    path.contains("south")
}

// WB08
#[tokio::test]
async fn every_route_for_every_role_and_tenant() {
    let bed = Bed::closed().await;
    for tenant in ["north", "south"] {
        let channel = r#"{"name": "Secret Street", "target": {"kind": "mail", "to": ["ada@example.net"]}}"#;
        let channel =
            channel.replace("Secret Street", if tenant == "south" { "Secret Street" } else { "Main" });
        let body = channel.into_bytes();
        bed.store.put_record(&tenant.into(), RecordKind::Channel, "main", 0, body).await.unwrap();
    }
    let all = routes(&bed.dashboard);
    let listed = requests("north", "h1", "i1");
    for route in &all {
        let is_listed =
            listed.iter().any(|(method, path, ..)| (method, *path) == (&route.method, route.path));
        assert!(is_listed, "{} {} is in no row of `requests`", route.method, route.path);
    }
    assert_eq!(listed.len(), all.len(), "a row without a route");
    for route in &all {
        assert_eq!(route.needs, needed(&route.method, route.path), "{} {}", route.method, route.path);
    }
    let mut checked = 0;
    for group in [None, Some("stranger"), Some("viewer"), Some("operator"), Some("admin"), Some("all-admin")]
    {
        for (tenant, home, incident) in [("north", "h1", "i1"), ("south", "h2", "i2")] {
            for (method, pattern, path, form) in requests(tenant, home, incident) {
                if pattern == "/events" && !matches!(group, None | Some("stranger")) {
                    // Its stream has no end; the test of live pages reads it.
                    continue;
                }
                let route = all.iter().find(|route| route.method == method && route.path == pattern).unwrap();
                let cookie = match group {
                    Some(group) => bed.session(group).await,
                    None => String::new(),
                };
                let answer = match (&method, group) {
                    (&Method::GET, _) => bed.page(&path, &cookie).await,
                    (_, None | Some("stranger")) => {
                        bed.ask(&method, &path, &[("cookie", &cookie)], &form).await
                    }
                    (_, Some(_)) => bed.submit(&path, &cookie, &form).await,
                };
                let is_visible = tenant == "north" || group == Some("all-admin");
                let status = answer.status.as_u16();
                let what = format!("{method} {path} as {group:?}: {status}");
                let role = match group {
                    Some("viewer") => Some(Role::Viewer),
                    Some("operator") => Some(Role::Operator),
                    Some("admin" | "all-admin") => Some(Role::Admin),
                    _ => None,
                };
                match (route.needs, role) {
                    (Needs::Nothing, _) => assert!(![401, 404].contains(&status), "{what}"),
                    (Needs::Role(_), None) if path.starts_with("/api/") || pattern == "/events" => {
                        assert_eq!(status, 401, "{what}");
                    }
                    (Needs::Role(_), None) if method == Method::GET => {
                        let to = answer.headers[header::LOCATION].to_str().unwrap();
                        assert!(status == 303 && to.starts_with("/sign-in"), "{what} {to}");
                    }
                    (Needs::Role(_), None) => assert_eq!(status, 401, "{what}"),
                    (Needs::Role(needed), Some(role)) if role < needed => assert_eq!(status, 403, "{what}"),
                    (Needs::Role(_), Some(_)) if pattern == "/users/tenants" => {
                        assert_eq!(status, if group == Some("all-admin") { 303 } else { 404 }, "{what}");
                    }
                    (Needs::Role(_), Some(_)) if pattern == "/users/tokens" && !is_visible => {
                        assert_eq!(status, 422, "{what}");
                    }
                    (Needs::Role(_), Some(_)) if path.contains("none") || form.contains("none") => {
                        assert_eq!(status, 404, "{what}");
                    }
                    (Needs::Role(_), Some(_)) if names_tenant(&path) && !is_visible => {
                        assert_eq!(status, 404, "{what}");
                    }
                    (Needs::Role(_), Some(_)) => assert!((200..400).contains(&status), "{what}"),
                    _ => panic!("{what}"),
                }
                if !is_visible {
                    assert!(!answer.text.contains("Secret Street"), "{what}");
                    assert!(!answer.text.contains("South"), "{what}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

#[tokio::test]
async fn a_foreign_tenant_and_a_missing_one_have_the_same_answer() {
    let bed = Bed::closed().await;
    let cookie = bed.session("viewer").await;
    for (foreign, missing) in [
        ("/homes/south/h2", "/homes/none/h2"),
        ("/incidents/south/i2", "/incidents/none/i2"),
        ("/homes?tenant=south", "/homes?tenant=none"),
        ("/api/v1/homes/south/h2", "/api/v1/homes/none/h2"),
        ("/api/v1/homes?tenant=south", "/api/v1/homes?tenant=none"),
        ("/homes/north/h2", "/homes/north/none"),
    ] {
        let (one, other) = (bed.page(foreign, &cookie).await, bed.page(missing, &cookie).await);
        assert_eq!(one.status, 404, "{foreign}");
        let same = one.text.replace("south", "none").replace("%2Fh2", "").replace("/h2", "/none");
        assert_eq!(same, other.text.replace("/h2", "/none"), "{foreign}");
    }
}

// WB06, WB14
#[tokio::test]
async fn sign_in_makes_a_new_session_and_leads_to_local_paths_only() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    let planted = Shown::random().unwrap();
    let cookie = format!("session={}", planted.expose());
    for (next, to) in [
        ("%2Fhomes%3Fq%3Da", "/homes?q=a"),
        ("%2F%2Fevil.example.net", "/"),
        ("https%3A%2F%2Fevil.example.net", "/"),
        ("%2F%5Cevil.example.net", "/"),
    ] {
        let page = bed.page(&format!("/sign-in?next={next}"), &cookie).await.text;
        assert_eq!(field(&page, "next").replace("&#38;", "&").replace("&#61;", "="), to);
        let form = format!("token={}&name=ada&password={PASSWORD}&next={next}", field(&page, "token"));
        let answer = bed.ask(&Method::POST, "/sign-in", &[("cookie", &cookie)], &form).await;
        assert_eq!((answer.status.as_u16(), &answer.headers[header::LOCATION]), (303, &to.parse().unwrap()));
        let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(set.starts_with("session=") && !set.contains(planted.expose()), "{set}");
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"), "{set}");
        let own = set.split(';').next().unwrap();
        assert!(bed.page("/", own).await.text.contains("<b>ada</b> admin"));
        assert_eq!(bed.page("/", &cookie).await.status, 303, "the planted id has no session");
    }
    // A browser that signs in again has one session.
    let sessions = || async { bed.store.passes(PassKind::Session, 100).await.unwrap().len() };
    assert_eq!(sessions().await, 4);
    let old = bed.session("viewer").await;
    let page = bed.page("/sign-in", "").await.text;
    let form = format!("token={}&name=ada&password={PASSWORD}", field(&page, "token"));
    bed.ask(&Method::POST, "/sign-in", &[("cookie", "theme=dark")], &form).await;
    assert_eq!(sessions().await, 6);
    assert_eq!(bed.page("/", &old).await.status, 200);
}

#[tokio::test]
async fn cookies_are_for_this_host_and_https_only_behind_an_https_proxy() {
    let bed = Bed::closed_at(Some("https://monitor.example.net")).await;
    bed.add_account("ada").await;
    let page = bed.page("/sign-in", "").await;
    assert!(page.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
    let form = format!("token={}&name=ada&password={PASSWORD}", field(&page.text, "token"));
    let answer = bed.ask(&Method::POST, "/sign-in", &[], &form).await;
    for set in answer.headers.get_all(header::SET_COOKIE) {
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-") && set.contains("; Secure") && set.contains("Path=/;"), "{set}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old_or_signed_out() {
    let bed = Bed::closed().await;
    let cookie = bed.session("viewer").await;
    for _ in 0..50 {
        assert_eq!(bed.page("/", &cookie).await.status, 200);
        bed.clock.advance(Duration::from_secs(28 * 60));
    }
    bed.clock.advance(Duration::from_secs(60 * 60));
    assert_eq!(bed.page("/", &cookie).await.status, 303, "24 hours in any case");
    let cookie = bed.session("viewer").await;
    bed.clock.advance(Duration::from_secs(31 * 60));
    assert_eq!(bed.page("/", &cookie).await.status, 303, "30 minutes without a request");
    let cookie = bed.session("viewer").await;
    let out = bed.submit("/sign-out", &cookie, "").await;
    assert!(out.text.contains("Signed out") && !out.text.contains("Ada of viewer"));
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(bed.page("/", &cookie).await.status, 303);
    assert!(
        bed.actions().await.iter().any(|(who, action, _)| who == "Ada of viewer" && action == "sign-out")
    );
}

// WB07
#[tokio::test]
async fn a_form_of_another_session_or_page_is_refused() {
    let bed = Bed::closed().await;
    let (own, other) = (bed.session("operator").await, bed.session("operator").await);
    let foreign = field(&bed.page("/", &other).await.text, "token");
    let anonymous = field(&bed.page("/sign-in", "").await.text, "token");
    let path = "/incidents/north/i1";
    for token in [&foreign, &anonymous, ""] {
        let form = format!("token={token}&action=note&text=x");
        assert_eq!(bed.ask(&Method::POST, path, &[("cookie", &own)], &form).await.status, 403);
    }
    let token = field(&bed.page("/", &own).await.text, "token");
    let form = format!("token={token}&action=note&text=x");
    for origin in ["https://evil.example.net", "null"] {
        let request = Request::post(path)
            .header("host", "localhost:8080")
            .header("origin", origin)
            .header("cookie", &own)
            .header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(bed.send(request.body(Body::from(form.clone())).unwrap()).await.status, 403, "{origin}");
    }
    // A form in the address of a page has no effect.
    for path in
        ["/incidents/north/i1?action=note&text=x", "/sign-out", "/users/tenants?id=north&action=suspend"]
    {
        let status = bed.page(&format!("{path}&token={token}"), &own).await.status.as_u16();
        assert!([200, 403, 404, 405].contains(&status), "{path} {status}");
    }
    assert!(bed.page(path, &own).await.text.contains("No note"));
    assert_eq!(bed.submit(path, &own, "action=note&text=mine&person=Eve").await.status, 303);
    let page = bed.page(path, &own).await.text;
    assert!(page.contains("Ada of operator") && !page.contains("Eve"), "the name is that of the session");
}

// WB10
#[tokio::test]
async fn attempts_to_sign_in_are_few_and_the_victim_is_not_locked_out() {
    let bed = Bed::closed().await;
    bed.add_account("ada").await;
    let token = field(&bed.page("/sign-in", "").await.text, "token");
    let right = format!("token={token}&name=ada&password={PASSWORD}");
    let first = bed.ask(&Method::POST, "/sign-in", &[], &right).await;
    let proof = first.headers.get_all(header::SET_COOKIE).iter();
    let proof = proof.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
    let proof = { proof }.find(|pair| pair.starts_with("browser=")).unwrap();
    let mut refused = 0;
    for _ in 0..30 {
        let form = format!("token={token}&name=ada&password=wrong");
        let answer = bed.ask(&Method::POST, "/sign-in", &[], &form).await;
        if answer.status == 429 {
            assert!(answer.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 0);
            refused += 1;
        } else {
            assert_eq!(answer.status, 403);
        }
    }
    assert_eq!(refused, 21);
    assert_eq!(bed.ask(&Method::POST, "/sign-in", &[], &right).await.status, 429);
    let known = [("cookie", proof.as_str())];
    assert_eq!(bed.ask(&Method::POST, "/sign-in", &known, &right).await.status, 303);
    // A wrong name and a wrong password have one answer.
    bed.clock.advance(Duration::from_secs(3_600));
    let mut texts = Vec::new();
    for name in ["ada", "none"] {
        let form = format!("token={token}&name={name}&password=wrong");
        texts.push(bed.ask(&Method::POST, "/sign-in", &[], &form).await.text);
    }
    assert_eq!(texts[0], texts[1]);
    let refusals =
        bed.actions().await.into_iter().filter(|(.., outcome)| outcome.starts_with("refused, from"));
    assert!(refusals.count() >= 11);
}

#[tokio::test]
async fn a_token_of_the_api_has_the_rights_of_its_creator_at_most_and_is_shown_once() {
    let bed = Bed::closed().await;
    let admin = bed.session("admin").await;
    let page = bed.submit("/users/tokens", &admin, "name=script&role=viewer&tenant=north").await;
    let shown =
        page.text.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!bed.page("/users", &admin).await.text.contains(&shown));
    let bearer = format!("Bearer {shown}");
    let ask = |method: Method, path: &'static str| {
        let bearer = bearer.clone();
        let bed = &bed;
        async move { bed.ask(&method, path, &[("authorization", &bearer)], "").await }
    };
    assert_eq!(ask(Method::GET, "/api/v1/homes/north/h1").await.status, 200);
    assert_eq!(ask(Method::GET, "/api/v1/homes/south/h2").await.status, 404);
    assert_eq!(ask(Method::GET, "/homes").await.status, 303, "pages take no token");
    assert!(bed.page("/users", &admin).await.text.contains("by Ada of admin"));
    for (form, status) in [
        ("name=x&role=admin&tenant=south", 422),
        ("name=&role=viewer&tenant=north", 422),
        ("name=x&role=root&tenant=north", 422),
    ] {
        assert_eq!(bed.submit("/users/tokens", &admin, form).await.status.as_u16(), status, "{form}");
    }
    for wrong in ["", "Bearer", "Bearer x", "Basic x", &format!("Bearer {}", "0".repeat(64))] {
        let headers = [("authorization", wrong), ("cookie", admin.as_str())];
        let answer = bed.ask(&Method::GET, "/api/v1/tenants", &headers, "").await;
        assert_eq!(answer.status, 401, "a wrong token is not one of the session: {wrong}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let stored = bed.store.passes(PassKind::Token, 10).await.unwrap();
    assert!(
        stored
            .iter()
            .all(|pass| !pass.id.contains(&shown) && !String::from_utf8_lossy(&pass.body).contains(&shown))
    );
    bed.submit("/users/tokens/revoke", &admin, &format!("id={}", stored[0].id)).await;
    assert_eq!(ask(Method::GET, "/api/v1/homes/north/h1").await.status, 401);
}

#[tokio::test]
async fn an_administrator_ends_sessions_of_own_tenants_only() {
    let bed = Bed::closed().await;
    let (admin, whole) = (bed.session("admin").await, bed.session("all-admin").await);
    let viewer = bed.session("viewer").await;
    let id = |cookie: &str| Shown::parse(cookie.trim_start_matches("session=")).unwrap().id();
    let page = bed.page("/users", &admin).await.text;
    assert!(page.contains("Ada of viewer") && page.contains("access rule 4"));
    assert!(!page.contains("Ada of all-admin") && !page.contains("South"));
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={}", id(&whole))).await.status, 404);
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={}", id(&viewer))).await.status, 303);
    assert_eq!(bed.page("/", &viewer).await.status, 303);
    assert_eq!(bed.submit("/users/sessions", &whole, &format!("id={}", id(&admin))).await.status, 303);
    assert_eq!(bed.page("/", &admin).await.status, 303);
}

#[tokio::test]
async fn every_session_and_token_is_on_a_page_and_can_be_ended() {
    let bed = Bed::closed().await;
    let first = bed.session("viewer").await;
    let id = |cookie: &str| Shown::parse(cookie.trim_start_matches("session=")).unwrap().id();
    bed.clock.advance(Duration::from_secs(1));
    for _ in 0..200 {
        bed.session("viewer").await;
    }
    bed.clock.advance(Duration::from_secs(1));
    let admin = bed.session("admin").await;
    let page = bed.page("/users", &admin).await.text;
    assert!(!page.contains(&id(&first)));
    let (_, link) = page.split_once("<a href=\"/users?sessions=").unwrap();
    let link = link.split('"').next().unwrap();
    let next = bed.page(&format!("/users?sessions={link}"), &admin).await.text;
    assert!(next.contains(&id(&first)) && !next.contains("<a href=\"/users?sessions="));
    for odd in ["", "x", "1", "-", "99999999999999999999-a", "1-%00"] {
        assert_eq!(
            bed.page(&format!("/users?sessions={odd}&tokens={odd}"), &admin).await.status,
            200,
            "{odd}"
        );
    }
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={}", id(&first))).await.status, 303);
    assert_eq!(bed.page("/", &first).await.status, 303);
    let whole = bed.session("all-admin").await;
    bed.submit("/users/tenants", &whole, "id=north&action=suspend").await;
    assert_eq!(bed.store.passes(PassKind::Session, 500).await.unwrap().len(), 1, "the operator stays");
}

#[tokio::test]
async fn a_session_of_an_account_ends_with_the_account_or_its_password() {
    let bed = Bed::closed().await;
    let sign_in = || async {
        let token = field(&bed.ask(&Method::GET, "/sign-in", &[], "").await.text, "token");
        let form = format!("token={token}&name=ada&password={PASSWORD}");
        let answer = bed.ask(&Method::POST, "/sign-in", &[], &form).await;
        let mut cookies =
            answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let cookie = cookies.find(|cookie| cookie.starts_with("session=")).unwrap();
        cookie.split(';').next().unwrap().to_owned()
    };
    bed.add_account("ada").await;
    let old = sign_in().await;
    assert_eq!(bed.page("/users", &old).await.status, 200);
    bed.clock.advance(Duration::from_secs(1));
    bed.add_account("ada").await;
    assert_eq!(bed.page("/users", &old).await.status, 303, "the password is another one");
    let new = sign_in().await;
    assert_eq!(bed.page("/users", &new).await.status, 200);
    bed.store.remove_pass(PassKind::Account, "ada").await.unwrap();
    assert_eq!(bed.page("/users", &new).await.status, 303, "the account is removed");
}

/// A stream of live pages.
struct Stream(axum::body::BodyDataStream);

impl Stream {
    async fn open(bed: &Bed, cookie: &str) -> (StatusCode, Self) {
        let request =
            Request::get("/events?summary=1").header("host", "localhost:8080").header("cookie", cookie);
        let answer = bed.routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (answer.status(), Self(answer.into_body().into_data_stream()))
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }
}

// MO37, WB06
#[tokio::test]
async fn a_stream_has_signs_of_life_and_ends_with_its_session() {
    let bed = Bed::closed().await;
    let cookie = bed.session("viewer").await;
    let (status, mut stream) = Stream::open(&bed, &cookie).await;
    assert_eq!(status, 200);
    assert!(stream.next().await.unwrap().contains("event: beat"));
    // The summaries come more often than the signs of life, and the page is open for longer than a session may be idle.
    let stopping = bed.stop.stopping();
    let hub =
        tokio::spawn(follow(bed.live.clone(), bed.dashboard.clone(), Arc::new(bed.clock.clone()), stopping));
    let (mut beats, mut summaries, mut seconds) = (0, 0, 0);
    let ended = 'open: loop {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        bed.clock.advance(Duration::from_secs(5));
        seconds += 5;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        while let Some(event) = stream.next().now_or_never() {
            match event {
                Some(event) if event.contains("event: beat") => beats += 1,
                Some(event) if event.contains("event: summary") => summaries += 1,
                Some(_) => {}
                None => break 'open seconds,
            }
        }
        assert!(seconds < 3_600, "the stream outlives its session");
    };
    hub.abort();
    assert!(summaries > 300, "{summaries} summaries");
    // The session is idle after 30 minutes: reading a stream is no use of it.
    assert!((1_800..=1_830).contains(&ended) && beats >= 119, "{ended} s, {beats} beats");
    assert_eq!(Stream::open(&bed, &cookie).await.0, 401);
}

#[tokio::test]
async fn a_revoked_session_ends_its_stream_at_once() {
    let bed = Bed::closed().await;
    let (admin, viewer) = (bed.session("admin").await, bed.session("viewer").await);
    let (_, mut stream) = Stream::open(&bed, &viewer).await;
    stream.next().await.unwrap();
    let id = Shown::parse(viewer.trim_start_matches("session=")).unwrap().id();
    bed.submit("/users/sessions", &admin, &format!("id={id}")).await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn one_session_cannot_take_the_streams_of_others() {
    let bed = Bed::closed().await;
    let (cookie, other) = (bed.session("viewer").await, bed.session("viewer").await);
    let mut open = Vec::new();
    for _ in 0..20 {
        let (status, stream) = Stream::open(&bed, &cookie).await;
        assert_eq!(status, 200);
        open.push(stream);
    }
    assert_eq!(Stream::open(&bed, &cookie).await.0, 429);
    assert_eq!(Stream::open(&bed, &other).await.0, 200);
    open.pop();
    assert_eq!(Stream::open(&bed, &cookie).await.0, 200);
}

#[tokio::test]
async fn who_sees_few_tenants_gets_no_false_failures_of_the_server() {
    let bed = Bed::closed().await;
    let (admin, whole) = (bed.session("admin").await, bed.session("all-admin").await);
    for (path, words) in [
        ("/settings", ["so nothing is checked", "no call has succeeded"]),
        ("/api/config", ["so nothing is checked", "no call has succeeded"]),
        ("/connections", ["has no access to the cloud", "No calls are made"]),
    ] {
        let (part, all) = (bed.page(path, &admin).await, bed.page(path, &whole).await);
        assert_eq!((part.status, all.status), (StatusCode::OK, StatusCode::OK));
        for word in words {
            assert!(!part.text.contains(word), "{path}: {word}");
            assert!(all.text.contains(word), "{path}: {word}");
        }
    }
    assert!(bed.page("/connections", &admin).await.text.contains("are shown to people who see all tenants"));
}

// WB13; the worker's part is in the tests of the worker.
#[tokio::test]
async fn a_suspended_tenant_ends_its_sessions_and_tokens() {
    let bed = Bed::closed().await;
    let (whole, viewer) = (bed.session("all-admin").await, bed.session("viewer").await);
    let page = bed.submit("/users/tokens", &whole, "name=script&role=viewer&tenant=north").await;
    let shown =
        page.text.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let bearer = format!("Bearer {shown}");
    let suspended = bed.submit("/users/tenants", &whole, "id=north&action=suspend").await;
    assert_eq!(suspended.status, 303);
    assert_eq!(bed.page("/", &viewer).await.status, 303);
    let asked = bed.ask(&Method::GET, "/api/v1/tenants", &[("authorization", &bearer)], "").await;
    assert_eq!(asked.status, 401);
    assert_eq!(bed.store.passes(PassKind::Token, 10).await.unwrap().len(), 0);
    assert_eq!(bed.store.passes(PassKind::Session, 10).await.unwrap().len(), 1, "the operator stays");
    assert!(bed.page("/users", &whole).await.text.contains("suspended: no checks"));
    bed.submit("/users/tenants", &whole, "id=north&action=resume").await;
    assert!(bed.store.suspended().await.unwrap().is_empty());
    let actions: Vec<_> = bed.actions().await.into_iter().map(|(_, action, _)| action).collect();
    assert_eq!(actions, ["token create", "tenant suspend", "tenant resume"]);
}

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
    assert!(found.contains("Eve") && !found.contains("Ada of operator</td>"));
    assert!(bed.submit("/users/audit", &whole, "").await.text.contains("All 3 rows"));
}
