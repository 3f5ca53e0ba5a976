//! The pages.

use axum::{body::Body, http::Request};
use plume_server::store::{
    OutboxStore,
    model::{Attempt, Outcome, Outgoing},
};

use super::*;

#[tokio::test]
async fn every_page_escapes_foreign_text_and_forbids_foreign_scripts() {
    let bed = Bed::new().await;
    bed.add_home("h/1", &format!("Home {HOSTILE}")).await;
    bed.open_incident("i1", "h/1", bed.clock.wall()).await;
    for path in [
        "/",
        "/homes",
        "/homes?tenant=north&q=home&tag=none",
        "/homes/north/h%2F1",
        "/incidents",
        "/incidents?state=all",
        "/incidents/north/i1",
    ] {
        let page = bed.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(!page.text.contains("<script>alert"), "{path}");
        assert!(page.text.contains("<main id=\"main\""), "{path}");
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        assert!(!page.text.contains(" style="), "{path} has a style that the policy forbids");
    }
    let homes = bed.get("/api/v1/homes").await.text;
    assert!(homes.contains('\u{202e}'), "a program gets the name as it is: {homes}");
    for path in
        ["/nothing", "/homes/north/none", "/homes/south/h%2F1", "/incidents/south/i1", "/homes?tenant=south"]
    {
        let page = bed.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text.contains("Not found"), "{path}");
    }
}

#[tokio::test]
async fn files_have_their_hash_in_the_name_and_may_be_kept() {
    let bed = Bed::new().await;
    let page = bed.get("/").await.text;
    for (before, kind) in [("href=\"/assets/style-", "text/css"), ("src=\"/assets/live-", "text/javascript")]
    {
        let (_, rest) = page.split_once(before).unwrap();
        let name = rest.split_once('"').unwrap().0;
        let (_, start) = before.split_once('"').unwrap();
        let file = bed.get(&format!("{start}{name}")).await;
        assert_eq!(file.status, 200);
        assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        assert!(file.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
}

#[tokio::test]
async fn the_second_of_two_people_sees_who_was_first() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let path = "/incidents/north/i1";
    let page = bed.get(path).await.text;
    let form = |action: &str, person: &str| {
        let hidden = ["token", "version", "edits"].map(|name| format!("{name}={}", field(&page, name)));
        format!("{}&action={action}&person={person}&hours=4&text=on+my+way", hidden.join("&"))
    };
    let first = bed.post(path, &form("acknowledge", "Ada")).await;
    assert_eq!(
        (first.status, &first.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &path.parse().unwrap())
    );
    let second = bed.post(path, &form("acknowledge", "Grace")).await;
    assert_eq!(second.status, 409);
    assert!(second.text.contains("Nothing of yours was stored"));
    bed.clock.advance(Duration::from_secs(300));
    assert!(bed.get(path).await.text.contains("Ada, for 5 min"));
    // A note is about no state, so it is always possible.
    assert_eq!(bed.post(path, &form("note", "Grace")).await.status, 303);
    assert!(bed.get(path).await.text.contains("on my way"));
}

#[tokio::test]
async fn a_form_without_the_token_or_from_another_page_changes_nothing() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let path = "/incidents/north/i1";
    let token = field(&bed.get(path).await.text, "token");
    for token in ["", "token=", "token=00000000000000000000000000000000"] {
        let form = format!("{token}&action=acknowledge&person=Eve&version=1&edits=0");
        assert_eq!(bed.post(path, &form).await.status, 403, "{token}");
    }
    let form = format!("token={token}&action=acknowledge&person=Eve&version=1&edits=0");
    let foreign = Request::post(path)
        .header("host", "localhost:8080")
        .header("origin", "https://evil.example.net")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.clone()))
        .unwrap();
    assert_eq!(bed.send(foreign).await.status, 403);
    let rebound = Request::get("/").header("host", "evil.example.net:8080").body(Body::empty()).unwrap();
    assert_eq!(bed.send(rebound).await.status, 421);
    assert!(bed.get(path).await.text.contains("Unclaimed"));
    assert_eq!(bed.post(path, &form.replace("Eve", "+")).await.status, 422, "a name is required");
    let long = format!("{form}&text={}", "x".repeat(40_000));
    assert_eq!(bed.post(path, &long).await.status, 413);
}

#[tokio::test]
async fn homes_are_shown_in_parts_that_cover_them_once() {
    let bed = Bed::new().await;
    for number in 0..120 {
        bed.add_home(&format!("h{number}"), &format!("Home {number:03}")).await;
    }
    let (mut path, mut seen) = ("/homes".to_owned(), Vec::new());
    loop {
        let page = bed.get(&path).await.text;
        seen.extend(page.split("data-home=\"").skip(1).map(|row| row.split('"').next().unwrap().to_owned()));
        let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { break };
        path = next.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(seen.len(), 120);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120);
}

#[tokio::test]
async fn an_incident_names_the_channels_of_its_messages() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let token = field(&bed.get("/").await.text, "token");
    let channel = format!(
        "token={token}&tenant=north&action=save&kind=slack&id=hook&edition=0&name=On+call&limit=60\
         &url=https%3A%2F%2Fhooks.example.com%2Fx"
    );
    assert_eq!(bed.post("/channels", &channel).await.status, 303);
    for channel in ["hook", "gone"] {
        let message = Outgoing {
            channel: channel.to_owned(),
            incident: Some(IncidentId::new("i1")),
            dedup: channel.to_owned(),
            body: Vec::new(),
            not_before: bed.clock.wall(),
        };
        let decisions = Decisions { outbox: vec![message], ..Decisions::default() };
        bed.store.decide(&tenant(), decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
    }
    let now = bed.clock.wall();
    for queue in bed.store.queues(now).await.unwrap() {
        for sending in bed.store.take_messages(&queue, now, Duration::from_secs(20), 10).await.unwrap() {
            let attempt = Attempt { at: now, detail: "200".to_owned(), outcome: Outcome::Sent };
            bed.store.settle(&sending, attempt).await.unwrap();
        }
    }
    let page = bed.get("/incidents/north/i1").await.text;
    assert!(page.contains("<a href=\"/channels/north/hook\">On call</a>"), "{page}");
    assert!(page.contains(">gone<") && !page.contains("/channels/north/gone"), "{page}");
    assert!(
        page.contains("<summary>Exact times</summary>") && page.contains("2026-01-15 10:00:00 UTC</span>")
    );
}

#[tokio::test]
async fn homes_of_all_tenants_are_one_list() {
    let bed = Bed::new().await;
    let west = TenantId::new("west");
    bed.store.put_tenant(Tenant { id: west.clone(), name: "West".to_owned() }).await.unwrap();
    let empty = Tenant { id: TenantId::new("empty"), name: "Without homes".to_owned() };
    bed.store.put_tenant(empty).await.unwrap();
    for number in 0..60 {
        let (tenant, other) = if number % 3 == 0 { (&west, "w") } else { (&tenant(), "n") };
        bed.add_home_of(tenant, &format!("{other}{number}"), &format!("Home {number:03}")).await;
    }
    let rows = |page: &str| {
        let rows = page.split("data-home=\"").skip(1).map(|row| row.split('"').next().unwrap().to_owned());
        rows.collect::<Vec<_>>()
    };
    let first = bed.get("/homes?status=unknown").await.text;
    assert!(first.contains("50 homes of 60, the worst first") && !first.contains("Without homes"), "{first}");
    let (_, next) = first.split_once("rel=\"next\" href=\"").unwrap();
    let next = next.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&");
    let second = bed.get(&next).await.text;
    let shown: Vec<String> = rows(&first).into_iter().chain(rows(&second)).collect();
    let expected: Vec<String> = (0..60)
        .map(|number| match number % 3 {
            0 => format!("/homes/west/w{number}"),
            _ => format!("/homes/north/n{number}"),
        })
        .collect();
    assert_eq!(shown, expected);
    assert!(second.contains("href=\"/homes?status=unknown\">First homes"));
    // A live list knows where its part ends, and a later part is none.
    assert!(first.contains("data-live=\"list\"") && first.contains("data-last=\"[3,"));
    assert!(second.contains("data-live=\"homes\"") && second.contains("data-last=\"\""));
    let west = bed.get("/homes?tenant=west").await.text;
    assert!(west.contains("20 homes of 20 in West") && rows(&west).len() == 20);
    assert_eq!(bed.get("/homes?tenant=empty").await.status, 200);
    assert_eq!(bed.get("/homes?tenant=none").await.status, 404);
}

#[tokio::test]
async fn the_choice_of_colors_is_kept_and_leads_back_to_the_page() {
    let bed = Bed::new().await;
    let token = field(&bed.get("/").await.text, "token");
    let chosen = bed.post("/theme", &format!("token={token}&theme=dark&back=%2Fhomes%3Fq%3Da")).await;
    assert_eq!(
        (chosen.status, &chosen.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/homes?q=a".parse().unwrap())
    );
    let cookie = chosen.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("SameSite=Strict") && cookie.contains("HttpOnly"));
    let pair = cookie.split(';').next().unwrap();
    let request = Request::get("/").header("host", "localhost:8080").header("cookie", pair);
    let page = bed.send(request.body(Body::empty()).unwrap()).await.text;
    assert!(page.contains("data-theme=\"dark\""));
    let away = bed.post("/theme", &format!("token={token}&theme=dark&back=%2F%2Fevil.example.net")).await;
    assert_eq!(away.headers[header::LOCATION], "/");
}

/// The paths of the navigation of a page.
fn navigation(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("aria-label=\"Pages\"").unwrap();
    let links = rest.split_once("</nav>").unwrap().0.split("href=\"").skip(1);
    links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_entry_of_the_navigation_is_a_page_that_marks_itself() {
    let bed = Bed::new().await;
    let entries = navigation(&bed.get("/").await.text);
    assert!(entries.len() >= 3, "{entries:?}");
    for path in &entries {
        let page = bed.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(navigation(&page.text), entries, "{path}");
        let marked = format!("href=\"{path}\" aria-current=\"page\"");
        assert!(page.text.contains(&marked), "{path}");
    }
}

#[tokio::test]
async fn incidents_of_the_same_time_are_each_on_one_part_of_the_list() {
    let bed = Bed::new().await;
    for tenant in ["east", "north", "west"] {
        let id = TenantId::new(tenant);
        bed.store.put_tenant(Tenant { id: id.clone(), name: tenant.to_owned() }).await.unwrap();
        for number in 0..30 {
            let home = format!("{tenant}-{number:02}");
            bed.add_home_of(&id, &home, &home).await;
            bed.open_incident_of(&id, &format!("i{number:02}"), &home, bed.clock.wall()).await;
        }
    }
    let (mut path, mut listed) = ("/incidents".to_owned(), Vec::new());
    for _ in 0..5 {
        let page = bed.get(&path).await.text;
        listed.extend(page.split("href=\"/incidents/").skip(1).map(|rest| {
            let (path, _) = rest.split_once('"').unwrap();
            path.to_owned()
        }));
        let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { break };
        path = next.split_once('"').unwrap().0.replace("&amp;", "&").replace("&#38;", "&");
    }
    let different: std::collections::BTreeSet<&String> = listed.iter().collect();
    assert_eq!((listed.len(), different.len()), (90, 90));
}

#[tokio::test]
async fn equal_places_of_two_tenants_have_the_tenant_and_the_list_a_filter() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    for path in ["/", "/incidents", "/incidents/north/i1"] {
        let page = bed.get(path).await.text;
        assert!(!page.contains("class=\"tenant\"") && !page.contains("<select name=\"tenant\""), "{path}");
    }
    let west = TenantId::new("west");
    bed.store.put_tenant(Tenant { id: west.clone(), name: "West".to_owned() }).await.unwrap();
    bed.add_home_of(&west, "w1", "Alder Street 1").await;
    bed.open_incident_of(&west, "i2", "w1", bed.clock.wall()).await;
    for path in ["/", "/incidents", "/incidents/west/i2", "/incidents?state=all&tenant=west"] {
        let page = bed.get(path).await.text;
        assert!(page.contains("<span class=\"tenant\">West</span>"), "{path}: {page}");
    }
    let only = bed.get("/incidents?tenant=west").await.text;
    assert!(only.contains("/incidents/west/i2") && !only.contains("/incidents/north/i1"), "{only}");
    assert!(only.contains("<option value=\"west\" selected>") && only.contains("state=all&#38;tenant=west"));
    assert_eq!(bed.get("/incidents?tenant=none").await.status, 404);
}

#[tokio::test]
async fn the_source_is_first_in_the_list_while_the_monitor_is_blind_and_a_full_disk_does_not_blind() {
    for (source, is_first) in [("unreachable:operator", true), ("disk", false)] {
        let bed = Bed::new().await;
        bed.add_home("h1", "Alder Street 1").await;
        bed.open_incident("i1", "h1", bed.clock.wall()).await;
        let operator = TenantId::new("operator");
        bed.store.put_tenant(Tenant { id: operator.clone(), name: "Operator".to_owned() }).await.unwrap();
        let scope = Scope::Source(source.into());
        let mut change =
            IncidentChange::new(IncidentId::new("source"), scope, ChangeKind::Opened, bed.clock.wall());
        let cause = Cause::new(CauseKind::Source, source, Status::Orange, "a message");
        change.situation = Some(Situation::new(cause, bed.clock.wall(), "a message"));
        let decisions = Decisions { changes: vec![change], ..Decisions::default() };
        bed.store.decide(&operator, decisions, &(Arc::new(Silent) as Arc<_>)).await.unwrap();
        for path in ["/incidents", "/"] {
            let page = bed.get(path).await.text;
            let table = page.split("<table class=\"list incidents\">").nth(1).unwrap();
            let [of_source, of_home] =
                ["/incidents/operator/source", "/incidents/north/i1"].map(|path| table.find(path).unwrap());
            assert_eq!(of_source < of_home, is_first, "{path}");
            assert!(!page.contains("class=\"tenant\""), "the operator is no tenant of homes");
            assert!(!page.contains(&format!(">{source}<")), "a name for people");
        }
    }
}

#[tokio::test]
async fn a_form_or_an_address_that_cannot_be_read_is_a_page_with_the_name_of_the_field() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let page = bed.get("/incidents/north/i1").await.text;
    let token = field(&page, "token");
    for (path, form, words) in [
        ("/channels", "limit=", "“Messages per hour” must be a whole number."),
        ("/incidents/north/i1", "hours=x", "“Hours” must be a whole number."),
        ("/homes/north/h1/maintenance", "hours=-1", "“Hours” must be a whole number."),
        ("/incidents/north/i1", "text=a&text=b", "The field text is there more than once."),
    ] {
        let answer = bed.post(path, &format!("token={token}&{form}")).await;
        assert_eq!(answer.status, 422, "{path}");
        assert!(answer.text.contains(words) && answer.text.contains("<main"), "{path}: {}", answer.text);
        assert!(!answer.text.contains("deserialize"), "{}", answer.text);
    }
    for (path, words) in [
        ("/homes?tenant=a&tenant=b", "“Tenant” is there more than once."),
        ("/homes?status=blue", "“Status” must be red"),
        ("/users/audit?before=x", "The field before must be a whole number."),
    ] {
        let answer = bed.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text.contains(words) && answer.text.contains("<main"), "{path}: {}", answer.text);
    }
    for (path, words) in [
        ("/api/v1/homes?limit=x", "`limit` must be a whole number."),
        ("/api/v1/homes?tenant=a&tenant=b", "`tenant` is there more than once."),
        ("/api/v1/logs?limit=0", "`limit` must be 1 to 500"),
        ("/api/v1/logs?before=x", "`before` must be a whole number."),
        ("/api/v1/sla?limit=1000000", "`limit` must be 1 to 500"),
        ("/api/v1/channels?x=y", "unknown name `x`: known are `"),
    ] {
        let answer = bed.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text.contains(words) && !answer.text.contains("deserialize"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_text_is_stored_whole_or_refused_with_its_length() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.open_incident("i1", "h1", bed.clock.wall()).await;
    let path = "/incidents/north/i1";
    let page = bed.get(path).await.text;
    let token = field(&page, "token");
    let emoji = |count: usize| "%F0%9F%98%80".repeat(count);
    let note = |person: &str, text: &str| format!("token={token}&action=note&person={person}&text={text}");
    assert_eq!(bed.post(path, &note("Ada", &emoji(2_000))).await.status, 303);
    assert!(bed.get(path).await.text.contains(&"😀".repeat(2_000)));
    let long = bed.post(path, &note("Ada", &emoji(2_001))).await;
    assert_eq!(long.status, 422);
    assert!(long.text.contains("The note has 2001 characters; at most 2000 are possible."), "{}", long.text);
    let name = bed.post(path, &note(&"x".repeat(61), "short")).await;
    assert!(name.status == 422 && name.text.contains("The name has 61 characters"), "{}", name.text);
    assert!(!bed.get(path).await.text.contains("short"));
    let channel = |name: &str, limit: u32| {
        format!(
            "token={token}&tenant=north&action=save&kind=slack&id=c&edition=0&name={name}&limit={limit}\
             &url=https%3A%2F%2Fhooks.example.com%2Fx"
        )
    };
    for (form, words) in [
        (channel(&"x".repeat(61), 60), "The name has 61 characters"),
        (channel("x", 99_999), "“Messages per hour” must be 1 to 3600"),
        (channel("x", 0), "“Messages per hour” must be 1 to 3600"),
        (
            channel("x", 60).replace("slack", "alertmanager") + "%2Fapi%2Fv2%2Falerts",
            "“URL” must end before /api/v2/alerts",
        ),
    ] {
        let answer = bed.post("/channels", &form).await;
        assert!(answer.status == 422 && answer.text.contains(words), "{words}: {}", answer.text);
    }
}
