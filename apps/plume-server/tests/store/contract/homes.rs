//! Tenants and homes.

use plume_server::store::{
    StoreErrorKind,
    model::{HomeQuery, IncidentQuery, RecordKind, Resolution, RouteNames, StatusCounts, Traits},
};

use super::*;

fn all() -> HomeQuery {
    HomeQuery { limit: 1000, ..HomeQuery::default() }
}

async fn ids(bed: &dyn Bed, query: HomeQuery) -> Vec<String> {
    let page = bed.store().homes(&tenant("a"), query).await.unwrap();
    page.items.into_iter().map(|home| home.id.to_string()).collect()
}

pub(crate) async fn homes_are_added_once_and_changed_in_place(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    let new = NewHome { tags: vec!["vip".to_owned(), "beta".to_owned()], ..new_home(bed, "a", "h") };
    assert_eq!(bed.store().put_homes(vec![new.clone()]).await.unwrap(), 1);
    check(bed, "h", |result| result.verdict.status = Status::Yellow).await;
    let renamed = NewHome { name: "Renamed".to_owned(), tags: vec!["vip".to_owned()], ..new };
    assert_eq!(bed.store().put_homes(vec![renamed]).await.unwrap(), 0);
    let found = bed.store().home(&tenant("a"), &home("h")).await.unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.tags, found.verdict.status),
        ("Renamed", vec!["vip".to_owned()], Status::Yellow)
    );
    // Its place in the schedule is kept too.
    assert!(due(bed).await.is_empty());
    let unknown = NewHome { tenant: tenant("none"), ..new_home(bed, "a", "h2") };
    assert_eq!(bed.store().put_homes(vec![unknown]).await.unwrap_err().kind(), StoreErrorKind::Missing);
}

pub(crate) async fn the_names_for_routes_are_those_of_the_tenant(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
    }
    let names = async |id: &str| bed.store().route_names(&tenant(id)).await.unwrap();
    assert_eq!(names("a").await, RouteNames::new(tenant("a")));
    for (owner, id, region) in [("a", "h1", "north"), ("a", "h2", "north"), ("b", "h3", "south")] {
        let (region, tags) = (Some(region.to_owned()), vec![format!("of-{owner}"), "vip".to_owned()]);
        bed.store().put_homes(vec![NewHome { region, tags, ..new_home(bed, owner, id) }]).await.unwrap();
        bed.store().put_record(&tenant(owner), RecordKind::Channel, id, 0, b"{}".to_vec()).await.unwrap();
    }
    bed.store().put_record(&tenant("a"), RecordKind::Window, "w", 0, b"{}".to_vec()).await.unwrap();
    check(bed, "h1", |result| {
        let region = Some("north".to_owned());
        result.traits = Some(Traits { model: Some("PP403Z".to_owned()), region, firmware: None });
    })
    .await;
    let found = names("a").await;
    let groups: Vec<String> = found.groups.iter().map(ToString::to_string).collect();
    assert!(found.has_homes && groups == ["model PP403Z", "region north"], "{groups:?}");
    assert!(found.tags.iter().eq(["of-a", "vip"]) && found.channels.iter().eq(["h1", "h2"]), "{found:?}");
    assert_eq!(names("none").await, RouteNames::new(tenant("none")));
}

pub(crate) async fn a_home_belongs_to_one_tenant(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
    }
    add_home(bed, "a", "h").await;
    let both = vec![new_home(bed, "b", "other"), new_home(bed, "b", "h")];
    let error = bed.store().put_homes(both).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    assert!(!error.to_string().contains("Tenant a"), "{error}");
    // The whole list was refused.
    assert!(bed.store().home(&tenant("b"), &home("other")).await.unwrap().is_none());
    let names: Vec<String> =
        bed.store().tenants().await.unwrap().into_iter().map(|tenant| tenant.name).collect();
    assert_eq!(names, ["Tenant a", "Tenant b"]);
}

pub(crate) async fn pages_of_homes_are_complete_and_in_order(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    for number in 0..23 {
        let id = format!("h{number:02}");
        let name = format!("Home {}", number % 5 * 3);
        bed.store().put_homes(vec![NewHome { name, ..new_home(bed, "a", &id) }]).await.unwrap();
        let status = [Status::Green, Status::Red, Status::Orange, Status::Green][number % 4];
        check(bed, &id, |result| result.verdict.status = status).await;
    }
    let whole = bed.store().homes(&tenant("a"), all()).await.unwrap();
    assert!(whole.next.is_none());
    // Home 12 is behind home 3.
    let number = |name: &str| name.trim_start_matches("Home ").parse::<u32>().unwrap();
    let order: Vec<_> =
        whole.items.iter().map(|home| (home.verdict.status, number(&home.name), home.id.clone())).collect();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!((order.len(), order.clone()), (23, sorted));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = bed.store().homes(&tenant("a"), HomeQuery { after, limit: 4, ..all() }).await.unwrap();
        assert!(page.items.len() <= 4);
        paged.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, whole.items);
    // A home that gets another name gets another place.
    let last = paged.last().unwrap();
    let renamed = NewHome { name: "home 1".to_owned(), ..new_home(bed, "a", last.id.as_str()) };
    bed.store().put_homes(vec![renamed]).await.unwrap();
    let green = HomeQuery { status: Some(Status::Green), ..all() };
    let green = bed.store().homes(&tenant("a"), green).await.unwrap().items;
    let place = green.iter().position(|home| home.id == last.id).unwrap();
    assert_eq!([&green[place - 1], &green[place + 1]].map(|home| number(&home.name)), [0, 3]);
}

pub(crate) async fn filters_select_homes(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    for (id, name, tags) in [
        ("5f-01", "Anna Example, Main Street", vec!["vip", "north"]),
        ("5f-02", "Anton Sample, Main Road", vec!["vip"]),
        ("6a-03", "Berta Example", vec![]),
    ] {
        let tags = tags.into_iter().map(str::to_owned).collect();
        let new = NewHome { name: name.to_owned(), tags, ..new_home(bed, "a", id) };
        bed.store().put_homes(vec![new]).await.unwrap();
    }
    check(bed, "5f-02", |result| result.verdict.status = Status::Red).await;
    let text = |text: &str| HomeQuery { text: Some(text.to_owned()), ..all() };
    let tag = |tag: &str| HomeQuery { tag: Some(tag.to_owned()), ..all() };
    assert_eq!(ids(bed, text("an")).await, ["5f-02", "5f-01"]);
    assert_eq!(ids(bed, text("MAIN ann")).await, ["5f-01"]);
    assert_eq!(ids(bed, text("5f-0")).await, ["5f-02", "5f-01"]);
    assert_eq!(ids(bed, text("location-6a-03")).await, ["6a-03"]);
    assert_eq!(ids(bed, text("%")).await.len(), 3);
    assert!(ids(bed, text("nn")).await.is_empty());
    assert_eq!(ids(bed, tag("vip")).await, ["5f-02", "5f-01"]);
    assert_eq!(ids(bed, HomeQuery { status: Some(Status::Red), ..tag("vip") }).await, ["5f-02"]);
    assert_eq!(ids(bed, HomeQuery { status: Some(Status::Unknown), ..tag("north") }).await, ["5f-01"]);
    assert!(ids(bed, tag("vi")).await.is_empty());
}

/// A common condition and a rare one are answered in different ways.
pub(crate) async fn common_and_rare_conditions_select_the_same_homes(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_tenant(bed, "b").await;
    let new = |number: usize| NewHome {
        name: format!("Example {}, Street {}", number % 150, number % 7),
        tags: match number % 40 {
            0 => vec!["fiber".to_owned(), "vip".to_owned()],
            _ => vec!["fiber".to_owned()],
        },
        ..new_home(bed, if number % 10 == 9 { "b" } else { "a" }, &format!("h{number:04}"))
    };
    bed.store().put_homes((0..700).map(new).collect()).await.unwrap();
    for id in ["h0007", "h0040", "h0500"] {
        check(bed, id, |result| result.verdict.status = Status::Red).await;
    }
    let all = || HomeQuery { limit: 1_000, ..HomeQuery::default() };
    let homes = bed.store().homes(&tenant("a"), all()).await.unwrap().items;
    assert_eq!(homes.len(), 630);
    for (text, tag, status, least) in [
        ("street", None, None, 630),
        ("street exam", None, None, 630),
        ("street 148", None, None, 1),
        ("example h00", None, None, 80),
        ("h0040", None, None, 1),
        ("street 3 4", Some("fiber"), None, 10),
        ("exam", Some("vip"), None, 15),
        ("", Some("fiber"), None, 630),
        ("", Some("vip"), Some(Status::Red), 1),
        ("street", None, Some(Status::Red), 3),
        ("street zzz", None, None, 0),
        ("1", Some("none"), None, 0),
    ] {
        let query = HomeQuery {
            text: (!text.is_empty()).then(|| text.to_owned()),
            tag: tag.map(str::to_owned),
            status,
            ..all()
        };
        let expected: Vec<_> = homes.iter().filter(|home| query.selects(home)).cloned().collect();
        assert!(expected.len() >= least, "{text} {tag:?}: {}", expected.len());
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let part = HomeQuery { after, limit: 100, ..query.clone() };
            let page = bed.store().homes(&tenant("a"), part).await.unwrap();
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{text} {tag:?} {status:?}");
    }
}

pub(crate) async fn counts_follow_every_change(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    let counts = || async { bed.store().counts(&tenant("a")).await.unwrap() };
    assert_eq!(counts().await, StatusCounts::default());
    for id in ["h1", "h2", "h3"] {
        add_home(bed, "a", id).await;
    }
    assert_eq!((counts().await.of(Status::Unknown), counts().await.total()), (3, 3));
    check(bed, "h1", |result| result.verdict.status = Status::Red).await;
    check(bed, "h2", |_| {}).await;
    let now = counts().await;
    assert_eq!((now.of(Status::Red), now.of(Status::Green), now.of(Status::Unknown)), (1, 1, 1));
    bed.store().remove_home(&tenant("a"), &home("h1"), &silent()).await.unwrap();
    assert_eq!((counts().await.of(Status::Red), counts().await.total()), (0, 2));
}

pub(crate) async fn a_removed_home_leaves_nothing_and_closes_its_incidents(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    check(bed, "h", |result| {
        result.incidents = vec![opens(bed, "i1", "h")];
        result.transitions = vec![transition(bed.now(), Status::Green, Status::Red)];
    })
    .await;
    let owner = tenant("a");
    bed.store().remove_home(&owner, &home("h"), &pager()).await.unwrap();
    // The message is stored with the removal.
    assert_eq!(take_messages(bed, 5).await.len(), 1);
    assert!(bed.store().home(&owner, &home("h")).await.unwrap().is_none());
    assert!(ids(bed, HomeQuery { text: Some("h".to_owned()), ..all() }).await.is_empty());
    let closed =
        bed.store().incident(&owner, &incident_id("i1")).await.unwrap().unwrap().incident.closed.unwrap();
    assert_eq!((closed.at, closed.reason), (bed.now(), plume::monitor::incident::CloseReason::Gone));
    let removed = bed.store().record(&tenant("a"), RecordKind::Removed, "h").await.unwrap().unwrap();
    assert_eq!((removed.body.as_slice(), removed.changed), (&b"Home h"[..], bed.now()));
    assert!(bed.store().latest_transitions(&owner, 5).await.unwrap().is_empty());
    let error = bed.store().remove_home(&owner, &home("h"), &pager()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Missing);
    // A home of the same id is a new one.
    add_home(bed, "a", "h").await;
    let period = bed.now() - seconds(60)..bed.now() + seconds(60);
    assert!(bed.store().points(&owner, &home("h"), period).await.unwrap().is_empty());
    assert!(claim(bed, "h").await.unwrap().state.is_none());
}

pub(crate) async fn nothing_of_another_tenant_is_found(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
    }
    add_home(bed, "a", "h").await;
    check_announced(bed, "h", &pager(), |result| {
        result.verdict.status = Status::Red;
        result.transitions = vec![transition(bed.now(), Status::Green, Status::Red)];
        result.incidents = vec![opens(bed, "i1", "h")];
    })
    .await;
    let store = bed.store();
    let taken = take_messages(bed, 5).await;
    let attempt = plume_server::store::model::Attempt {
        at: bed.now(),
        detail: "200".to_owned(),
        outcome: plume_server::store::model::Outcome::Accepted,
    };
    store.settle(&taken[0], attempt).await.unwrap();
    store.put_record(&tenant("a"), RecordKind::Channel, "c1", 0, b"target".to_vec()).await.unwrap();
    history::summarize(bed, bed.now() + seconds(2 * 86_400)).await;

    let (h, i1) = (home("h"), incident_id("i1"));
    let period = || bed.now() - seconds(86_400)..bed.now() + seconds(86_400);
    for (other, has) in [("a", true), ("b", false), ("none", false)] {
        let other = tenant(other);
        let some = IncidentQuery { limit: 5, ..IncidentQuery::default() };
        let of_home = IncidentQuery { home: Some(h.clone()), ..some.clone() };
        let found = [
            store.home(&other, &h).await.unwrap().is_some(),
            store.homes_of(&other, vec![home("none"), h.clone()]).await.unwrap().len() == 1,
            !store.homes(&other, all()).await.unwrap().items.is_empty(),
            store.counts(&other).await.unwrap().total() > 0,
            !store.points(&other, &h, period()).await.unwrap().is_empty(),
            !store.summaries(&other, &h, Resolution::Hour, period()).await.unwrap().is_empty(),
            !store.summaries(&other, &h, Resolution::Day, period()).await.unwrap().is_empty(),
            !store.transitions(&other, &h, period()).await.unwrap().is_empty(),
            !store.latest_transitions(&other, 5).await.unwrap().is_empty(),
            store.incident(&other, &i1).await.unwrap().is_some(),
            !store.incidents(&other, some).await.unwrap().is_empty(),
            !store.incidents(&other, of_home).await.unwrap().is_empty(),
            !store.deliveries(&other, None, 5).await.unwrap().is_empty(),
            !store.deliveries(&other, Some(&i1), 5).await.unwrap().is_empty(),
            !store.records(&other, RecordKind::Channel).await.unwrap().is_empty(),
            !store.changes(&other, 0, 5).await.unwrap().unwrap_or_default().is_empty(),
        ];
        assert_eq!(found, [has; 16], "{other}");
    }
    assert!(store.remove_home(&tenant("b"), &h, &silent()).await.is_err());
    let note = plume_server::store::model::Action::Note { text: "x".to_owned() };
    assert_eq!(
        store.act(&tenant("b"), &i1, "eve", note, &silent()).await.unwrap_err().kind(),
        StoreErrorKind::Missing
    );
    assert!(store.remove_record(&tenant("b"), RecordKind::Channel, "c1", 1).await.is_err());
    assert_eq!(store.backlog(&tenant("b")).await.unwrap(), (0, 0));
}
