//! Numbers for operators.

use plume::monitor::{
    groups::Link,
    ids::{GroupKey, GroupKind},
};
use plume_server::store::model::{Attempt, Decisions, Figures, Outcome, ScopeKind};

use super::*;

async fn figures(bed: &dyn Bed) -> Figures {
    bed.store().figures(bed.now()).await.unwrap()
}

pub(crate) async fn numbers_cover_all_tenants_and_what_is_open_or_waits(bed: &dyn Bed) {
    let empty = figures(bed).await;
    assert_eq!((empty.homes.len(), empty.open.len(), empty.oldest), (0, 0, None));
    add_tenant(bed, "b").await;
    add_tenant(bed, "a").await;
    for id in ["h1", "h2"] {
        add_home(bed, "a", id).await;
    }
    check(bed, "h1", |result| result.verdict.status = Status::Red).await;
    let group = Scope::Group(GroupKey::new(GroupKind::Region, "north"));
    let link = serde_json::json!({ "incident": "i2", "fleet": "f1", "hold_until": null });
    let link: Link = serde_json::from_value(link).unwrap();
    let opened = vec![
        opens(bed, "i1", "h1"),
        opens(bed, "i2", "h2"),
        changes(bed, "f1", group, ChangeKind::Opened, 1),
        changes(bed, "s1", Scope::Source("cloud".into()), ChangeKind::Opened, 1),
    ];
    let late = Outgoing { not_before: bed.now() + seconds(60), ..message(bed, "late") };
    let outbox = vec![message(bed, "m1"), late];
    let decisions = Decisions { changes: opened, links: vec![link], outbox, ..Decisions::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
    let stored = bed.now();

    let now = figures(bed).await;
    let counts = |place: usize| {
        let (owner, counts) = &now.homes[place];
        (owner.to_string(), counts.of(Status::Red), counts.total())
    };
    assert_eq!(counts(0), ("a".to_owned(), 1, 2));
    assert_eq!(counts(1), ("b".to_owned(), 0, 0));
    let expected = [ScopeKind::Home, ScopeKind::Fleet, ScopeKind::Source].map(|kind| (kind, Status::Red, 1));
    assert_eq!(now.open, expected, "a member of a fleet incident is not counted");
    assert_eq!((now.waiting, now.dead, now.oldest), (2, 0, Some(stored)));

    let sending = take_messages(bed, 1).await.pop().unwrap();
    let retry = Outcome::Retry { at: bed.now() + seconds(600), is_uncertain: false };
    let attempt = |outcome| Attempt { at: stored, detail: "503".to_owned(), outcome };
    bed.store().settle(&sending, attempt(retry)).await.unwrap();
    assert_eq!(figures(bed).await.oldest, Some(stored), "its next attempt is later");
    let next = message(bed, "m2");
    let decisions = Decisions { outbox: vec![next], ..Decisions::default() };
    bed.store().decide(&tenant("a"), decisions, &silent()).await.unwrap();
    for sending in take_messages(bed, 2).await {
        bed.store().settle(&sending, attempt(Outcome::Dead)).await.unwrap();
    }
    let now = figures(bed).await;
    assert_eq!((now.waiting, now.dead, now.oldest), (1, 2, None), "the last one waits for its time");
    bed.pass(Duration::from_secs(90)).await;
    let from = stored + seconds(60);
    assert_eq!(figures(bed).await.oldest, Some(from), "it has waited since it may be sent");
}
