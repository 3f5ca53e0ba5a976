//! Counts of samples, limits of single levels, and policies of single rules.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{
    RuleId,
    Status::{self, Green, Orange, Red, Unknown, Yellow},
};
use plume_monitor::tracker::{
    EventKind, HealthTracker, LevelPolicy, RulePolicies, RuleStatuses, RuleTrackers, TrackerPolicy,
};
use serde_json::json;

fn at(second: i64) -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(second)
}

/// Limits without flapping.
fn policy(json: serde_json::Value) -> TrackerPolicy {
    let mut policy: TrackerPolicy = serde_json::from_value(json).unwrap();
    policy.flapping.begin = 2.0;
    policy
}

fn reported(policy: &TrackerPolicy, samples: &[(i64, Status)]) -> Vec<(i64, EventKind, Status)> {
    let mut tracker = HealthTracker::new();
    let observe = |(second, status): &(i64, Status)| {
        let event = tracker.observe(policy, at(*second), *status)?;
        Some((*second, event.kind, event.to))
    };
    samples.iter().filter_map(observe).collect()
}

#[test]
fn a_change_needs_its_samples_and_its_time() {
    for needed in 1..6_u32 {
        let counted = policy(json!({
            "enter_after": "0s", "leave_after": "0s", "enter_samples": needed, "leave_samples": needed,
        }));
        // One sample less, exactly as many, one more.
        for given in needed.saturating_sub(1)..=needed + 1 {
            let mut samples = vec![(0, Green)];
            samples.extend((1..=given).map(|number| (i64::from(number), Red)));
            let events = reported(&counted, &samples);
            assert_eq!(events.len(), usize::from(given >= needed), "{given} of {needed}");
            let back = i64::from(given);
            samples.extend((1..=given).map(|number| (back + i64::from(number), Green)));
            assert_eq!(
                reported(&counted, &samples).len(),
                2 * usize::from(given >= needed),
                "{given} of {needed}"
            );
        }
    }
    let server = TrackerPolicy::server();
    assert_eq!(reported(&server, &[(0, Green), (300, Red), (359, Red)]), []);
    assert_eq!(reported(&server, &[(0, Green), (300, Red), (360, Red)]), [(360, EventKind::Entered, Red)]);
    // A long pause is time, but no second sample.
    assert_eq!(reported(&server, &[(0, Green), (300, Red), (9_000, Green)]), []);
    let recovered = [(0, Red), (60, Red), (300, Green), (360, Green)];
    assert_eq!(reported(&server, &recovered)[1..], [(360, EventKind::Left, Green)]);
}

#[test]
fn an_interruption_that_leaves_time_keeps_the_samples() {
    let three = policy(json!({"enter_after": "60s", "enter_samples": 3}));
    assert_eq!(reported(&three, &[(0, Red), (60, Red), (70, Green), (80, Red)]).len(), 1);
    assert_eq!(reported(&three, &[(0, Red), (70, Green), (80, Red), (140, Red)]), []);
}

#[test]
fn a_level_can_have_limits_of_its_own() {
    let quick_red = policy(json!({"enter_after": "10m", "red": {"enter_after": "1m"}, "leave_after": "1m"}));
    assert_eq!(reported(&quick_red, &[(0, Green), (60, Red), (120, Red)]), [(120, EventKind::Entered, Red)]);
    assert_eq!(reported(&quick_red, &[(0, Green), (60, Orange), (120, Orange)]), []);
    // Yellow is left only after red is, however short its own limit.
    let slow_red = policy(json!({"enter_after": "0s", "leave_after": "0s", "red": {"leave_after": "5m"}}));
    let samples = [(0, Red), (60, Green), (120, Green), (359, Green), (360, Green)];
    assert_eq!(reported(&slow_red, &samples), [(0, EventKind::Entered, Red), (360, EventKind::Left, Green)]);
    let slow_yellow =
        policy(json!({"enter_after": "0s", "leave_after": "0s", "yellow": {"leave_samples": 3}}));
    let samples = [(0, Red), (60, Green), (120, Green), (180, Green)];
    let eased = [(0, EventKind::Entered, Red), (60, EventKind::Eased, Yellow), (180, EventKind::Left, Green)];
    assert_eq!(reported(&slow_yellow, &samples), eased);
}

#[test]
fn policies_of_levels_are_written_and_read() {
    let json = json!({"enter_samples": 2, "red": {"enter_after": "30s", "leave_samples": 4}});
    let read: TrackerPolicy = serde_json::from_value(json).unwrap();
    assert_eq!((read.red.enter_after, read.red.leave_samples), (Some(Duration::from_secs(30)), Some(4)));
    assert_eq!(read.orange, LevelPolicy::default());
    let written = serde_json::to_value(read).unwrap();
    assert_eq!(written["red"], json!({"enter_after": "30s", "leave_samples": 4}));
    assert_eq!(serde_json::from_value::<TrackerPolicy>(written).unwrap(), read);
    for (bad, part) in [
        (json!({"red": {"after": "1m"}}), "unknown field `after`"),
        (json!({"red": {"enter_after": "soon"}}), "`soon` is not a duration"),
        (json!({"red": {"enter_samples": -1}}), "-1"),
    ] {
        let error = serde_json::from_value::<TrackerPolicy>(bad).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_tracker_of_the_second_version_is_read() {
    let stored = json!({
        "version": 2, "status": "green", "since": "2026-01-15T10:00:00Z",
        "pending": {
            "red": {"since": "2026-01-15T10:05:00Z", "held_ns": 60_000_000_000_u64}, "orange": null,
            "yellow": null,
        },
        "last": "2026-01-15T10:06:00Z", "late": null,
        "known": {"at": "2026-01-15T10:06:00Z", "status": "red"},
        "unknown_since": null, "flap_millionths": 200_000, "flapping_since": null,
    });
    let mut tracker: HealthTracker = serde_json::from_value(stored).unwrap();
    assert_eq!((tracker.status(), tracker.pending()), (Green, Some((Red, at(300)))));
    assert_eq!(serde_json::to_value(&tracker).unwrap()["version"], 3);
    let event = tracker.observe(&TrackerPolicy::server(), at(420), Red).unwrap();
    assert_eq!((event.kind, event.since), (EventKind::Entered, at(300)));
}

fn sample(rules: &[(RuleId, Status)], known: bool) -> RuleStatuses {
    RuleStatuses::new(rules.iter().cloned(), known)
}

#[test]
fn a_rule_can_have_a_policy_of_its_own() {
    let mut policies = RulePolicies::new(policy(json!({"enter_after": "1m", "leave_after": "1m"})));
    policies.rules.insert(RuleId::PoorQoe, policy(json!({"enter_after": "10m", "leave_after": "0s"})));
    let mut home = RuleTrackers::new();
    let mut observe = |second: i64, rules: &[(RuleId, Status)]| {
        let event = home.observe(&policies, at(second), &sample(rules, true));
        let status = home.status();
        home = serde_json::from_str(&serde_json::to_string(&home).unwrap()).unwrap();
        event.map(|event| (event.kind, event.from, event.to, event.since)).ok_or(status)
    };
    let (qoe, pod) = ((RuleId::PoorQoe, Yellow), (RuleId::NodeDisconnected, Orange));
    assert_eq!(observe(0, &[]), Err(Green));
    assert_eq!(observe(60, std::slice::from_ref(&qoe)), Err(Green));
    assert_eq!(observe(120, &[qoe.clone(), pod.clone()]), Err(Green));
    assert_eq!(observe(180, &[qoe.clone(), pod.clone()]), Ok((EventKind::Entered, Green, Orange, at(120))));
    // The second problem of the home does not change its status.
    assert_eq!(observe(660, &[qoe.clone(), pod]), Err(Orange));
    assert_eq!(observe(700, std::slice::from_ref(&qoe)), Err(Orange));
    assert_eq!(observe(760, &[qoe]), Ok((EventKind::Eased, Orange, Yellow, at(700))));
    assert_eq!(observe(820, &[]), Ok((EventKind::Left, Yellow, Green, at(820))));
}

#[test]
fn a_sample_counts_for_all_rules_or_for_none() {
    let mut policies = RulePolicies::new(policy(json!({"silence_after": "1h"})));
    let short = json!({"enter_after": "0s", "silence_after": "1m"});
    policies.rules.insert(RuleId::PoorQoe, policy(short));
    let mut home = RuleTrackers::new();
    let qoe = sample(&[(RuleId::PoorQoe, Yellow)], true);
    let calm = sample(&[], true);
    assert!(home.observe(&policies, at(600), &calm).is_none());
    // A late sample, which the policy of the rule alone would take for a clock that was set back.
    assert!(home.observe(&policies, at(480), &qoe).is_none());
    assert_eq!(home.status(), Green);
    assert!(home.observe(&policies, at(660), &calm).is_none());
    let entered = home.observe(&policies, at(720), &qoe).unwrap();
    assert_eq!((entered.to, entered.since), (Yellow, at(720)));
    assert!(home.observe(&policies, at(600), &calm).is_none());
    assert_eq!(home.status(), Yellow);
}

#[test]
fn missing_data_changes_no_rule() {
    let mut policies = RulePolicies::new(policy(json!({"enter_after": "0s", "leave_after": "0s"})));
    policies.rules.insert(RuleId::NodeAlert, policy(json!({"enter_after": "0s", "leave_after": "0s"})));
    let mut home = RuleTrackers::new();
    let alert = sample(&[(RuleId::NodeAlert, Red)], false);
    assert_eq!(home.observe(&policies, at(0), &alert).unwrap().to, Red);
    assert!(home.observe(&policies, at(60), &sample(&[], false)).is_none());
    assert_eq!((home.status(), home.unknown_since()), (Red, Some(at(0))));
    assert_eq!(home.observe(&policies, at(120), &sample(&[], true)).unwrap().kind, EventKind::Left);
    assert_eq!(RuleTrackers::new().status(), Unknown);
}

#[test]
fn flapping_of_one_rule_begins_and_ends_once() {
    let mut policies = RulePolicies::new(TrackerPolicy::server());
    policies.rules.insert(RuleId::NodeAlert, TrackerPolicy::server());
    let mut home = RuleTrackers::new();
    let mut kinds = Vec::new();
    for number in 0..140 {
        let alert = [(RuleId::NodeAlert, Orange)];
        let rules: &[_] = if number < 30 && number % 2 == 1 { &alert } else { &[] };
        kinds.extend(home.observe(&policies, at(number * 60), &sample(rules, true)).map(|event| event.kind));
    }
    assert_eq!(kinds, [EventKind::FlappingStarted, EventKind::FlappingEnded]);
    assert!(!home.is_flapping() && !home.is_changing());
    // A quiet tracker is not stored.
    assert!(serde_json::to_value(&home).unwrap().get("rules").is_none());
}

#[test]
fn policies_of_unknown_rules_are_refused() {
    let read = |json| serde_json::from_value::<RulePolicies>(json).map_err(|error| error.to_string());
    assert!(read(json!({"rules": {"full-moon": {}}})).unwrap_err().contains("`full-moon` is not a rule"));
    assert!(read(json!({"rules": {"node-alert": {"silence_after": "0s"}}})).is_err());
    let own = read(json!({"rules": {"node-alert": {"enter_after": "5m"}}})).unwrap();
    assert_eq!(read(serde_json::to_value(&own).unwrap()), Ok(own));
}
