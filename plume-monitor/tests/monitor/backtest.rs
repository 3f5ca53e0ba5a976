//! Back-tests of odd histories.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{RuleId, Status};
use plume_monitor::backtest::{BackTest, History, Record, compare, run};
use plume_monitor::home::{Sample, Verdict};
use plume_monitor::incident::{Cause, CauseKind};
use plume_monitor::monitor::{HomeProfile, Policies};
use plume_monitor::notify::MessageKind;
use plume_monitor::schedule::CheckDetail;
use plume_monitor::sla::SlaPolicy;

fn start() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn policies() -> Policies {
    serde_json::from_str(r#"{"notify": {"routes": [{"channels": ["pager"]}]}}"#).unwrap()
}

fn record(home: &str, minute: i64, is_down: bool) -> Record {
    let offline = CauseKind::Rule(RuleId::LocationOffline);
    let offline = Cause::new(offline, home, Status::Red, "The location is offline");
    let at = start() + TimeDelta::minutes(minute);
    let causes = if is_down { vec![offline] } else { vec![] };
    Record::new(home.into(), Sample::checked(at, CheckDetail::Nodes, Verdict::new(causes, "")))
}

/// A day of two homes with a sample every few minutes. The second one is offline from 10:00 to 12:00.
fn day(every: usize) -> History {
    let mut history = History::new(["a", "b"].map(|home| HomeProfile::new(home, "provider")).into());
    for minute in (0..1_440).step_by(every) {
        history.records.push(record("a", minute, false));
        history.records.push(record("b", minute, (600..720).contains(&minute)));
    }
    history
}

fn kinds(test: &BackTest) -> Vec<MessageKind> {
    test.sent
        .iter()
        .filter_map(|due| match due {
            plume_monitor::monitor::Due::Message(message) => Some(message.kind),
            _ => None,
        })
        .collect()
}

#[test]
fn mild_trouble_at_the_end_is_in_the_next_digest() {
    let mut history =
        History::new(vec![HomeProfile::new("a", "provider"), HomeProfile::new("b", "provider")]);
    for minute in 0..120 {
        let poor = Cause::new(CauseKind::Rule(RuleId::PoorQoe), "video", Status::Yellow, "Poor quality");
        let verdict = Verdict::new(if minute < 30 { vec![] } else { vec![poor] }, "");
        let at = start() + TimeDelta::minutes(minute);
        history.records.push(Record::new("a".into(), Sample::checked(at, CheckDetail::Full, verdict)));
        // What would have been said about red homes after the end is not known.
        history.records.push(record("b", minute, minute >= 60));
    }
    let test = run(&history, &policies());
    assert_eq!((test.digests(), kinds(&test)), (1, vec![MessageKind::Problem]));
    assert!(test.sent.last().is_some_and(|due| matches!(due, plume_monitor::monitor::Due::Digest(_))));
}

#[test]
fn a_history_without_samples_sends_nothing() {
    for text in [r#"{"homes": []}"#, r#"{"homes": [{"home": "a", "tenant": "b"}], "records": []}"#] {
        let history: History = serde_json::from_str(text).unwrap();
        let test = run(&history, &policies());
        assert_eq!((&test.sent, &test.transitions), (&vec![], &vec![]));
        let day = TimeDelta::days(1);
        let never = test.availability(&"a".into(), &SlaPolicy::standard(), start(), start() + day);
        assert_eq!(never.unknown_seconds, 86_400);
    }
}

#[test]
fn the_order_and_repetitions_of_samples_change_nothing() {
    let history = day(5);
    let expected = run(&history, &policies());
    assert_eq!(kinds(&expected), [MessageKind::Problem, MessageKind::Recovered]);
    let mut odd = history.clone();
    odd.records.reverse();
    odd.records.extend(history.records.iter().cloned());
    // A sample of a home that the history does not have.
    odd.records.extend((0..1_440).map(|minute| record("stranger", minute, true)));
    assert_eq!(run(&odd, &policies()), expected);
    assert_eq!(compare(&run(&odd, &policies()), &expected), []);
}

#[test]
fn a_history_with_other_intervals_has_data() {
    // The standard interval is five minutes.
    for every in [1, 5, 15, 60] {
        let test = run(&day(every), &policies());
        let (from, to) = (start(), start() + TimeDelta::hours(23));
        let of_home = |home: &str| test.availability(&home.into(), &SlaPolicy::standard(), from, to);
        let [a, b] = ["a", "b"].map(of_home);
        assert_eq!((a.up_seconds, a.total_seconds()), (23 * 3_600, 23 * 3_600), "{every}");
        assert_eq!(b.down_seconds, 7_200, "{every}");
        assert_eq!(kinds(&test), [MessageKind::Problem, MessageKind::Recovered], "{every}");
    }
}

#[test]
fn a_gap_is_time_without_data() {
    let mut history = day(5);
    let hour = |record: &Record| (record.sample.at - start()).num_hours();
    history.records.retain(|record| !(2..12).contains(&hour(record)));
    let test = run(&history, &policies());
    let of_home = |home: &str| {
        let to = start() + TimeDelta::hours(23);
        test.availability(&home.into(), &SlaPolicy::standard(), start(), to)
    };
    // The outage was within the gap.
    let [a, b] = ["a", "b"].map(of_home);
    assert_eq!((a.unknown_seconds, a.down_seconds), (10 * 3_600 + 300, 0));
    assert_eq!(a.unknown_seconds, b.unknown_seconds);
    assert_eq!(kinds(&test), []);
}

#[test]
fn messages_without_a_channel_are_counted() {
    let history = day(5);
    let sent = run(&history, &policies());
    for routes in ["[]", r#"[{"channels": []}]"#, r#"[{"tenants": ["other"], "channels": ["pager"]}]"#] {
        let silent: Policies =
            serde_json::from_str(&format!(r#"{{"notify": {{"routes": {routes}}}}}"#)).unwrap();
        let test = run(&history, &silent);
        assert_eq!((test.sent.len(), test.without_channel), (0, sent.sent.len() as u64), "{routes}");
        assert_eq!(test.transitions, sent.transitions);
    }
}
