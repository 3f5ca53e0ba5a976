//! Incidents, their messages, and what people decide about them.

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::incident::Seen;
use plume_server::store::{
    StoreErrorKind,
    model::{Action, Attempt, Decisions, IncidentCursor, IncidentQuery, OpenIncidents, Outcome},
};

use super::*;

async fn opened(bed: &dyn Bed) -> (TenantId, IncidentId) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    check(bed, "h", |result| result.incidents = vec![opens(bed, "i1", "h")]).await;
    (tenant("a"), incident_id("i1"))
}

/// Sends what is due.
async fn messages(bed: &dyn Bed) -> Vec<String> {
    let taken = take_messages(bed, 10).await;
    for sending in &taken {
        let attempt = Attempt { at: bed.now(), detail: "200".to_owned(), outcome: Outcome::Accepted };
        bed.store().settle(sending, attempt).await.unwrap();
    }
    taken.into_iter().map(|sending| sending.message.dedup).collect()
}

pub(crate) async fn messages_are_stored_with_the_change_of_their_incident(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h").await;
    let (store, start) = (bed.store(), bed.now());
    check_announced(bed, "h", &pager(), |result| {
        let mut change = opens(bed, "i1", "h");
        change.hold_until = Some(start + seconds(60));
        result.incidents = vec![change];
    })
    .await;
    let wake = || async { store.wake(bed.now(), 10, &pager()).await.unwrap() };
    assert_eq!((wake().await, messages(bed).await.len()), (0, 0));
    bed.pass(Duration::from_secs(60)).await;
    assert_eq!((wake().await, messages(bed).await), (1, vec!["i1#1".to_owned()]));
    assert_eq!(wake().await, 0);
    // A reminder, and the end.
    bed.pass(Duration::from_secs(3600)).await;
    assert_eq!((wake().await, messages(bed).await), (1, vec!["i1#2".to_owned()]));
    check_announced(bed, "h", &pager(), |result| {
        result.incidents = vec![changes(bed, "i1", Scope::Home(home("h")), ChangeKind::Closed, 1)];
    })
    .await;
    assert_eq!(messages(bed).await, ["i1#3"]);
    bed.pass(Duration::from_secs(86_400)).await;
    assert_eq!(wake().await, 0);
    // A change of an incident that does not exist, and that opens none.
    check_announced(bed, "h", &pager(), |result| {
        let mut change = changes(bed, "none", Scope::Home(home("h")), ChangeKind::Closed, 1);
        change.situation = None;
        result.incidents = vec![change];
    })
    .await;
    assert!(messages(bed).await.is_empty());
}

pub(crate) async fn hastened_incidents_are_decided_about_at_once(bed: &dyn Bed) {
    for owner in ["a", "b"] {
        add_tenant(bed, owner).await;
        add_home(bed, owner, owner).await;
        check_announced(bed, owner, &pager(), |result| result.incidents = vec![opens(bed, owner, owner)])
            .await;
    }
    let store = bed.store();
    assert_eq!(messages(bed).await, ["a#1", "b#1"]);
    // Their reminders are due in an hour.
    bed.pass(Duration::from_secs(60)).await;
    store.hasten(&tenant("a"), bed.now()).await.unwrap();
    store.hasten(&tenant("none"), bed.now()).await.unwrap();
    assert_eq!(
        (store.wake(bed.now(), 10, &pager()).await.unwrap(), messages(bed).await),
        (1, vec!["a#2".to_owned()])
    );
    assert_eq!(store.wake(bed.now(), 10, &pager()).await.unwrap(), 0);
}

pub(crate) async fn an_incident_without_a_change_is_not_written_again(bed: &dyn Bed) {
    let (tenant, id) = opened(bed).await;
    let open = || async { bed.store().incident(&tenant, &id).await.unwrap().unwrap() };
    let (before, seq) = (open().await, *bed.store().watch().borrow());
    let change = opens(bed, "i1", "h");
    let decisions = || Decisions { changes: vec![change.clone()], ..Decisions::default() };
    for _ in 0..3 {
        bed.store().decide(&tenant, decisions(), &pager()).await.unwrap();
    }
    assert_eq!((open().await, *bed.store().watch().borrow()), (before.clone(), seq));
    assert!(messages(bed).await.is_empty());
    let worse = changes(bed, "i1", Scope::Home(home("h")), ChangeKind::Updated, 2);
    let decisions = Decisions { changes: vec![worse], ..Decisions::default() };
    bed.store().decide(&tenant, decisions, &pager()).await.unwrap();
    assert_eq!((open().await.edition, messages(bed).await.len()), (before.edition + 1, 1));
}

pub(crate) async fn decisions_of_people_survive_those_of_the_monitor(bed: &dyn Bed) {
    let (owner, id) = opened(bed).await;
    let (store, at) = (bed.store(), bed.now());
    let seen = store.incident(&owner, &id).await.unwrap().unwrap().incident.seen();
    let filed = store.act(&owner, &id, "ann", Action::Acknowledge { seen }, &silent()).await.unwrap();
    let note = Action::Note { text: "on my way".to_owned() };
    let noted = store.act(&owner, &id, "ben", note, &silent()).await.unwrap();
    assert_eq!(noted.edition, filed.edition + 1);
    // The monitor worsens it meanwhile.
    bed.pass(Duration::from_secs(300)).await;
    check(bed, "h", |result| {
        result.incidents = vec![changes(bed, "i1", Scope::Home(home("h")), ChangeKind::Updated, 2)];
    })
    .await;
    let found = store.incident(&owner, &id).await.unwrap().unwrap();
    assert_eq!(found.edition, noted.edition + 1);
    let incident = found.incident;
    assert_eq!((incident.version, incident.opened_at, &*incident.situation.root.message), (2, at, "cause 2"));
    let acknowledged = incident.acknowledged.as_ref().unwrap();
    assert_eq!((&*acknowledged.by, acknowledged.at, acknowledged.version), ("ann", at, 1));
    assert_eq!(&*incident.notes[0].text, "on my way");
    assert!(!incident.is_acknowledged());
}

pub(crate) async fn the_second_of_two_people_is_refused(bed: &dyn Bed) {
    let (owner, id) = opened(bed).await;
    let store = bed.store();
    let seen = store.incident(&owner, &id).await.unwrap().unwrap().incident.seen();
    let act = |person: &'static str, action: Action| {
        let (owner, id) = (&owner, &id);
        async move { store.act(owner, id, person, action, &silent()).await.map_err(|error| error.kind()) }
    };
    act("ann", Action::Acknowledge { seen }).await.unwrap();
    assert_eq!(act("ben", Action::Acknowledge { seen }).await, Err(StoreErrorKind::Conflict));
    let found = store.incident(&owner, &id).await.unwrap().unwrap();
    assert_eq!((found.edition, &*found.incident.acknowledged.clone().unwrap().by), (2, "ann"));
    let past = Action::Snooze { seen: found.incident.seen(), until: bed.now() - seconds(1) };
    assert_eq!(act("ben", past).await, Err(StoreErrorKind::Refused));
    let error = store
        .act(&owner, &incident_id("none"), "ann", Action::Release { seen }, &silent())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Missing);
}

pub(crate) async fn selections_of_incidents_are_the_newest_first(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    for id in ["h1", "h2"] {
        add_home(bed, "a", id).await;
    }
    let start = bed.now();
    for (number, id) in ["h1", "h2", "h1"].into_iter().enumerate() {
        check(bed, id, |result| {
            let incident = format!("i{number}");
            let close = changes(bed, &incident, Scope::Home(home(id)), ChangeKind::Closed, 1);
            result.incidents =
                [opens(bed, &incident, id)].into_iter().chain((number == 0).then_some(close)).collect();
        })
        .await;
        bed.pass(Duration::from_secs(300)).await;
    }
    let found = |query: IncidentQuery| async move {
        let found = bed.store().incidents(&tenant("a"), IncidentQuery { limit: 2, ..query }).await.unwrap();
        found.into_iter().map(|filed| filed.incident.id.to_string()).collect::<Vec<_>>()
    };
    let any = IncidentQuery::default;
    assert_eq!(found(any()).await, ["i2", "i1"]);
    let after = |opened, id| Some(IncidentCursor { rank: 0, homes: 0, opened, id: incident_id(id) });
    assert_eq!(found(IncidentQuery { after: after(start + seconds(300), ""), ..any() }).await, ["i0"]);
    assert_eq!(
        found(IncidentQuery { after: after(start + seconds(300), "i2"), ..any() }).await,
        ["i1", "i0"]
    );
    assert_eq!(found(IncidentQuery { home: Some(home("h1")), ..any() }).await, ["i2", "i0"]);
    assert_eq!(found(IncidentQuery { home: Some(home("h1")), is_open: true, ..any() }).await, ["i2"]);
    assert!(found(IncidentQuery { home: Some(home("none")), ..any() }).await.is_empty());
    assert!(found(IncidentQuery { for_digest: true, ..any() }).await.is_empty());
    let mut part = bed.store().incident(&tenant("a"), &incident_id("i2")).await.unwrap().unwrap();
    part.incident.fleet = Some(incident_id("f1"));
    let decisions = Decisions { edited: vec![part], ..Decisions::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
    assert_eq!(found(IncidentQuery { fleet: Some(incident_id("f1")), ..any() }).await, ["i2"]);
    assert_eq!(found(IncidentQuery { is_root: true, ..any() }).await, ["i1", "i0"]);
}

pub(crate) async fn incidents_of_the_same_time_are_each_on_one_part_of_the_list(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h1").await;
    let ids = ["i2", "i4", "i1", "i3", "i0"];
    check(bed, "h1", |result| {
        let opened = |(number, id): (i64, &str)| {
            let mut change = opens(bed, id, "h1");
            // A store may keep milliseconds only.
            change.at += TimeDelta::microseconds(number);
            change
        };
        result.incidents = (0..).zip(ids).map(opened).collect();
    })
    .await;
    let (mut listed, mut after) = (Vec::new(), None);
    for _ in 0..10 {
        let query = IncidentQuery { after, limit: 2, ..IncidentQuery::default() };
        let part = bed.store().incidents(&tenant("a"), query).await.unwrap();
        let Some(last) = part.last() else { break };
        after = Some(IncidentCursor::of(&last.incident));
        listed.extend(part.into_iter().map(|filed| filed.incident.id.to_string()));
    }
    assert_eq!(listed, ["i4", "i3", "i2", "i1", "i0"]);
}

pub(crate) async fn the_worst_of_many_open_incidents_are_first_and_on_one_part_of_the_list(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_home(bed, "a", "h1").await;
    // The worst are the oldest. Missing data is worse than mild trouble, and what hides homes is before all.
    let states = [
        ("r1", Status::Red, 18),
        ("r2", Status::Red, 1),
        ("d1", Status::Orange, 1),
        ("u1", Status::Unknown, 1),
        ("s1", Status::Orange, 1),
    ];
    let mild =
        (0..20).map(|number| (format!("y{number:02}"), Status::Yellow, if number == 7 { 2 } else { 1 }));
    let all = states.map(|(id, status, homes)| (id.to_owned(), status, homes)).into_iter().chain(mild);
    for (id, status, homes) in all {
        let scope = match id.as_str() {
            "s1" => Scope::Source("unreachable:a".into()),
            "d1" => Scope::Source("disk".into()),
            _ => Scope::Home(home("h1")),
        };
        let mut change = changes(bed, &id, scope, ChangeKind::Opened, 1);
        let cause = Cause::new(CauseKind::Status, "h", status, "cause");
        let mut situation = Situation::new(cause, bed.now(), "headline");
        (situation.status, situation.homes) = (status, homes);
        change.situation = Some(situation);
        let decisions = Decisions { changes: vec![change], ..Decisions::default() };
        bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
        bed.pass(Duration::from_secs(1)).await;
    }
    let (mut listed, mut after) = (Vec::new(), None);
    for _ in 0..20 {
        let query = IncidentQuery { after, ..IncidentQuery::worst(3) };
        let part = bed.store().incidents(&tenant("a"), query).await.unwrap();
        let Some(last) = part.last() else { break };
        after = Some(IncidentCursor::ranked(&last.incident));
        listed.extend(part.into_iter().map(|filed| filed.incident.id.to_string()));
    }
    let mild = (0..20).rev().filter(|number| *number != 7).map(|number| format!("y{number:02}"));
    let worst = ["s1", "r1", "r2", "d1", "u1", "y07"].map(str::to_owned);
    let expected: Vec<String> = worst.into_iter().chain(mild).collect();
    assert_eq!(listed, expected);
    // Until a person has some of them.
    let count = async || {
        let OpenIncidents { total, unclaimed } = bed.store().open_incidents(&tenant("a")).await.unwrap();
        (total, unclaimed)
    };
    assert_eq!(count().await, (25, 25));
    let until = bed.now() + TimeDelta::hours(1);
    let act = async |id: &str, action: fn(Seen, DateTime<Utc>) -> Action| {
        let id = IncidentId::new(id);
        let seen = bed.store().incident(&tenant("a"), &id).await.unwrap().unwrap().incident.seen();
        bed.store().act(&tenant("a"), &id, "Ada", action(seen, until), &silent()).await.unwrap();
    };
    act("r1", |seen, _| Action::Acknowledge { seen }).await;
    act("y03", |seen, until| Action::Snooze { seen, until }).await;
    assert_eq!(count().await, (25, 23));
    bed.pass(Duration::from_secs(3_600)).await;
    assert_eq!(count().await, (25, 24));
    act("r1", |seen, _| Action::Release { seen }).await;
    assert_eq!(count().await, (25, 25));
    assert_eq!(bed.store().open_incidents(&tenant("b")).await.unwrap(), OpenIncidents::default());
}
