//! The page of a home: checks at the request of people, and maintenance windows.

use std::time::Duration;

use plume_server::{
    access::Tenants,
    store::{
        AuditStore, IncidentStore, RecordStore,
        model::{AuditQuery, Record, RecordKind},
    },
    worker::Maintenance,
};
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_requested_check_is_made_due_and_its_state_is_shown_without_a_script() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    let page = bed.get("/homes/north/h1").await.text;
    assert!(page.contains("action=\"/homes/north/h1/check\""));
    assert!(!page.contains("Requested at"));
    let form = format!("token={}", field(&page, "token"));
    let answer = bed.post("/homes/north/h1/check", &form).await;
    assert_eq!(answer.status, 303);
    assert_eq!(*bed.requested.lock().unwrap(), [HomeId::new("h1")]);
    let path = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(bed.get(&path).await.text.contains("Requested at"), "{path}");
    bed.clock.advance(Duration::from_secs(31 * 60));
    assert!(!bed.get(&path).await.text.contains("Requested at"), "an old address");
    for (path, form, status) in [
        ("/homes/north/h1/check", "", 403),
        ("/homes/north/none/check", form.as_str(), 404),
        ("/homes/south/h1/check", form.as_str(), 404),
    ] {
        assert_eq!(bed.post(path, form).await.status, status, "{path}");
    }
    assert_eq!(bed.requested.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn without_the_cloud_the_status_of_a_home_is_the_last_known_one() {
    let bed = Bed::new().await;
    for id in ["h1", "h2"] {
        bed.add_home(id, &format!("Alder Street {id}")).await;
        bed.check_home(id).await;
        bed.open_incident(&format!("i-{id}"), id, bed.clock.wall()).await;
    }
    let paths = ["/homes/north/h1", "/incidents/north/i-h1"];
    let shown = async |path: &str| {
        let page = bed.get(path).await.text;
        (page.contains("<p class=\"now\">Last known: "), page.contains("there is no newer data"))
    };
    bed.clock.advance(Duration::from_secs(300));
    for path in paths {
        assert_eq!(shown(path).await, (false, false), "{path}");
    }
    bed.open_source("unreachable:operator", 2).await;
    for path in paths {
        assert_eq!(shown(path).await, (true, true), "{path}");
        let page = bed.get(path).await.text;
        let now = page.split_once("<p class=\"now\">").unwrap().1.split_once("</p>").unwrap().0;
        assert!(!now.contains(" for <time") && now.contains(" since <time"), "{path}: {now}");
    }
    // One that was checked since is known.
    bed.clock.advance(Duration::from_secs(60));
    bed.check_home("h2").await;
    for path in ["/homes/north/h2", "/incidents/north/i-h2"] {
        assert_eq!(shown(path).await, (false, false), "{path}");
    }
}

#[tokio::test]
async fn a_home_that_was_never_checked_says_so() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    let badge = "<use href=\"#s-unknown\"/></svg>Not checked yet</span>";
    let (row, page) = (bed.get("/homes").await.text, bed.get("/homes/north/h1").await.text);
    for text in [&row, &page] {
        assert_eq!(text.matches("Not checked yet").count(), 1, "{text}");
        assert!(text.contains(badge), "{text}");
    }
    assert!(page.contains(", added at <time"), "{page}");
    bed.check_home("h1").await;
    for path in ["/homes", "/homes/north/h1"] {
        assert!(!bed.get(path).await.text.contains("Not checked yet"), "{path}");
    }
}

#[tokio::test]
async fn a_maintenance_window_is_added_shown_and_removed() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.add_home("h2", "Alder Street 2").await;
    let page = bed.get("/homes/north/h1").await.text;
    assert!(page.contains("No window covers this home."));
    let token = field(&page, "token");
    let form = |rest: &str| format!("token={token}&{rest}");
    let path = "/homes/north/h1/maintenance";
    let add = form(
        "action=add&name=Up%3Cgrade&start=2026-01-15T10%3A30&hours=2&zone=Europe%2FBerlin&repeat=once&covers=home",
    );
    assert_eq!(bed.post(path, &add).await.status, 303);
    let page = bed.get("/homes/north/h1").await.text;
    for part in [
        "Up&#60;grade",
        "<span class=\"tag\">open</span> until <time datetime=\"2026-01-15T11:30:00Z\"",
        "in maintenance",
        "local time of Europe/Berlin",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let again = bed.post(path, &add).await;
    assert_eq!(again.status, 409, "a form that is sent twice");
    assert!(again.text.contains("the same name, homes and times already"), "{}", again.text);
    assert_eq!(bed.store.records(&tenant(), RecordKind::Window).await.unwrap().len(), 1);
    assert!(bed.get("/homes/north/h2").await.text.contains("No window covers this home."));
    let answer = bed.post(path, &form("action=add&name=x&start=2026-01-15T10%3A30&hours=2&zone=Mars")).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("Mars") && answer.text.contains("Europe/Vienna"), "{}", answer.text);
    assert_eq!(bed.post(path, "action=add&name=x").await.status, 403);
    assert!(page.contains(">End now <span"));
    let (id, edition) = (field(&page, "id"), field(&page, "edition"));
    let end = form(&format!("action=end&id={id}&edition={edition}"));
    let other = bed.post(path, &form(&format!("action=end&id={id}&edition=9"))).await;
    assert_eq!(other.status, 409);
    assert!(other.text.contains("he window “Up&#60;grade” was changed meanwhile"), "{}", other.text);
    assert_eq!(bed.post(path, &form("action=end&id=none&edition=1")).await.status, 404);
    let of_operator = form(&format!("action=end&tenant=operator&id={id}&edition={edition}"));
    assert_eq!(bed.post("/maintenance", &of_operator).await.status, 404);
    assert_eq!(bed.post(path, &end).await.status, 303);
    assert_eq!(bed.post(path, &end).await.status, 409, "another person was first");
}

#[tokio::test]
async fn a_window_that_has_opened_is_ended_and_no_one_can_change_the_past() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    let token = field(&bed.get("/homes/north/h1").await.text, "token");
    let form = |rest: &str| format!("token={token}&{rest}");
    let stored = || async {
        let records = bed.store.records(&tenant(), RecordKind::Window).await.unwrap();
        let window = |record: &Record| serde_json::from_slice::<Maintenance>(&record.body).unwrap();
        records.iter().map(|record| (window(record).ended, record.edition)).collect::<Vec<_>>()
    };
    let add = |start: &str| {
        form(&format!(
            "action=add&tenant=north&covers=tenant&name=x&start={start}&hours=2&zone=UTC&repeat=daily"
        ))
    };
    assert_eq!(bed.post("/maintenance", &add("2026-01-15T08:59")).await.status, 422, "in the past");
    assert_eq!(bed.post("/maintenance", &add("2026-01-15T09:00")).await.status, 303);
    bed.clock.advance(Duration::from_secs(300));
    let page = bed.get("/maintenance").await.text;
    let end = |page: &str, edition: &str| {
        form(&format!("action=end&tenant=north&id={}&edition={edition}", field(page, "id")))
    };
    assert!(page.contains(">End now <span"));
    let ended = end(&page, &field(&page, "edition"));
    assert_eq!(bed.post("/maintenance", &ended).await.status, 303);
    let at = bed.clock.wall();
    assert_eq!(stored().await, [(Some(at), 2)]);
    for path in ["/maintenance", "/homes/north/h1"] {
        let page = bed.get(path).await.text;
        assert!(page.contains("ended at <time datetime=\"2026-01-15T10:05:00Z\""), "{page}");
        assert!(!page.contains("value=\"end\"") && !page.contains("in maintenance"), "{page}");
    }
    bed.clock.advance(Duration::from_secs(300));
    let again = end(&page, "2");
    assert_eq!(bed.post("/maintenance", &again).await.status, 409, "an end is not moved");
    assert_eq!(stored().await, [(Some(at), 2)]);
    // The same window may be added again, once.
    bed.clock.set_wall("2026-01-15T10:00:00Z".parse().unwrap());
    assert_eq!(bed.post("/maintenance", &add("2026-01-15T09:00")).await.status, 303);
    assert_eq!(bed.post("/maintenance", &add("2026-01-15T09:00")).await.status, 409);
    assert_eq!(stored().await.len(), 2);
    // Those that are over take no place of others.
    for (number, ended) in (0..499).map(|number| (number, Some(at))).chain([(499, None)]) {
        let calendar =
            json!({"version": 1, "windows": [{ "start": "2026-01-15T02:00:00", "duration": "2h" }]});
        let window = json!({"name": number.to_string(), "ended": ended, "calendar": calendar});
        let body = window.to_string().into_bytes();
        let id = format!("w{number}");
        bed.store.put_record(&tenant(), RecordKind::Window, &id, 0, body).await.unwrap();
    }
    assert_eq!(bed.post("/maintenance", &add("2026-01-15T09:01")).await.status, 303);
    // The operator has no homes, and is not offered.
    bed.store
        .put_tenant(Tenant { id: TenantId::new("operator"), name: "Operator".to_owned() })
        .await
        .unwrap();
    let of_operator = add("2026-01-15T09:01").replace("tenant=north", "tenant=operator");
    let refused = bed.post("/maintenance", &of_operator).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("he operator has no homes"), "{}", refused.text);
}

#[tokio::test]
async fn a_form_proposes_a_start_that_stays_possible_for_an_hour() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.clock.set_wall("2026-01-15T10:59:30Z".parse().unwrap());
    for path in ["/maintenance", "/homes/north/h1"] {
        let page = bed.get(path).await.text;
        assert!(page.contains("name=\"start\" required value=\"2026-01-15T10:59\""), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_window_that_has_never_opened_is_removed() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    let token = field(&bed.get("/homes/north/h1").await.text, "token");
    let add =
        "action=add&tenant=north&covers=tenant&name=x&start=2026-01-15T10:01&hours=2&zone=UTC&repeat=once";
    assert_eq!(bed.post("/maintenance", &format!("token={token}&{add}")).await.status, 303);
    let page = bed.get("/maintenance").await.text;
    assert!(page.contains(">Remove <span"));
    let (id, edition) = (field(&page, "id"), field(&page, "edition"));
    let remove = format!("token={token}&action=end&tenant=north&id={id}&edition={edition}");
    assert_eq!(bed.post("/maintenance", &remove).await.status, 303);
    assert!(bed.store.records(&tenant(), RecordKind::Window).await.unwrap().is_empty());
}

#[tokio::test]
async fn all_windows_are_on_one_page_and_open_ones_on_those_of_homes_and_incidents() {
    let bed = Bed::new().await;
    let west = TenantId::new("west");
    bed.store.put_tenant(Tenant { id: west.clone(), name: "West".to_owned() }).await.unwrap();
    bed.add_home("h1", "Alder Street 1").await;
    bed.add_home_of(&west, "w1", "Birch Street 1").await;
    let page = bed.get("/maintenance").await.text;
    assert!(page.contains("No window is planned."));
    let token = field(&page, "token");
    let add = |rest: &str| format!("token={token}&action=add&hours=2&zone=UTC&{rest}");
    for (form, status) in [
        ("tenant=west&covers=tenant&name=Later&start=2026-01-16T10%3A30&repeat=once", 303),
        ("tenant=west&covers=tenant&name=Upgrade&start=2026-01-15T09%3A30&repeat=once", 303),
        ("tenant=west&covers=tenant&name=Upgrade&start=2026-01-15T09%3A30&repeat=once", 409),
        ("tenant=north&covers=tag&tag=none&name=x&start=2026-01-16T10%3A30&repeat=once", 422),
        ("tenant=north&covers=tenant&tag=none&name=x&start=2026-01-16T10%3A30&repeat=once", 422),
        ("tenant=north&covers=tenant&name=x&start=2026-01-14T10%3A30&repeat=once", 422),
        ("tenant=north&covers=tag&name=x&start=2026-01-16T10%3A30&repeat=once", 422),
        ("tenant=none&covers=tenant&name=x&start=2026-01-16T10%3A30&repeat=once", 404),
    ] {
        let answer = bed.post("/maintenance", &add(form)).await;
        assert_eq!(answer.status.as_u16(), status, "{form}: {}", answer.text);
    }
    let window = "name=Birch&start=2026-01-15T09%3A45&repeat=daily&covers=home";
    assert_eq!(bed.post("/homes/west/w1/maintenance", &add(window)).await.status, 303);
    let page = bed.get("/maintenance").await.text;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    let order = ["<b>Upgrade</b> until", "<b>Birch</b> until", "<b>Later</b> at"].map(place);
    assert!(order.is_sorted(), "{order:?}");
    assert!(page.contains("Birch Street 1; every day from 2026-01-15 09:45 for 2 h, local time of UTC"));
    for path in ["/", "/homes", "/homes?tenant=west", "/incidents"] {
        let page = bed.get(path).await.text;
        for part in ["Maintenance now", ">Upgrade</a> until", "all homes of the tenant", "Tenant West"] {
            assert!(page.contains(part), "{path} {part}: {page}");
        }
    }
    assert!(!bed.get("/homes?tenant=north").await.text.contains("Maintenance now"));
    assert!(bed.get("/homes/west/w1").await.text.contains("in maintenance"));
    let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 100 };
    let rows = bed.store.audit_rows(query).await.unwrap();
    let subjects: Vec<_> = rows.iter().map(|row| row.event.subject.as_str()).collect();
    for subject in [
        "all homes of the tenant; once from 2026-01-15 09:30 for 2 h, local time of UTC; Upgrade",
        "home w1; every day from 2026-01-15 09:45 for 2 h, local time of UTC; Birch",
    ] {
        assert!(subjects.contains(&subject), "{subjects:?}");
    }
}

#[tokio::test]
async fn a_home_is_removed_only_after_a_page_that_names_the_consequences() {
    let bed = Bed::new().await;
    for id in ["h1", "h2"] {
        bed.add_home(id, &format!("Alder Street {id}")).await;
        bed.open_incident(&format!("i-{id}"), id, bed.clock.wall()).await;
    }
    let home = bed.get("/homes/north/h1").await.text;
    assert!(home.contains("href=\"/homes/north/h1/remove\"") && !home.contains("value=\"yes\""));
    let asks = bed.get("/homes/north/h1/remove").await.text;
    for part in [
        "Remove Alder Street h1?",
        "1 open incident of this home: closed",
        "Its history ends for good",
        "location h1",
        "name=\"sure\" value=\"yes\"",
        "href=\"/homes/north/h1\">Cancel",
    ] {
        assert!(asks.contains(part), "{part}: {asks}");
    }
    let token = field(&asks, "token");
    for (path, form, status) in [
        ("/homes/north/h1/remove", format!("token={token}"), 422),
        ("/homes/north/h1/remove", "sure=yes".to_owned(), 403),
        ("/homes/south/h1/remove", format!("token={token}&sure=yes"), 404),
        ("/homes/north/none/remove", format!("token={token}&sure=yes"), 404),
    ] {
        assert_eq!(bed.post(path, &form).await.status.as_u16(), status, "{path} {form}");
        assert!(bed.store.home(&tenant(), &HomeId::new("h1")).await.unwrap().is_some());
    }
    assert_eq!(bed.post("/homes/north/h1/remove", &format!("token={token}&sure=yes")).await.status, 303);
    assert_eq!(bed.get("/homes/north/h1").await.status, 404);
    assert_eq!(bed.get("/homes/north/h1/remove").await.status, 404);
    assert_eq!(bed.get("/homes/north/h2").await.status, 200);
    let incident = async |id: &str| {
        let found = bed.store.incident(&tenant(), &IncidentId::new(id)).await;
        found.unwrap().unwrap().incident.is_open()
    };
    assert!(!incident("i-h1").await && incident("i-h2").await);
    let query = AuditQuery { tenants: Tenants::All, text: None, before: None, limit: 1 };
    let row = bed.store.audit_rows(query).await.unwrap().remove(0).event;
    assert_eq!((row.action.as_str(), row.subject.as_str()), ("home remove", "h1 (Alder Street h1)"));
    assert_eq!(row.tenant, Some(tenant()));
}

#[tokio::test]
async fn the_changes_of_a_flapping_home_show_its_outage() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    for (headline, change) in [
        ("the status keeps changing", ("flapping_started", "green", "green")),
        ("🔴 LOCATION OFFLINE - The gateway is off", ("entered", "green", "red")),
        ("🟢 ALL SYSTEMS OPERATIONAL - No issues detected", ("flapping_ended", "red", "green")),
    ] {
        bed.check("h1", headline, true, &[change]).await;
        bed.clock.advance(Duration::from_secs(60));
    }
    let shown = |page: &str| {
        let changes = page.split("<ol class=\"changes\">").nth(1).unwrap().split("</ol>").next().unwrap();
        let rows = changes.split("<li>").skip(1).map(|row| {
            let badges =
                row.split("<span class=\"badges\">").nth(1).unwrap().split("class=\"why\"").next().unwrap();
            let words =
                badges.split(['<', '>']).filter(|word| ["OK", "Offline", "flapping", "→"].contains(word));
            words.collect::<Vec<_>>().join(" ")
        });
        rows.collect::<Vec<_>>()
    };
    let expected = ["Offline flapping → OK", "OK flapping → Offline flapping", "OK → OK flapping"];
    let page = bed.get("/homes/north/h1").await.text;
    assert_eq!(shown(&page), expected);
    assert!(page.contains("The status keeps changing"), "{page}");
    let page = bed.get("/").await.text;
    assert_eq!(shown(&page), expected);
}

#[tokio::test]
async fn the_last_known_status_of_a_home_without_data_is_one() {
    let bed = Bed::new().await;
    bed.add_home("h1", "Alder Street 1").await;
    bed.check("h1", "The gateway is off", true, &[("entered", "green", "red")]).await;
    bed.clock.advance(Duration::from_secs(1_200));
    bed.check("h1", "no data: timeout", false, &[("stale", "red", "unknown")]).await;
    bed.open_source("unreachable:operator", 10).await;
    bed.clock.advance(Duration::from_secs(60));
    let page = bed.get("/homes/north/h1").await.text;
    let now = page.split("<p class=\"now\">").nth(1).unwrap().split("</p>").next().unwrap();
    let (present, last) = now.split_once("Last known: ").unwrap();
    assert!(present.contains(">No data<") || present.contains("</svg>No data"), "{now}");
    assert!(last.contains("</svg>Offline<") && !last.contains("Last known"), "{now}");
}
