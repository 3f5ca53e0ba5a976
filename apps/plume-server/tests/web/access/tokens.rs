//! Tokens of the API, other sessions, and suspended tenants. Row WB13.

use super::*;

#[tokio::test]
async fn a_token_of_the_api_has_the_rights_of_its_creator_at_most_and_is_shown_once() {
    let bed = Bed::closed().await;
    let admin = bed.session("admin").await;
    let page = bed.submit("/users/tokens", &admin, "name=script&role=viewer&tenant=north").await;
    let shown = created(&page.text);
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
        ("name=x&role=viewer&tenant=north&days=0", 422),
        ("name=x&role=viewer&tenant=north&days=10000", 422),
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
    // A use changes no document, so it cannot bring a token back that is revoked meanwhile.
    assert_eq!(stored[0].seen, bed.clock.wall());
    assert!(bed.page("/users", &admin).await.text.contains("never"), "created and used in the same moment");
    bed.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(Method::GET, "/api/v1/homes/north/h1").await.status, 200);
    let used = bed.store.passes(PassKind::Token, 10).await.unwrap();
    assert!(used[0].seen == bed.clock.wall() && used[0].body == stored[0].body);
    assert!(!bed.page("/users", &admin).await.text.contains("never"));
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
    let document: serde_json::Value =
        serde_json::from_str(&bed.page("/api/debug/sessions", &admin).await.text).unwrap();
    let mut listed: Vec<_> =
        document["people"].as_array().unwrap().iter().map(|one| (&one["name"], &one["role"])).collect();
    listed.sort_by_key(|(name, _)| name.to_string());
    assert_eq!(
        listed,
        [(&"Ada of admin".into(), &"admin".into()), (&"Ada of viewer".into(), &"viewer".into())]
    );
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={}", id(&whole))).await.status, 404);
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={}", id(&viewer))).await.status, 303);
    assert_eq!(bed.page("/", &viewer).await.status, 303);
    assert_eq!(bed.submit("/users/sessions", &whole, &format!("id={}", id(&admin))).await.status, 303);
    assert_eq!(bed.page("/", &admin).await.status, 303);
}

// WB13; the worker's part is in the tests of the worker.
#[tokio::test]
async fn a_suspended_tenant_ends_its_sessions_and_tokens() {
    let bed = Bed::closed().await;
    let (whole, viewer) = (bed.session("all-admin").await, bed.session("viewer").await);
    let page = bed.submit("/users/tokens", &whole, "name=script&role=viewer&tenant=north").await;
    let shown = created(&page.text);
    let bearer = format!("Bearer {shown}");
    let suspended = bed.submit("/users/tenants", &whole, "id=north&action=suspend&sure=yes").await;
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
async fn a_tenant_is_suspended_only_after_a_page_that_names_the_consequences() {
    let bed = Bed::closed().await;
    let (whole, _viewer) = (bed.session("all-admin").await, bed.session("viewer").await);
    bed.submit("/users/tokens", &whole, "name=script&role=viewer&tenant=north").await;
    bed.submit("/users/tokens", &whole, "name=other&role=viewer&tenant=south").await;
    let users = bed.page("/users", &whole).await.text;
    assert!(users.contains("href=\"/users/tenants?id=north\"") && !users.contains("value=\"suspend\""));
    let asks = bed.page("/users/tenants?id=north", &whole).await.text;
    for part in [
        "1 home: no checks",
        "1 open incident: no message",
        "signed out: Ada of viewer",
        "end for good</b>, and need new ones after it is resumed: script.",
        "name=\"sure\" value=\"yes\"",
        "href=\"/users\">Cancel",
    ] {
        assert!(asks.contains(part), "{part}: {asks}");
    }
    let at_once = bed.submit("/users/tenants", &whole, "id=north&action=suspend").await;
    assert_eq!(at_once.status, 422);
    assert!(bed.store.suspended().await.unwrap().is_empty());
    assert_eq!(bed.store.passes(PassKind::Token, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_page_says_that_a_tenant_is_suspended() {
    let bed = Bed::closed().await;
    let (whole, operator) = (bed.session("all-admin").await, bed.session("operator").await);
    let pages = |tenant: &str, home: &str, incident: &str| {
        let own = ["/", "/homes", "/incidents", "/sla", "/channels", "/connections"].map(str::to_owned);
        let of_tenant = [format!("/homes/{tenant}/{home}"), format!("/incidents/{tenant}/{incident}")];
        own.into_iter().chain(of_tenant).collect::<Vec<_>>()
    };
    for path in pages("south", "h2", "i2") {
        assert!(!bed.page(&path, &whole).await.text.contains("Suspended:"), "{path}");
    }
    bed.submit("/users/tenants", &whole, "id=south&action=suspend&sure=yes").await;
    for path in pages("south", "h2", "i2").into_iter().chain(["/settings".to_owned()]) {
        let page = bed.page(&path, &whole).await.text;
        assert!(page.contains("Suspended: south."), "{path}: {page}");
    }
    let overview = bed.page("/", &whole).await.text;
    assert!(overview.contains("Tenant South is suspended: its home is not checked</h1>"), "{overview}");
    assert!(bed.page("/homes/south/h2", &whole).await.text.contains("suspended, not checked"));
    let settings = bed.page("/settings", &whole).await.text;
    assert!(settings.contains("<b>Tenants</b>: suspended, so not checked and not announced: south"));
    // A visitor does not learn it about a foreign tenant.
    for path in pages("north", "h1", "i1") {
        let page = bed.page(&path, &operator).await.text;
        assert!(!page.to_lowercase().contains("suspended") && !page.contains("South"), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_token_ends_after_its_days() {
    let bed = Bed::closed().await;
    let admin = bed.session("admin").await;
    let page = bed.submit("/users/tokens", &admin, "name=script&role=viewer&tenant=north&days=7").await;
    let bearer = format!("Bearer {}", created(&page.text));
    let ask = || async { bed.ask(&Method::GET, "/api/v1/tenants", &[("authorization", &bearer)], "").await };
    bed.clock.advance(Duration::from_secs(7 * 24 * 60 * 60 - 1));
    assert_eq!(ask().await.status, 200);
    bed.clock.advance(Duration::from_secs(1));
    assert_eq!(ask().await.status, 401);
}

#[tokio::test]
async fn a_token_is_for_a_tenant_that_exists() {
    let bed = Bed::closed().await;
    let whole = bed.session("all-admin").await;
    let answer = bed.submit("/users/tokens", &whole, "name=x&role=viewer&tenant=later").await;
    assert_eq!(answer.status, 422, "{}", answer.text);
}

#[tokio::test]
async fn all_sessions_of_a_suspended_tenant_end_also_those_that_are_not_listed() {
    let bed = Bed::closed().await;
    for _ in 0..250 {
        bed.session("viewer").await;
    }
    bed.clock.advance(Duration::from_secs(1));
    let whole = bed.session("all-admin").await;
    bed.submit("/users/tenants", &whole, "id=north&action=suspend&sure=yes").await;
    assert_eq!(bed.store.passes(PassKind::Session, 1_000).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_is_not_listed_can_be_ended() {
    let bed = Bed::closed().await;
    let first = bed.session("viewer").await;
    bed.clock.advance(Duration::from_secs(1));
    for _ in 0..250 {
        bed.session("viewer").await;
    }
    let id = Shown::parse(first.trim_start_matches("session=")).unwrap().id();
    let admin = bed.session("admin").await;
    assert_eq!(bed.submit("/users/sessions", &admin, &format!("id={id}")).await.status, 303);
    assert_eq!(bed.page("/", &first).await.status, 303);
}

#[tokio::test]
async fn open_pages_of_a_suspended_tenant_close_at_once() {
    let bed = Bed::closed().await;
    let (whole, viewer) = (bed.session("all-admin").await, bed.session("viewer").await);
    let open = |cookie: &str| {
        let request =
            Request::get("/events?summary=1").header("host", "localhost:8080").header("cookie", cookie);
        bed.routes.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let (own, of_operator) = (open(&viewer).await.unwrap(), open(&whole).await.unwrap());
    assert_eq!((own.status(), of_operator.status()), (StatusCode::OK, StatusCode::OK));
    let reads = tokio::spawn(to_bytes(own.into_body(), 1 << 20));
    let reads_on = tokio::spawn(to_bytes(of_operator.into_body(), 1 << 20));
    let clock = plume::runtime::SystemClock::new();
    bed.submit("/users/tenants", &whole, "id=north&action=suspend&sure=yes").await;
    let began = clock.monotonic();
    // Without its end, the stream would be read without an end.
    reads.await.unwrap().unwrap();
    assert!(clock.monotonic() - began < Duration::from_secs(5));
    assert!(!reads_on.is_finished(), "the operator's page stays open");
}
