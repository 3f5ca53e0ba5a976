//! Messages that wait for a daily digest.

use super::*;

#[test]
fn what_is_left_of_worse_trouble_is_a_line_in_each_daily_digest() {
    let mut house = announced();
    minutes(&mut house, 240, 60, |_| vec![poor_qoe()]);
    assert_eq!(house.kinds()[1..], [MessageKind::Eased]);
    let last = house.messages[1].at;
    let half_a_day = chrono::TimeDelta::hours(12);
    let second = |time: chrono::DateTime<chrono::Utc>| (time - at(0)).num_seconds();
    assert_eq!(
        house.notify(second(last) + 4 * 3_600),
        [Decision::Wait(Some(last + half_a_day))],
        "no reminder of its own"
    );
    assert_eq!(house.notify(second(last + half_a_day)), [Decision::Digest(MessageKind::Reminder)]);
}

#[test]
fn mild_trouble_waits_for_the_digest() {
    let mut house = House::green();
    minutes(&mut house, 60, 60, |_| vec![poor_qoe()]);
    assert!(house.messages.is_empty());
    let policy = NotifyPolicy::standard();
    let time = next_digest(&policy, at(0));
    assert_eq!(time.to_rfc3339(), "2026-01-16T07:00:00+00:00");
    assert_eq!(next_digest(&policy, time).to_rfc3339(), "2026-01-17T07:00:00+00:00");
    let mut digest = Digest::new(DigestKind::Daily, "tenant".into(), vec!["chat".into()], time);
    assert_eq!(house.notify(DAY), [Decision::Digest(MessageKind::Problem)]);
    digest.add(house.newest(), MessageKind::Problem);
    assert_eq!((digest.total, digest.entries[0].status), (1, Status::Yellow));
    assert!(digest.render(Format::Text).contains("home: 🟡 yellow since 2026-01-15 10:01 UTC"));
    assert_eq!(house.notify(2 * DAY), [Decision::Wait(None)]);
    // Its end is for the digest too, but a worsening is not.
    house.run(2 * DAY, &[offline()]);
    house.run(2 * DAY + 60, &[offline()]);
    assert_eq!(house.kinds(), []);
    house.run(2 * DAY + 120, &[offline()]);
    assert_eq!(house.kinds(), [MessageKind::Worsened]);
    minutes(&mut house, 2 * DAY + 180, 10, calm);
    assert_eq!(house.kinds()[1..], [MessageKind::Recovered]);
    let mut large = Digest::new(DigestKind::Daily, "tenant".into(), vec!["chat".into()], time);
    for _ in 0..80 {
        large.add(house.newest(), MessageKind::Recovered);
    }
    assert_eq!((large.total, large.entries.len()), (80, 50));
    assert!(large.render(Format::Text).contains("and 30 more"));
}

/// The routes: one that is never quiet, one with a quiet night, and one with a quiet weekend and morning.
fn quiet_routes() -> NotifyPolicy {
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let quiet = |ranges: serde_json::Value| json!({"ranges": ranges});
    let night = json!([{"days": week, "from": "22:00", "to": "09:30"}]);
    let weekend = json!([
        {"days": week, "from": "01:00", "to": "12:00"},
        {"days": ["sat", "sun"], "from": "00:00", "to": "00:00"},
    ]);
    let routes = json!([
        {"channels": ["a"]},
        {"channels": ["b"], "quiet": quiet(night)},
        {"channels": ["c"], "quiet": quiet(weekend)},
    ]);
    serde_json::from_value(json!({"routes": routes})).unwrap()
}

#[test]
fn every_route_has_a_digest_a_day_and_none_at_a_quiet_time() {
    let policy = quiet_routes();
    let mut counts = [0; 3];
    let mut next = next_digest(&policy, at(0));
    // A tick comes some seconds late.
    while next < at(70 * DAY) {
        let now = next + chrono::TimeDelta::seconds(3);
        let due = DueDigests::new(&policy, next, now);
        for (route, count) in policy.routes.iter().zip(&mut counts) {
            if due.has(Some(route)) {
                assert_eq!(route.quiet_until(now), None, "{now}");
                *count += 1;
            }
        }
        let after = next_digest(&policy, now);
        assert!(after > now);
        next = after;
    }
    // Those of a quiet weekend are one, at its end.
    assert_eq!((counts[0], counts[1]), (70, 70));
    assert_eq!(counts[2], 70 - 10);
}

#[test]
fn a_late_digest_covers_every_route_whose_time_has_come() {
    let policy = quiet_routes();
    let next = next_digest(&policy, at(4 * 3_600));
    let due = |hours: i64| {
        let due = DueDigests::new(&policy, next, next + chrono::TimeDelta::hours(hours));
        [0, 1, 2].map(|route| due.has(policy.routes.get(route)))
    };
    // On a Friday at 07:00, 09:30 and 12:00.
    assert_eq!(next.to_rfc3339(), "2026-01-16T07:00:00+00:00");
    assert_eq!(due(0), [true, false, false]);
    assert_eq!(due(3), [true, true, false]);
    assert_eq!(due(6), [true, true, true]);
    assert!(DueDigests::new(&policy, next, next).has(None));
}

#[test]
fn quiet_hours_do_not_keep_mild_trouble_from_the_digest() {
    let mut house = House::green();
    house.quiet_until = Some(2 * DAY);
    minutes(&mut house, 60, 30, |_| vec![poor_qoe()]);
    assert_eq!(house.notify(3_600), [Decision::Digest(MessageKind::Problem)]);
    minutes(&mut house, 3_660, 30, |_| vec![offline()]);
    assert_eq!(house.notify(3 * 3_600), [Decision::Wait(Some(at(2 * DAY)))]);
}

#[test]
fn yellow_is_never_repeated_more_often_than_red() {
    let mut house = announced();
    minutes(&mut house, 240, 60, |_| vec![poor_qoe()]);
    let policy: NotifyPolicy = serde_json::from_value(json!({"remind_every": "7d"})).unwrap();
    let last = house.messages.last().unwrap().at;
    let now = last + chrono::TimeDelta::days(1);
    let decision = decide(house.newest(), &policy, NotifyContext::default(), now);
    assert_eq!(decision, Decision::Wait(Some(last + chrono::TimeDelta::days(7))));
}
