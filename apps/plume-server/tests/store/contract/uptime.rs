//! Counted times of homes and groups.

use plume_server::store::model::{
    Counted, GroupUptime, HomeHistory, HomeUptime, Page, Uptime, UptimeCursor, UptimeGroup, UptimePeriod,
};

use super::*;

fn counted(id: &str, down: i64, percent: Option<f64>) -> Counted {
    let time = Uptime { up: 100 - down, down, percent, ..Uptime::default() };
    Counted { tenant: tenant("a"), home: home(id), times: [time; 4] }
}

async fn worst(bed: &dyn Bed, after: Option<UptimeCursor>, limit: usize) -> Page<HomeUptime, UptimeCursor> {
    bed.store().uptimes(&tenant("a"), UptimePeriod::Week, after, limit).await.unwrap()
}

pub(crate) async fn histories_cover_every_home_with_the_status_before(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_tenant(bed, "b").await;
    let start = bed.now();
    for (owner, id) in [("a", "h1"), ("b", "h2"), ("a", "h3")] {
        add_home(bed, owner, id).await;
    }
    for (id, after) in [("h1", 0), ("h1", 600), ("h3", 600)] {
        let at = start + seconds(after);
        bed.pass((at - bed.now()).to_std().unwrap()).await;
        let to = if after == 0 { Status::Red } else { Status::Green };
        check(bed, id, |result| {
            result.schedule.due = at;
            result.transitions = vec![transition(at, Status::Orange, to)];
        })
        .await;
    }
    let mut found: Vec<HomeHistory> = Vec::new();
    loop {
        let after = found.last().map(|last| last.home.clone());
        let part = bed.store().histories(after.as_ref(), start + seconds(300), 2).await.unwrap();
        if part.is_empty() {
            break;
        }
        found.extend(part);
    }
    let found: Vec<_> =
        found.into_iter().map(|one| (one.home, one.tenant, one.before, one.changes)).collect();
    let later = start + seconds(600);
    assert_eq!(
        found,
        [
            (home("h1"), tenant("a"), Status::Red, vec![(later, Status::Green)]),
            (home("h2"), tenant("b"), Status::Unknown, vec![]),
            (home("h3"), tenant("a"), Status::Orange, vec![(later, Status::Green)]),
        ]
    );
}

pub(crate) async fn counted_homes_are_listed_once_the_worst_first(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_tenant(bed, "b").await;
    for id in ["h1", "h2", "h3", "h4"] {
        add_home(bed, "a", id).await;
    }
    let all = [("h1", 0, Some(100.0)), ("h2", 0, None), ("h3", 50, Some(50.0)), ("h4", 0, Some(100.0))];
    let mut all: Vec<Counted> =
        all.into_iter().map(|(id, down, percent)| counted(id, down, percent)).collect();
    all.push(counted("gone", 0, None));
    all.push(Counted { tenant: tenant("b"), ..counted("h3", 1, Some(1.0)) });
    for _ in 0..2 {
        bed.store().put_uptimes(bed.now(), all.clone()).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = worst(bed, after, 1).await;
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let ids: Vec<&str> = seen.iter().map(|one| one.home.as_str()).collect();
    assert_eq!(ids, ["h3", "h1", "h4", "h2"]);
    assert_eq!((seen[0].name.as_str(), seen[0].at), ("Home h3", bed.now()));
    assert_eq!(seen[0].time, Uptime { up: 50, down: 50, percent: Some(50.0), ..Uptime::default() });
    let other = bed.store().uptimes(&tenant("b"), UptimePeriod::Week, None, 10).await.unwrap();
    assert!(other.items.is_empty());
    bed.store().remove_home(&tenant("a"), &home("h3"), &silent()).await.unwrap();
    assert_eq!(worst(bed, None, 10).await.items.len(), 3);
}

pub(crate) async fn a_list_of_counted_homes_continues_after_one_that_was_removed(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    add_tenant(bed, "b").await;
    // Not in the order of their ids.
    for id in ["h3", "h1", "h4", "h2"] {
        add_home(bed, "a", id).await;
    }
    let all = ["h1", "h2", "h3", "h4"].map(|id| counted(id, 0, Some(100.0)));
    bed.store().put_uptimes(bed.now(), all.into()).await.unwrap();
    let first = worst(bed, None, 2).await;
    bed.store().remove_home(&tenant("a"), &home("h2"), &silent()).await.unwrap();
    let rest = worst(bed, first.next, 9).await;
    let ids: Vec<&str> = first.items.iter().chain(&rest.items).map(|one| one.home.as_str()).collect();
    assert_eq!(ids, ["h1", "h2", "h3", "h4"]);
    // What was counted of a removed home is not that of a new one.
    add_home(bed, "b", "h2").await;
    let other = bed.store().uptimes(&tenant("b"), UptimePeriod::Week, None, 10).await.unwrap();
    assert!(other.items.is_empty());
}

pub(crate) async fn counted_groups_are_replaced_whole(bed: &dyn Bed) {
    add_tenant(bed, "a").await;
    let group = |kind, value: &str, percent| GroupUptime {
        kind,
        value: value.to_owned(),
        period: UptimePeriod::LastMonth,
        homes: 3,
        at: bed.now(),
        time: Uptime { up: 7, percent, ..Uptime::default() },
    };
    let (region, tag) = (UptimeGroup::Region, UptimeGroup::Tag);
    let first = vec![group(region, "x", None), group(region, "y", Some(9.5)), group(tag, "x", Some(1.0))];
    let read = async |kind| {
        bed.store().group_uptimes(&tenant("a"), UptimePeriod::LastMonth, kind, 10).await.unwrap()
    };
    bed.store().put_group_uptimes(&tenant("a"), first.clone()).await.unwrap();
    assert_eq!(read(region).await, [first[1].clone(), first[0].clone()]);
    assert_eq!(read(tag).await, [first[2].clone()]);
    bed.store().put_group_uptimes(&tenant("a"), first[..1].to_vec()).await.unwrap();
    assert_eq!(read(region).await, first[..1]);
    assert!(read(tag).await.is_empty());
}
