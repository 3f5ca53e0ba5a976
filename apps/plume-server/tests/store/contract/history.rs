//! Samples, summaries, transitions, and their end.

use plume_server::store::{
    Progress, Retention,
    model::{Resolution, Summary},
};

use super::*;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Checks a home at each of these seconds after the start.
async fn check_at(bed: &dyn Bed, id: &str, seconds_after: &[i64], start: DateTime<Utc>) {
    for after in seconds_after {
        let at = start + seconds(*after);
        let wait = (at - bed.now()).to_std().unwrap();
        bed.pass(wait).await;
        check(bed, id, |result| {
            result.point = point(at, if after % 600 == 0 { Status::Green } else { Status::Red });
            result.schedule.due = at;
        })
        .await;
    }
}

async fn prepared(bed: &dyn Bed) -> DateTime<Utc> {
    add_tenant(bed, "a").await;
    let start = bed.now();
    // The clock of a bed begins with an hour.
    assert_eq!(start.timestamp() % DAY, 0);
    for id in ["h", "other"] {
        add_home(bed, "a", id).await;
    }
    start
}

async fn summaries(bed: &dyn Bed, resolution: Resolution, start: DateTime<Utc>) -> Vec<Summary> {
    let period = start..start + seconds(30 * DAY);
    bed.store().summaries(&tenant("a"), &home("h"), resolution, period).await.unwrap()
}

/// Summarizes all that has ended. Returns the number of steps.
pub(crate) async fn summarize(bed: &dyn Bed, now: DateTime<Utc>) -> usize {
    let mut steps = 1;
    while bed.store().summarize(now).await.unwrap() == Progress::More {
        steps += 1;
    }
    steps
}

pub(crate) async fn a_jump_of_the_clock_costs_few_steps(bed: &dyn Bed) {
    let start = prepared(bed).await;
    check_at(bed, "h", &[0, HOUR + 100], start).await;
    let steps = summarize(bed, start + seconds(20 * 365 * DAY)).await;
    assert!(steps <= 10, "{steps} steps");
    assert_eq!(summaries(bed, Resolution::Hour, start).await.len(), 2);
    let days = summaries(bed, Resolution::Day, start).await;
    assert_eq!(days.iter().map(|day| (day.start, day.samples())).collect::<Vec<_>>(), [(start, 2)]);
}

pub(crate) async fn samples_are_read_by_period(bed: &dyn Bed) {
    let start = prepared(bed).await;
    check_at(bed, "h", &[0, 300, 600, 3599, 3600, 7500], start).await;
    check_at(bed, "other", &[7600], start).await;
    let read = |from: i64, to: i64| async move {
        let period = start + seconds(from)..start + seconds(to);
        let points = bed.store().points(&tenant("a"), &home("h"), period).await.unwrap();
        points.iter().map(|point| (point.at - start).num_seconds()).collect::<Vec<_>>()
    };
    assert_eq!(read(0, DAY).await, [0, 300, 600, 3599, 3600, 7500]);
    assert_eq!(read(300, 3600).await, [300, 600, 3599]);
    assert_eq!(read(3600, 3601).await, [3600]);
    let points = bed.store().points(&tenant("a"), &home("h"), start..start + seconds(1)).await.unwrap();
    assert_eq!(points, [point(start, Status::Green)]);
}

pub(crate) async fn summaries_cover_every_ended_hour_and_day(bed: &dyn Bed) {
    let start = prepared(bed).await;
    check_at(bed, "h", &[0, 300, 600, 2 * HOUR + 100, DAY + 300], start).await;
    summarize(bed, start + seconds(2 * HOUR + 600)).await;
    let hours = summaries(bed, Resolution::Hour, start).await;
    assert_eq!(hours.len(), 1);
    let first = hours[0];
    assert_eq!(
        (first.start, first.samples(), first.of(Status::Green), first.of(Status::Red)),
        (start, 3, 2, 1)
    );
    assert_eq!(
        (first.took_mean_ms, first.took_max_ms, first.pods_off_max, first.devices_max),
        (100, 100, 1, 7)
    );
    assert!(summaries(bed, Resolution::Day, start).await.is_empty());

    for _ in 0..2 {
        summarize(bed, start + seconds(DAY + 2 * HOUR)).await;
        let hours = summaries(bed, Resolution::Hour, start).await;
        let starts: Vec<i64> = hours.iter().map(|hour| (hour.start - start).num_hours()).collect();
        assert_eq!(starts, [0, 2, 24]);
        let days = summaries(bed, Resolution::Day, start).await;
        assert_eq!(days.iter().map(|day| (day.start, day.samples())).collect::<Vec<_>>(), [(start, 4)]);
    }
}

pub(crate) async fn late_samples_reach_their_summary(bed: &dyn Bed) {
    let start = prepared(bed).await;
    check_at(bed, "h", &[0], start).await;
    summarize(bed, start + seconds(2 * DAY)).await;
    check(bed, "h", |result| result.point = point(start + seconds(60), Status::Red)).await;
    for resolution in [Resolution::Hour, Resolution::Day] {
        let found = summaries(bed, resolution, start).await;
        assert_eq!(
            found.iter().map(|found| (found.start, found.samples())).collect::<Vec<_>>(),
            [(start, 2)]
        );
    }
}

pub(crate) async fn transitions_come_with_the_last_one_before(bed: &dyn Bed) {
    let start = prepared(bed).await;
    let all = [
        transition(start, Status::Unknown, Status::Green),
        transition(start + seconds(300), Status::Green, Status::Red),
    ];
    for transition in &all {
        check(bed, "h", |result| {
            result.schedule.due = bed.now() + seconds(300);
            result.transitions = vec![transition.clone()];
        })
        .await;
        bed.pass(Duration::from_secs(300)).await;
    }
    let read = |from: i64, to: i64| {
        let period = start + seconds(from)..start + seconds(to);
        async { bed.store().transitions(&tenant("a"), &home("h"), period).await.unwrap() }
    };
    assert_eq!(read(0, 301).await, all);
    assert_eq!(read(1, 301).await, all);
    assert_eq!(read(1, 300).await, all[..1]);
    assert_eq!(read(301, 400).await, all[1..]);
    assert!(read(-10, 0).await.is_empty());
}

/// A change that was pending before a gap without data is decided after it, and keeps its first sample.
pub(crate) async fn transitions_are_in_the_order_of_their_decisions(bed: &dyn Bed) {
    let start = prepared(bed).await;
    let (green, red, unknown) = (Status::Green, Status::Red, Status::Unknown);
    let decided = [
        (0, 0, unknown, green),
        (120, 720, green, unknown),
        (1_920, 1_920, unknown, green),
        (60, 1_920, green, red),
    ];
    let decided = decided.map(|(since, at, from, to)| {
        let mut logged = transition(start + seconds(at), from, to);
        logged.transition.since = start + seconds(since);
        logged
    });
    for part in [&decided[..1], &decided[1..2], &decided[2..]] {
        let at = part[0].transition.at;
        bed.pass((at - bed.now()).to_std().unwrap()).await;
        check(bed, "h", |result| {
            result.schedule.due = at;
            result.transitions = part.to_vec();
        })
        .await;
    }
    let store = bed.store();
    let period = start + seconds(600)..start + seconds(4_000);
    assert_eq!(store.transitions(&tenant("a"), &home("h"), period).await.unwrap(), decided);
    let times = |after: i64| async move {
        let one = store.histories(None, start + seconds(after), 1).await.unwrap().remove(0);
        let changes = one.changes.into_iter().map(|(since, status)| ((since - start).num_seconds(), status));
        (one.before, changes.collect::<Vec<_>>())
    };
    assert_eq!(times(60).await, (green, vec![(120, unknown), (1_920, green), (1_920, red)]));
    assert_eq!(times(1_000).await, (unknown, vec![(1_920, green), (1_920, red)]));
    assert_eq!(times(3_000).await, (red, vec![]));
}

pub(crate) async fn old_history_is_deleted_and_the_rest_is_kept(bed: &dyn Bed) {
    let start = prepared(bed).await;
    let (store, owner) = (bed.store(), tenant("a"));
    let moments = [0, HOUR, DAY, 3 * DAY];
    for after in moments {
        bed.pass((start + seconds(after) - bed.now()).to_std().unwrap()).await;
        let now = bed.now();
        check_announced(bed, "h", &pager(), |result| {
            result.schedule.due = now;
            result.transitions = vec![transition(now, Status::Green, Status::Red)];
            let id = format!("i{after}");
            let close = changes(bed, &id, Scope::Home(home("h")), ChangeKind::Closed, 1);
            result.incidents =
                [opens(bed, &id, "h")].into_iter().chain((after != HOUR).then_some(close)).collect();
        })
        .await;
        let taken = take_messages(bed, 5).await;
        let accepted = plume_server::store::model::Outcome::Accepted;
        let attempt =
            plume_server::store::model::Attempt { at: now, detail: "200".to_owned(), outcome: accepted };
        for sending in &taken {
            store.settle(sending, attempt.clone()).await.unwrap();
        }
    }
    summarize(bed, start + seconds(4 * DAY + 600)).await;
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    let retention = Retention { samples: days(2), hours: days(3), days: days(3) };
    let now = start + seconds(4 * DAY + HOUR);
    while store.prune(now, retention).await.unwrap() != Progress::Done {}

    let (h, period) = (home("h"), start..now);
    let points = store.points(&owner, &h, period.clone()).await.unwrap();
    assert_eq!(points.iter().map(|point| point.at).collect::<Vec<_>>(), [start + seconds(3 * DAY)]);
    let hours = summaries(bed, Resolution::Hour, start).await;
    assert_eq!(hours.iter().map(|hour| (hour.start - start).num_hours()).collect::<Vec<_>>(), [24, 72]);
    // A month of days is deleted as one.
    assert_eq!(summaries(bed, Resolution::Day, start).await.len(), 3);
    // The status at the start of the period is still known.
    let transitions = store.transitions(&owner, &h, period).await.unwrap();
    let left: Vec<i64> =
        transitions.iter().map(|logged| (logged.transition.at - start).num_hours()).collect();
    assert_eq!(left, [24, 72]);
    for (after, is_kept) in moments.into_iter().zip([false, true, false, true]) {
        let id = incident_id(&format!("i{after}"));
        assert_eq!(store.incident(&owner, &id).await.unwrap().is_some(), is_kept, "{id}");
    }
    // Its start and its end.
    assert_eq!(store.deliveries(&owner, None, 10).await.unwrap().len(), 2);
}
