//! Messages about homes.

mod digest;
mod flapping;
mod fleet;
mod routes;

use plume_health::{Format, Status};
use plume_monitor::groups::Link;
use plume_monitor::home;
use plume_monitor::ids::{GroupKey, GroupKind};
use plume_monitor::incident::Cause;
use plume_monitor::notify::{
    Decision, Digest, DigestKind, DueDigests, Message, MessageKind, NotifyContext, NotifyPolicy, RouteTarget,
    decide, next_digest,
};
use serde_json::json;

use crate::decisions::{House, at, offline, pod, poor_qoe};

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
