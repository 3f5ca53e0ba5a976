//! Messages about homes.

use plume_health::{Format, RuleId, Status};
use plume_monitor::groups::Link;
use plume_monitor::home;
use plume_monitor::ids::{GroupKey, GroupKind};
use plume_monitor::incident::Cause;
use plume_monitor::notify::{
    Decision, Digest, DigestKind, DueDigests, Message, MessageKind, NotifyContext, NotifyPolicy, RouteTarget,
    decide, next_digest,
};
use serde_json::json;

use crate::decisions::{House, at, cause, offline, pod, poor_qoe};

const DAY: i64 = 86_400;

/// A house that is red from second 60 on, announced at 180.
fn announced() -> House {
    let mut house = House::green();
    for second in [60, 120, 180] {
        house.run(second, &[offline()]);
    }
    assert_eq!(house.sent(), [(180, MessageKind::Problem, Status::Red)]);
    house
}

/// Checks a house every minute for a number of minutes.
fn minutes(house: &mut House, from: i64, count: i64, causes: impl Fn(i64) -> Vec<Cause>) -> i64 {
    for minute in 0..count {
        house.run(from + minute * 60, &causes(minute));
    }
    from + count * 60
}

fn calm(_: i64) -> Vec<Cause> {
    Vec::new()
}

#[test]
fn trouble_is_announced_once_and_so_is_its_end() {
    let mut house = announced();
    let next = minutes(&mut house, 240, 100, |_| vec![offline()]);
    assert_eq!(house.messages.len(), 1);
    minutes(&mut house, next, 100, calm);
    assert_eq!(house.kinds(), [MessageKind::Problem, MessageKind::Recovered]);
    let end = &house.messages[1];
    assert_eq!((end.status, end.was, end.ended_at), (Status::Green, Some(Status::Red), Some(at(next + 60))));
    assert_eq!(end.situation.since, at(60));
    assert_ne!(house.messages[0].key, end.key);
    assert_eq!(house.notify(next + DAY), [Decision::Nothing]);
}

#[test]
fn trouble_that_ends_within_the_hold_is_not_announced() {
    let mut house = House::green();
    house.policy.incident.hold = std::time::Duration::from_secs(120);
    house.run(60, &[offline()]);
    house.run(120, &[offline()]);
    assert_eq!(house.notify(130), [Decision::Wait(Some(at(240)))]);
    house.run(150, &[]);
    house.run(210, &[]);
    assert_eq!((house.notify(240), house.messages.len()), (vec![Decision::Nothing], 0));
}

#[test]
fn a_home_that_flips_all_day_gives_two_messages() {
    for interval in [60, 300] {
        let mut house = House::green();
        let mut second = 0;
        while second < DAY {
            second += interval;
            let is_down = (second / interval) % 2 == 1;
            let causes = if is_down { vec![offline()] } else { vec![] };
            house.run(second, &causes);
        }
        assert_eq!(house.kinds(), [MessageKind::FlappingStarted], "{interval}");
        minutes(&mut house, second + 60, 60, calm);
        assert_eq!(house.kinds()[1..], [MessageKind::FlappingEnded], "{interval}");
        assert_eq!(house.messages[1].status, Status::Green);
    }
}

#[test]
fn flapping_that_ends_in_trouble_says_so() {
    let mut house = House::green();
    let next = minutes(&mut house, 60, 60, |minute| if minute % 2 == 0 { vec![offline()] } else { vec![] });
    let next = minutes(&mut house, next, 60, |_| vec![offline()]);
    let last = house.messages.last().unwrap();
    assert_eq!((last.kind, last.status), (MessageKind::FlappingEnded, Status::Red));
    assert_eq!(house.messages.len(), 2);
    minutes(&mut house, next, 60, calm);
    assert_eq!(house.kinds()[2..], [MessageKind::Recovered]);
}

#[test]
fn the_final_status_after_flapping_is_announced_after_maintenance() {
    for is_down in [false, true] {
        let mut house = House::green();
        let flips = |minute: i64| if minute % 2 == 0 { vec![offline()] } else { vec![] };
        let next = minutes(&mut house, 60, 60, flips);
        assert_eq!(house.kinds(), [MessageKind::FlappingStarted]);
        house.context.in_maintenance = true;
        let next = minutes(&mut house, next, 60, |_| if is_down { vec![offline()] } else { vec![] });
        assert_eq!(house.messages.len(), 1);
        house.context.in_maintenance = false;
        house.notify(next);
        let last = house.messages.last().unwrap();
        let status = if is_down { Status::Red } else { Status::Green };
        assert_eq!((last.kind, last.status, house.messages.len()), (MessageKind::FlappingEnded, status, 2));
    }
}

#[test]
fn flapping_within_maintenance_is_silent() {
    let mut house = House::green();
    house.context.in_maintenance = true;
    let flips = |minute: i64| if minute % 2 == 0 { vec![offline()] } else { vec![] };
    let next = minutes(&mut house, 60, 60, flips);
    let next = minutes(&mut house, next, 60, calm);
    house.context.in_maintenance = false;
    minutes(&mut house, next, 60, calm);
    assert!(house.messages.is_empty() && !house.incidents.is_empty());
}

#[test]
fn the_final_status_after_flapping_is_announced_to_those_who_acknowledged() {
    let mut house = House::green();
    let flips = |minute: i64| if minute % 2 == 0 { vec![offline()] } else { vec![] };
    let next = minutes(&mut house, 60, 60, flips);
    let seen = house.newest().seen();
    house.newest().acknowledge(seen, "Ada", at(next)).unwrap();
    minutes(&mut house, next, 60, |_| vec![offline()]);
    let last = house.messages.last().unwrap();
    assert_eq!((last.kind, last.status), (MessageKind::FlappingEnded, Status::Red));
}

#[test]
fn after_maintenance_only_the_difference_is_announced() {
    type Case = (&'static str, bool, fn(i64) -> Vec<Cause>, &'static [MessageKind]);
    let down: fn(i64) -> Vec<Cause> = |_| vec![offline()];
    let interrupted: fn(i64) -> Vec<Cause> = |minute| if minute < 10 { vec![] } else { vec![offline()] };
    let blip: fn(i64) -> Vec<Cause> = |minute| if minute < 10 { vec![offline()] } else { vec![] };
    let cases: [Case; 6] = [
        ("down before, down after", true, down, &[]),
        ("down before, up after", true, calm, &[MessageKind::Recovered]),
        ("down before, up, and down after", true, interrupted, &[]),
        ("up before, up after", false, calm, &[]),
        ("up before, down after", false, down, &[MessageKind::Problem]),
        ("up before, down, and up after", false, blip, &[]),
    ];
    for (name, is_down, within, expected) in cases {
        let mut house = if is_down { announced() } else { House::green() };
        let before = house.messages.len();
        house.context.in_maintenance = true;
        let next = minutes(&mut house, 240, 30, within);
        assert_eq!(house.messages.len(), before, "{name}");
        house.context.in_maintenance = false;
        let last = within(29);
        minutes(&mut house, next, 30, |_| last.clone());
        assert_eq!(house.kinds()[before..], *expected, "{name}");
    }
}

#[test]
fn an_acknowledgement_ends_with_a_worse_status_or_another_cause() {
    let acknowledged = || {
        let mut house = House::green();
        for second in [60, 120, 180] {
            house.run(second, &[pod("a")]);
        }
        let seen = house.newest().seen();
        house.newest().acknowledge(seen, "Ada", at(190)).unwrap();
        house
    };
    let mut house = acknowledged();
    minutes(&mut house, 240, 10, |_| vec![offline()]);
    assert_eq!(house.kinds(), [MessageKind::Problem, MessageKind::Worsened]);
    let mut house = acknowledged();
    minutes(&mut house, 240, 10, |_| vec![pod("a"), pod("b")]);
    assert_eq!(house.kinds(), [MessageKind::Problem, MessageKind::OtherCause]);
    // A milder status is no news, and there are no reminders. The end is news.
    let mut house = acknowledged();
    let next = minutes(&mut house, 240, 600, |_| vec![poor_qoe()]);
    assert_eq!(house.kinds(), [MessageKind::Problem]);
    minutes(&mut house, next, 10, calm);
    assert_eq!(house.kinds(), [MessageKind::Problem, MessageKind::Recovered]);
}

#[test]
fn one_recovery_with_its_length_follows_when_pods_return_one_by_one() {
    let mut house = announced();
    let pods: Vec<_> = (0..12).map(|number| pod(&format!("pod {number}"))).collect();
    for (minute, away) in [(4, 12), (5, 9), (6, 4), (7, 1), (8, 0), (9, 0)] {
        house.run(minute * 60, &pods[..away]);
    }
    minutes(&mut house, 600, 30, calm);
    assert_eq!(house.kinds(), [MessageKind::Problem, MessageKind::Recovered]);
    assert!(house.messages[1].render(Format::Text).contains("It lasted 8 min"));
}

#[test]
fn a_pod_that_stays_away_is_announced_after_the_grace() {
    let mut house = announced();
    minutes(&mut house, 240, 60, |_| vec![pod("a")]);
    assert_eq!(house.kinds()[1..], [MessageKind::OtherCause]);
    // The status eased at 300, so the grace ended at 600.
    let last = house.messages.last().unwrap();
    assert!(last.at >= at(600) && last.at <= at(720) && last.status == Status::Orange, "{last:?}");
}

#[test]
fn reminders_follow_until_an_acknowledgement_or_within_a_snooze() {
    let mut house = announced();
    let four_hours = 4 * 3_600;
    assert_eq!(house.notify(180 + four_hours - 1), [Decision::Wait(Some(at(180 + four_hours)))]);
    assert_eq!(house.notify(180 + four_hours), [Decision::Send(MessageKind::Reminder)]);
    let seen = house.newest().seen();
    let until = 180 + 9 * 3_600;
    house.newest().snooze(seen, "Ada", at(until), at(180 + four_hours)).unwrap();
    assert_eq!(house.notify(180 + 2 * four_hours), [Decision::Wait(Some(at(until)))]);
    assert_eq!(house.notify(until), [Decision::Send(MessageKind::Reminder)]);
    let seen = house.newest().seen();
    house.newest().acknowledge(seen, "Ada", at(until + 1)).unwrap();
    assert_eq!(house.notify(until + DAY), [Decision::Wait(None)]);
    let keys: std::collections::BTreeSet<_> = house.messages.iter().map(|message| &message.key).collect();
    assert_eq!(keys.len(), house.messages.len());
}

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
fn a_message_that_was_not_sent_is_news_again() {
    // Nothing was sent: the trouble is new, and its end within the grace is not announced.
    let mut house = announced();
    let first = house.messages[0].clone();
    first.withdraw(house.newest(), false);
    assert_eq!(house.notify(240), [Decision::Send(MessageKind::Problem)]);
    assert_ne!(house.messages[1].key, first.key);
    // An older message takes nothing back.
    first.withdraw(house.newest(), false);
    assert!(matches!(house.notify(300)[..], [Decision::Wait(Some(_))]));
    let mut house = announced();
    house.messages[0].clone().withdraw(house.newest(), false);
    house.check(300, &[]);
    house.check(360, &[]);
    assert_eq!((house.notify(420), house.messages.len()), (vec![Decision::Nothing], 1));
    // Another channel has it, so its end is announced.
    let mut house = announced();
    house.messages[0].clone().withdraw(house.newest(), true);
    assert_eq!(house.notify(240), [Decision::Send(MessageKind::Worsened)]);
    let mut house = announced();
    house.messages[0].clone().withdraw(house.newest(), true);
    house.check(300, &[]);
    house.check(360, &[]);
    assert_eq!(house.notify(420), [Decision::Send(MessageKind::Recovered)]);
    // A worsening that was not sent is one again, and a reminder takes nothing back.
    let mut house = House::green();
    let next = minutes(&mut house, 60, 10, |_| vec![pod("a")]);
    minutes(&mut house, next, 10, |_| vec![offline()]);
    assert_eq!(house.kinds(), [MessageKind::Problem, MessageKind::Worsened]);
    house.messages[1].clone().withdraw(house.newest(), false);
    assert_eq!(house.notify(3_600), [Decision::Send(MessageKind::Worsened)]);
    house.notify(6 * 3_600);
    assert_eq!(house.kinds()[3..], [MessageKind::Reminder]);
    let before = house.newest().clone();
    house.messages[3].clone().withdraw(house.newest(), false);
    assert_eq!(*house.newest(), before);
}

#[test]
fn quiet_hours_hold_messages_back_and_announce_the_difference() {
    // Down and up in the night: nothing.
    let mut house = House::green();
    house.quiet_until = Some(6 * 3_600);
    let next = minutes(&mut house, 60, 30, |_| vec![offline()]);
    minutes(&mut house, next, 330, calm);
    house.notify(6 * 3_600);
    assert!(house.messages.is_empty());
    // Down before, up in the night.
    let mut house = announced();
    house.quiet_until = Some(6 * 3_600);
    minutes(&mut house, 240, 60, calm);
    assert_eq!(house.messages.len(), 1);
    house.notify(6 * 3_600);
    assert_eq!(house.kinds()[1..], [MessageKind::Recovered]);
}

#[test]
fn a_message_shows_the_present_state_however_long_it_was_held() {
    let mut house = House::green();
    house.quiet_until = Some(6 * 3_600);
    let next = minutes(&mut house, 60, 30, |_| vec![offline()]);
    minutes(&mut house, next, 60, |_| vec![pod("a")]);
    house.notify(6 * 3_600);
    let message = &house.messages[0];
    assert_eq!((message.kind, message.status), (MessageKind::Problem, Status::Orange));
    assert_eq!(message.situation.root.subject.as_ref(), "a");
}

#[test]
fn a_home_that_is_gone_is_announced_only_if_its_trouble_was() {
    let mut house = announced();
    let (state, change) = home::gone(&house.state, at(200));
    house.state = state;
    house.newest().apply(&change.unwrap());
    house.notify(200);
    assert_eq!(house.kinds()[1..], [MessageKind::Gone]);
    let mut house = House::green();
    house.run(60, &[offline()]);
    house.run(120, &[offline()]);
    let (_, change) = home::gone(&house.state, at(130));
    house.newest().apply(&change.unwrap());
    assert_eq!((house.notify(500), house.messages.len()), (vec![Decision::Nothing], 0));
}

#[test]
fn an_incident_of_a_fleet_incident_is_silent_after_a_restart_too() {
    let mut house = House::green();
    house.run(60, &[offline()]);
    house.run(120, &[offline()]);
    house.newest().fleet = Some("group:1".into());
    // `notify` stores and reads the incident.
    for hour in 0..24 {
        assert_eq!(house.notify(180 + hour * 3_600), [Decision::Nothing]);
    }
    house.newest().fleet = None;
    house.notify(DAY + 180);
    assert_eq!(house.kinds(), [MessageKind::Problem]);
}

#[test]
fn the_first_route_that_matches_counts() {
    let policy: NotifyPolicy = serde_json::from_value(json!({"routes": [
        {"tenants": ["north"], "severities": ["red"], "channels": ["pager"]},
        {"groups": [{"kind": "region", "value": "coast"}], "channels": ["coast"]},
        {"tags": ["vip"], "channels": ["vip", "chat"]},
        {"severities": ["yellow"], "channels": []},
        {"channels": ["chat"]},
    ]}))
    .unwrap();
    let route = |tenant: &str, severity, tags: &[&str], region: Option<&str>| {
        let mut target = RouteTarget::new(tenant.into(), severity);
        target.tags = tags.iter().map(|tag| (*tag).into()).collect();
        target.groups = region.map(|region| GroupKey::new(GroupKind::Region, region)).into_iter().collect();
        let channels = &policy.route(&target).unwrap().channels;
        channels.iter().map(|channel| channel.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(route("north", Status::Red, &["vip"], Some("coast")), "pager");
    assert_eq!(route("north", Status::Orange, &["vip"], Some("coast")), "coast");
    assert_eq!(route("south", Status::Red, &["other", "vip"], None), "vip chat");
    assert_eq!(route("south", Status::Yellow, &[], Some("hills")), "");
    assert_eq!(route("south", Status::Unknown, &[], None), "chat");
    assert!(NotifyPolicy::standard().route(&RouteTarget::new("north".into(), Status::Red)).is_none());
    for (bad, part) in [
        (json!({"remind_every": "1s"}), "`remind_every`"),
        (json!({"digest_minute": 1_440}), "`digest_minute`"),
        (json!({"routes": [{"channel": "x"}]}), "unknown field `channel`"),
        (json!({"routes": [{"severities": ["purple"]}]}), "purple"),
    ] {
        let error = serde_json::from_value::<NotifyPolicy>(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn messages_that_were_not_sent_merge_into_the_newest() {
    let mut house = announced();
    let next = minutes(&mut house, 240, 10, calm);
    house.check(next, &[cause(RuleId::NodeAlert, Status::Orange, "a")]);
    let [problem, recovered] = [house.messages[0].clone(), house.messages[1].clone()];
    let merged = Message::merge(problem.clone(), recovered.clone()).unwrap();
    assert_eq!((merged.kind, merged.was, merged.superseded), (MessageKind::Recovered, None, 1));
    assert_eq!(merged.key, recovered.key);
    let mut other = recovered;
    other.incident = "home:other".into();
    assert!(Message::merge(problem, other).is_err());
    let stored = serde_json::to_string(&merged).unwrap();
    assert_eq!(serde_json::from_str::<Message>(&stored).unwrap(), merged);
}

#[test]
fn every_message_has_words_in_every_format() {
    let mut house = House::green();
    for minute in 1..100 {
        let causes = match minute / 10 {
            1 => vec![pod("a")],
            2 => vec![offline()],
            3 | 4 => vec![pod("<b>&*_"), pod("c")],
            _ => vec![],
        };
        house.run(minute * 60, &causes);
    }
    assert!(house.messages.len() >= 4, "{:?}", house.kinds());
    for message in &house.messages {
        for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
            assert!(!message.render(format).is_empty());
        }
        assert!(!message.render(Format::Html).contains("<b>&*_"));
    }
}

#[test]
fn messages_follow_a_clock_that_was_set_back() {
    // The incident was opened and held by a clock that was a day ahead.
    let mut house = House::green();
    house.check(86_400, &[offline()]);
    house.check(86_460, &[offline()]);
    for second in (120..=300).step_by(60) {
        house.run(second, &[offline()]);
    }
    assert_eq!(house.sent(), [(120, MessageKind::Problem, Status::Red)]);
    // It was announced by such a clock.
    let mut house = House::green();
    house.check(86_400, &[offline()]);
    (86_460..86_700).step_by(60).for_each(|second| house.run(second, &[offline()]));
    (120..20_000).step_by(60).for_each(|second| house.run(second, &[offline()]));
    let sent: Vec<i64> = house.sent().into_iter().map(|(second, ..)| second).collect();
    assert_eq!(sent, [86_520, 120, 120 + 4 * 3_600]);
}

#[test]
fn the_end_goes_to_all_channels_that_had_a_message() {
    let mut house = House::green();
    let route = |incident: &plume_monitor::incident::Incident| match incident.severity() {
        Status::Red => vec!["pager".into()],
        _ => vec!["chat".into()],
    };
    let mut sent = Vec::new();
    for minute in 1..60 {
        let causes = match minute {
            1..10 => vec![pod("a")],
            10..20 => vec![offline()],
            _ => vec![],
        };
        house.check(minute * 60, &causes);
        let incidents = house.incidents.iter_mut();
        for incident in incidents {
            let policy = NotifyPolicy::standard();
            let context = NotifyContext::default();
            if let Decision::Send(kind) = decide(incident, &policy, context, at(minute * 60)) {
                let message = Message::announce(incident, kind, route(incident), at(minute * 60));
                sent.push(format!("{kind} {:?}", message.channels));
            }
        }
    }
    assert_eq!(
        sent,
        [
            r#"problem [ChannelId("chat")]"#,
            r#"worsened [ChannelId("pager")]"#,
            r#"recovered [ChannelId("pager"), ChannelId("chat")]"#,
        ]
    );
    assert!(house.newest().notified.is_empty(), "the next trouble begins without channels");
}

#[test]
fn the_end_of_what_was_announced_before_a_fleet_incident_is_announced() {
    for announced_before in [true, false] {
        let mut house = if announced_before { announced() } else { House::green() };
        house.check(200, &[offline()]);
        house.check(260, &[offline()]);
        house.newest().fleet = Some("group:1".into());
        minutes(&mut house, 320, 5, |_| vec![offline()]);
        minutes(&mut house, 620, 5, calm);
        let expected: &[MessageKind] =
            if announced_before { &[MessageKind::Problem, MessageKind::Recovered] } else { &[] };
        assert_eq!(house.kinds(), expected);
    }
}

#[test]
fn a_home_that_gets_worse_after_a_fleet_incident_is_announced_again() {
    for mild in [true, false] {
        let mut house = announced();
        house.check(200, &[offline()]);
        house.newest().fleet = Some("group:1".into());
        let left = if mild { poor_qoe() } else { offline() };
        minutes(&mut house, 320, 20, |_| vec![left.clone()]);
        let link = json!({"incident": house.newest().id, "fleet": null, "hold_until": null});
        let link: Link = serde_json::from_value(link).unwrap();
        link.apply(house.newest());
        minutes(&mut house, 1_520, 20, |_| vec![left.clone()]);
        assert_eq!(house.kinds(), [MessageKind::Problem], "it is still as announced, or for the digest");
        // Whether the fleet incident was announced or not.
        let eased = [Decision::Digest(MessageKind::Eased)];
        let decisions = house.notify(2_700);
        assert_eq!(decisions == eased, mild, "{decisions:?}");
        minutes(&mut house, 2_720, 10, |_| vec![offline()]);
        let news: &[_] = if mild { &[MessageKind::Worsened] } else { &[] };
        assert_eq!(house.kinds()[1..], *news);
        minutes(&mut house, 3_320, 10, calm);
        assert_eq!(house.kinds().last(), Some(&MessageKind::Recovered));
    }
}

#[test]
fn an_easing_after_the_end_of_a_fleet_incident_is_announced_at_once() {
    let mut house = announced();
    minutes(&mut house, 240, 30, |_| vec![pod("a")]);
    house.newest().fleet = Some("group:1".into());
    minutes(&mut house, 2_040, 10, |_| vec![pod("a")]);
    let link = json!({"incident": house.newest().id, "fleet": null, "hold_until": null});
    serde_json::from_value::<Link>(link).unwrap().apply(house.newest());
    let before = house.kinds().len();
    minutes(&mut house, 2_640, 30, |_| vec![poor_qoe()]);
    assert_eq!(house.kinds()[before..], [MessageKind::Eased]);
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

#[test]
fn quiet_hours_that_never_end_are_refused() {
    let week = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    for (ranges, is_fine) in [
        (json!([{"days": week, "from": "00:00", "to": "00:00"}]), false),
        (
            json!([{"days": week, "from": "08:00", "to": "20:00"}, {"days": week, "from": "20:00", "to": "08:00"}]),
            false,
        ),
        (json!([{"days": week, "from": "00:00", "to": "23:59"}]), true),
        (json!([{"days": ["mon", "tue", "wed", "thu", "fri", "sat"], "from": "00:00", "to": "00:00"}]), true),
    ] {
        let policy = json!({"routes": [{"channels": ["pager"], "quiet": {"ranges": ranges}}]});
        let read = serde_json::from_value::<NotifyPolicy>(policy).map_err(|error| error.to_string());
        assert_eq!(read.is_ok(), is_fine, "{ranges} {read:?}");
        assert!(is_fine || read.unwrap_err().contains("`routes.quiet`: these quiet hours never end"));
    }
}
