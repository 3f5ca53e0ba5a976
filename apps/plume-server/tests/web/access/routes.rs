//! Every route for every role and tenant. Row WB08.

use plume_server::{
    store::IncidentStore,
    web::{Needs, routes},
};

use super::*;

/// The form of a maintenance window.
pub(super) const WINDOW: &str =
    "action=add&name=x&start=2026-01-20T10%3A30&hours=2&zone=UTC&repeat=once&covers=home";

/// The same as a document of the API.
pub(super) const DOCUMENT: &str =
    r#"{"name": "of a program", "start": "2026-01-20T10:30", "hours": 2, "covers": "tenant"}"#;

/// Every route of the dashboard, with what an operator of the tenant sees: the path for a tenant, and the form of a change.
/// A route that is not here fails `every_route_for_every_role_and_tenant`.
fn requests(tenant: &str, home: &str, incident: &str) -> Vec<(Method, &'static str, String, String)> {
    let get = |pattern: &'static str, path: &str| (Method::GET, pattern, path.to_owned(), String::new());
    let post = |pattern: &'static str, path: &str, form: &str| {
        (Method::POST, pattern, path.to_owned(), form.to_owned())
    };
    let home_path = format!("/homes/{tenant}/{home}");
    let incident_path = format!("/incidents/{tenant}/{incident}");
    let seen = r#"{"version": 1, "edits": EDITS}"#;
    let of_incident = |pattern: &'static str, document: &str| {
        let (_, last) = pattern.rsplit_once('/').unwrap();
        post(pattern, &format!("/api/v1{incident_path}/{last}"), document)
    };
    vec![
        get("/", "/"),
        get("/homes", &format!("/homes?tenant={tenant}")),
        get("/homes/{tenant}/{home}", &home_path),
        post("/homes/{tenant}/{home}/check", &format!("{home_path}/check"), ""),
        get("/homes/{tenant}/{home}/remove", &format!("{home_path}/remove")),
        post("/homes/{tenant}/{home}/remove", &format!("{home_path}/remove"), ""),
        post("/homes/{tenant}/{home}/maintenance", &format!("{home_path}/maintenance"), WINDOW),
        get("/maintenance", "/maintenance"),
        post(
            "/maintenance",
            "/maintenance",
            &format!("tenant={tenant}&{}", WINDOW.replace("=home", "=tenant")),
        ),
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
        get("/users/tenants", &format!("/users/tenants?id={tenant}")),
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
        post("/api/v1/channels/{tenant}/{channel}/try", &format!("/api/v1/channels/{tenant}/main/try"), "{}"),
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
        post("/api/v1/homes/{tenant}/{home}/check", &format!("/api/v1{home_path}/check"), "{}"),
        of_incident("/api/v1/incidents/{tenant}/{incident}/acknowledge", seen),
        of_incident("/api/v1/incidents/{tenant}/{incident}/snooze", &seen.replace('}', r#", "hours": 1}"#)),
        of_incident("/api/v1/incidents/{tenant}/{incident}/release", seen),
        of_incident("/api/v1/incidents/{tenant}/{incident}/notes", r#"{"text": "x"}"#),
        get("/api/v1/maintenance", &format!("/api/v1/maintenance?tenant={tenant}")),
        post("/api/v1/maintenance/{tenant}", &format!("/api/v1/maintenance/{tenant}"), DOCUMENT),
        post(
            "/api/v1/maintenance/{tenant}/{window}/end",
            &format!("/api/v1/maintenance/{tenant}/WINDOW/end"),
            r#"{"edition": 1}"#,
        ),
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
        "/homes/{tenant}/{home}/remove" => Needs::Role(Role::Admin),
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
                // A second window with the same name and times would be refused.
                let form =
                    form.replace("name=x&start", &format!("name=x+{}&start", group.unwrap_or_default()));
                let route = all.iter().find(|route| route.method == method && route.path == pattern).unwrap();
                let cookie = match group {
                    Some(group) => bed.session(group).await,
                    None => String::new(),
                };
                let edits = bed.store.incident(&tenant.into(), &IncidentId::new(incident)).await.unwrap();
                let form = form.replace("EDITS", &edits.unwrap().incident.edits.to_string());
                let window = bed.window_of_program(&tenant.into()).await;
                let path = path.replace("WINDOW", &window);
                let answer = match (&method, group) {
                    (&Method::POST, Some(group)) if path.starts_with("/api/") => {
                        let token = bed.token(group).await;
                        bed.call(&path, &[("authorization", &token)], &form).await
                    }
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
                    (Needs::Role(_), Some(_)) if (&method, pattern) == (&Method::POST, "/users/audit") => {
                        assert_eq!(status, if group == Some("all-admin") { 200 } else { 422 }, "{what}");
                    }
                    // Without its confirmation.
                    (Needs::Role(_), Some(_)) if method == Method::POST && path.ends_with("/remove") => {
                        assert_eq!(status, 422, "{what}");
                    }
                    (Needs::Role(_), Some(_)) if pattern == "/users/tenants" => {
                        let done = if method == Method::GET { 200 } else { 303 };
                        assert_eq!(status, if group == Some("all-admin") { done } else { 404 }, "{what}");
                    }
                    (Needs::Role(_), Some(_)) if pattern == "/maintenance" && !is_visible => {
                        let refused = if method == Method::GET { 200 } else { 404 };
                        assert_eq!(status, refused, "{what}");
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
                    (Needs::Role(_), Some(_)) => {
                        assert!((200..400).contains(&status), "{what} {}", answer.text);
                    }
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

/// A browser adds its session to a request of a foreign page, but no token.
#[tokio::test]
async fn every_change_by_the_api_needs_a_token_and_a_json_document() {
    let bed = Bed::closed().await;
    let (session, token) = (bed.session("all-admin").await, bed.token("all-admin").await);
    let page = bed.page("/", &session).await.text;
    let forms = field(&page, "token");
    let json = "application/json";
    let mut checked = 0;
    for (method, _, path, document) in requests("north", "h1", "i1") {
        if method != Method::POST || !path.starts_with("/api/") {
            continue;
        }
        let document = document.replace("EDITS", "0");
        for (headers, status) in [
            (vec![], 401),
            (vec![("cookie", session.as_str())], 403),
            (vec![("cookie", session.as_str()), ("x-form-token", forms.as_str())], 403),
            (vec![("authorization", token.as_str()), ("content-type", "text/plain")], 415),
            (
                vec![
                    ("authorization", token.as_str()),
                    ("content-type", "application/x-www-form-urlencoded"),
                ],
                415,
            ),
            (vec![("authorization", token.as_str()), ("origin", "https://example.net")], 403),
            (vec![("authorization", "Bearer x"), ("cookie", session.as_str())], 401),
        ] {
            let answer = bed.call(&path, &headers, &document).await;
            assert_eq!(answer.status.as_u16(), status, "{path} {headers:?} {}", answer.text);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        }
        for wrong in ["", "[]", "{", "{\"no\": 1}", "null", "\u{0}"] {
            let answer = bed.call(&path, &[("authorization", &token), ("content-type", json)], wrong).await;
            assert_eq!(answer.status, 400, "{path} {wrong} {}", answer.text);
        }
        checked += 1;
    }
    assert!(checked >= 5, "{checked}");
    assert!(bed.requested.lock().unwrap().is_empty());
    let incident = bed.store.incident(&tenant(), &IncidentId::new("i1")).await.unwrap().unwrap().incident;
    assert!(incident.edits == 0 && incident.notes.is_empty(), "{incident:?}");
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

#[tokio::test]
async fn a_refused_form_leads_back_to_a_page() {
    let bed = Bed::closed().await;
    let admin = bed.session("all-admin").await;
    let mut seen = 0;
    for (method, pattern, path, form) in requests("north", "h1", "i1") {
        if method != Method::POST || pattern == "/sign-in" || path.starts_with("/api/") {
            continue;
        }
        let answer = bed.ask(&method, &path, &[("cookie", &admin)], &form).await;
        assert_eq!(answer.status, 403, "{path}: it has no token");
        let (_, back) = answer.text.rsplit_once("<main").unwrap().1.split_once("href=\"").unwrap();
        let back = back.split('"').next().unwrap();
        let page = bed.page(back, &admin).await;
        // There is no channel.
        let is_missing = page.status == 404 && pattern.starts_with("/channels/");
        assert!(page.status == 200 || is_missing, "{path} leads to {back}: {}", page.status);
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
}

#[tokio::test]
async fn a_path_without_a_route_is_missing_by_every_method() {
    let bed = Bed::closed().await;
    let (session, token) = (bed.session("all-admin").await, bed.token("all-admin").await);
    for method in [Method::GET, Method::POST, Method::DELETE] {
        for path in ["/nothing", "/api/v1/nothing", "/api/v1/channels/north/hook/test"] {
            let visitor =
                if path.starts_with("/api/") { ("authorization", &token) } else { ("cookie", &session) };
            let answer = bed.ask(&method, path, &[(visitor.0, visitor.1.as_str())], "").await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert!(!bed.ask(&method, path, &[], "").await.status.is_success(), "{method} {path}");
        }
    }
}
