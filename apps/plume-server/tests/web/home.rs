//! The page of a home: checks at the request of people, and maintenance windows.

use std::time::Duration;

use plume_server::store::{RecordStore, model::RecordKind};

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
    assert!(bed.get("/homes/north/h2").await.text.contains("No window covers this home."));
    let answer = bed.post(path, &form("action=add&name=x&start=2026-01-15T10%3A30&hours=2&zone=Mars")).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("Mars") && answer.text.contains("Europe/Berlin"), "{}", answer.text);
    assert_eq!(bed.post(path, "action=add&name=x").await.status, 403);
    let (id, edition) = (field(&page, "id"), field(&page, "edition"));
    let remove = form(&format!("action=remove&id={id}&edition={edition}"));
    assert_eq!(bed.post(path, &form(&format!("action=remove&id={id}&edition=9"))).await.status, 409);
    assert_eq!(bed.post(path, &remove).await.status, 303);
    assert_eq!(bed.post(path, &remove).await.status, 409, "another person was first");
    assert!(bed.store.records(&tenant(), RecordKind::Window).await.unwrap().is_empty());
}
