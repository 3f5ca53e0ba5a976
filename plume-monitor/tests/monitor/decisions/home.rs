//! Steps of one home.

use chrono::TimeDelta;
use plume_health::{DevicePolicy, Policy, RuleId, Status, analyze};
use plume_monitor::home::{HomeCondition, HomeState, MonitorPolicy, Sample, Verdict};
use plume_monitor::incident::{CauseKind, ChangeKind};
use plume_monitor::schedule::{CheckClass, CheckDetail};
use plume_monitor::sla::{SlaPolicy, availability, in_order};
use plume_types::{ConnectionState, Device, Field, Hop, List, LocationSnapshot, Node, Part};
use serde_json::json;

use crate::decisions::{House, at, cause, offline, pod, poor_qoe};

#[test]
fn a_change_is_confirmed_by_a_second_sample() {
    let mut house = House::green();
    assert_eq!(house.words(), ["fresh unknown-green 0"]);
    let first = house.check(300, &[offline()]);
    assert_eq!((first.class, first.condition), (CheckClass::Suspect, HomeCondition::Suspect));
    assert!(first.transitions.is_empty() && first.incidents.is_empty());
    let second = house.check(360, &[offline()]);
    assert_eq!((second.class, second.condition), (CheckClass::Incident, HomeCondition::Bad));
    assert_eq!(second.incidents[0].hold_until, Some(at(420)));
    assert_eq!(house.check(480, &[]).class, CheckClass::Suspect);
    assert_eq!(house.check(540, &[]).class, CheckClass::Normal);
    assert_eq!(house.words()[1..], ["entered green-red 300", "left red-green 480"]);
    assert_eq!(house.incidents.len(), 1);
    assert!(!house.newest().is_open());
    // A week later it is checked less often.
    assert_eq!(house.check(540 + 7 * 86_400, &[]).class, CheckClass::LongGreen);
    house.context.in_maintenance = true;
    assert_eq!(house.check(600 + 7 * 86_400, &[offline()]).class, CheckClass::Maintenance);
}

#[test]
fn a_change_while_nothing_was_checked_is_reported_once_with_its_gap() {
    let mut house = House::green();
    let hours = 6 * 3_600;
    house.check(hours, &[offline()]);
    house.check(hours + 60, &[offline()]);
    house.check(hours + 120, &[offline()]);
    let expected = [
        "fresh unknown-green 0",
        "stale green-unknown 0",
        "fresh unknown-green 21600",
        "entered green-red 21600",
    ];
    assert_eq!(house.words(), expected);
    assert_eq!(house.transitions[3].unseen_since, Some(at(0)));
    assert_eq!((house.incidents.len(), house.newest().version), (1, 1));
    // Later changes have been seen as they happened.
    house.check(hours + 180, &[]);
    house.check(hours + 240, &[]);
    assert_eq!(house.transitions[4].unseen_since, None);
}

#[test]
fn an_unchanged_home_is_silent_after_a_restart() {
    for causes in [vec![], vec![offline()]] {
        let mut house = House::green();
        house.check(300, &causes);
        house.check(360, &causes);
        let (transitions, incidents) = (house.transitions.len(), house.incidents.clone());
        for second in [360 + 6 * 3_600, 420 + 6 * 3_600] {
            let step = house.check(second, &causes);
            assert!(step.incidents.is_empty());
        }
        // The time without checks is unknown, and that is all.
        let kinds: Vec<_> = house.transitions[transitions..].iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["stale", "fresh"]);
        assert_eq!(house.incidents, incidents);
    }
}

#[test]
fn missing_data_is_neither_up_nor_down() {
    let mut house = House::green();
    for minute in 1..=60 {
        let step = house.fail(minute * 60);
        let condition = if minute < 31 { HomeCondition::Unknown } else { HomeCondition::NoData };
        assert_eq!(step.condition, condition);
        assert_eq!(
            house.state.status(),
            if minute < 11 { Status::Green } else { Status::Unknown },
            "{minute}"
        );
    }
    assert_eq!(house.words()[1..], ["stale green-unknown 60"]);
    let incident = house.newest();
    assert_eq!(
        (incident.situation.status, &incident.situation.root.kind),
        (Status::Unknown, &CauseKind::NoData)
    );
    assert_eq!(incident.opened_at, at(31 * 60));
    // Data ends it.
    house.check(61 * 60, &[]);
    assert_eq!(house.words()[2..], ["fresh unknown-green 3660"]);
    assert!(!house.newest().is_open());
    // A home that was red stays red until there is other data, and its status is unknown meanwhile.
    let mut house = House::green();
    house.check(60, &[offline()]);
    house.check(120, &[offline()]);
    for minute in 3..60 {
        house.fail(minute * 60);
    }
    assert_eq!((house.state.status(), house.state.confirmed()), (Status::Unknown, Status::Red));
    assert_eq!((house.incidents.len(), house.newest().situation.status), (1, Status::Red));
}

#[test]
fn a_failed_source_opens_no_incident_of_a_home() {
    let mut house = House::green();
    house.context.source_down = true;
    for minute in 1..=120 {
        assert!(house.fail(minute * 60).incidents.is_empty());
    }
    assert_eq!(house.state.status(), Status::Unknown);
    // The time counts from the end of the source's failure.
    house.context.source_down = false;
    for minute in 121..=150 {
        assert!(house.fail(minute * 60).incidents.is_empty(), "{minute}");
    }
    assert_eq!(house.fail(151 * 60).incidents[0].kind, ChangeKind::Opened);
    // An incident that was open before does not end by a failure of the source.
    house.context.source_down = true;
    assert!(house.fail(152 * 60).incidents.is_empty());
    assert!(house.newest().is_open());
}

#[test]
fn a_cheap_check_does_not_confirm_what_it_does_not_see() {
    let mut house = House::green();
    let full = house.check(300, &[poor_qoe()]);
    assert!(full.wants_full && full.class == CheckClass::Suspect);
    house.detail = CheckDetail::Nodes;
    for second in [360, 420, 480] {
        let step = house.check(second, &[]);
        assert!(step.transitions.is_empty() && step.wants_full, "{second}");
        assert_eq!(step.class, CheckClass::Suspect);
    }
    house.detail = CheckDetail::Full;
    assert_eq!(house.check(540, &[poor_qoe()]).transitions.len(), 1);
    assert_eq!(house.state.status(), Status::Yellow);
    // Nor does it end it, and it is no time without data.
    house.detail = CheckDetail::Nodes;
    for minute in 10..100 {
        let step = house.check(minute * 60, &[]);
        assert!(step.transitions.is_empty() && !step.wants_full, "{minute}");
        assert_eq!(step.class, CheckClass::Incident);
    }
    assert_eq!(house.check(6_000, &[pod("a")]).class, CheckClass::Suspect);
    assert_eq!(house.check(6_060, &[pod("a")]).transitions.len(), 1);
    assert_eq!((house.state.status(), house.newest().version), (Status::Orange, 2));
    // The pod is back; the rest is as it was.
    house.check(6_120, &[]);
    house.check(6_180, &[]);
    assert_eq!(house.state.status(), Status::Yellow);
    house.detail = CheckDetail::Full;
    house.check(6_240, &[]);
    house.check(6_300, &[]);
    assert_eq!(house.state.status(), Status::Green);
}

#[test]
fn a_check_that_does_not_see_the_cause_does_not_describe_the_incident() {
    let mut house = House::green();
    let headline = "DEGRADED: poor QoE";
    for second in [300, 360] {
        let verdict = Verdict::new(vec![poor_qoe()], headline);
        house.sample(&Sample::checked(at(second), CheckDetail::Full, verdict));
    }
    assert_eq!(&*house.newest().situation.headline, headline);
    let verdict = Verdict::new(Vec::new(), "ALL SYSTEMS OPERATIONAL");
    house.sample(&Sample::checked(at(420), CheckDetail::Nodes, verdict));
    assert_eq!(house.state.status(), Status::Yellow);
    assert_eq!(house.newest().situation.headline, poor_qoe().message);
}

#[test]
fn a_cheap_check_of_a_suspect_is_followed_by_a_full_one() {
    let mut house = House::green();
    house.detail = CheckDetail::Nodes;
    assert!(house.check(300, &[offline()]).wants_full);
    house.detail = CheckDetail::Full;
    assert!(!house.check(360, &[offline()]).wants_full);
    house.detail = CheckDetail::Nodes;
    assert!(house.check(420, &[]).wants_full);
    // A cheap check that confirms a transition is followed by a full one too.
    assert!(house.check(480, &[]).wants_full);
}

#[test]
fn late_and_repeated_samples_change_nothing() {
    let mut house = House::green();
    house.check(300, &[offline()]);
    let state = house.state.clone();
    assert!(house.check(300, &[offline()]).transitions.is_empty());
    assert_eq!(house.state, state);
    let late = house.check(240, &[]);
    assert!(late.transitions.is_empty() && late.incidents.is_empty());
    assert_eq!(house.check(360, &[offline()]).transitions.len(), 1);
}

#[test]
fn a_clock_that_was_set_back_is_followed() {
    let mut house = House::green();
    house.check(300, &[offline()]);
    for second in [-86_400, -86_340, -86_280] {
        house.check(second, &[offline()]);
    }
    assert_eq!(house.state.status(), Status::Red);
    house.check(-86_000, &[]);
    house.check(-85_940, &[]);
    assert_eq!(house.state.status(), Status::Green);
}

/// A gateway with twelve pods and sixty devices, all of them off.
fn large_home() -> LocationSnapshot {
    let mut nodes: Vec<Node> = (0..13).map(|number| Node::new(format!("N{number:02}"))).collect();
    for (number, node) in nodes.iter_mut().enumerate() {
        node.connection_state = Field::Known(ConnectionState::Disconnected);
        let way = if number == 0 { List::default() } else { vec![Hop::new("N00")].into() };
        node.leaf_to_root = Field::Known(way);
    }
    let device = |number: usize| {
        let mut device = Device::new(format!("02:00:00:00:00:{number:02x}"));
        device.connection_state = Field::Known(ConnectionState::Disconnected);
        device
    };
    let mut snapshot = LocationSnapshot::new("customer", "home", at(0));
    snapshot.nodes = Part::Known(nodes.into());
    snapshot.devices = Part::Known((0..60).map(device).collect::<Vec<_>>().into());
    snapshot
}

#[test]
fn a_gateway_that_is_off_is_one_incident_with_its_consequences() {
    let mut house = House::green();
    let mut changes = 0;
    for minute in 1..=30 {
        let mut snapshot = large_home();
        snapshot.taken_at = at(minute * 60);
        let policy = Policy::standard().with_devices(DevicePolicy::All);
        let report = analyze(&snapshot, &policy, at(minute * 60));
        changes += house.sample(&Sample::of_report(&report, CheckDetail::Full)).incidents.len();
    }
    assert_eq!((house.incidents.len(), changes), (1, 1));
    let situation = &house.newest().situation;
    let consequences = &situation.root.consequences;
    assert_eq!(situation.root.kind, CauseKind::Rule(RuleId::LocationOffline));
    assert_eq!((consequences.nodes, consequences.devices, consequences.listed.len()), (13, 60, 20));
    assert!(situation.further.is_empty() && !situation.steps.is_empty());
}

#[test]
fn a_report_without_nodes_is_no_verdict() {
    let snapshot = LocationSnapshot::new("customer", "home", at(0));
    let verdict = Verdict::from(&analyze(&snapshot, &Policy::standard(), at(0)));
    assert_eq!((verdict.status(), verdict.nodes_known), (Status::Unknown, false));
    let mut house = House::green();
    house.detail = CheckDetail::Nodes;
    assert_eq!(
        house.sample(&Sample::checked(at(60), CheckDetail::Nodes, verdict)).condition,
        HomeCondition::Unknown
    );
    // The nodes alone are enough for a cheap check.
    let mut snapshot = LocationSnapshot::new("customer", "home", at(120));
    let mut gateway = Node::new("N00");
    gateway.connection_state = Field::Known(ConnectionState::Connected);
    gateway.leaf_to_root = Field::Known(List::default());
    snapshot.nodes = Part::Known(vec![gateway].into());
    let report = analyze(&snapshot, &Policy::standard(), at(120));
    let step = house.sample(&Sample::of_report(&report, CheckDetail::Nodes));
    assert_eq!(step.condition, HomeCondition::Good);
}

/// Classes of time up to a second: up, down, unknown.
fn classes(house: &House, until: i64) -> [i64; 3] {
    let statuses = in_order(&house.transitions);
    let time = availability(Status::Unknown, &statuses, &SlaPolicy::standard(), at(0), at(until));
    [time.up_seconds, time.down_seconds, time.unknown_seconds]
}

#[test]
fn a_change_that_is_pending_over_a_gap_counts_after_it() {
    let mut house = House::green();
    house.check(60, &[offline()]);
    (2..=31).for_each(|minute| drop(house.fail(minute * 60)));
    (32..=60).for_each(|minute| drop(house.check(minute * 60, &[offline()])));
    let words = ["stale green-unknown 120", "fresh unknown-green 1920", "entered green-red 60"];
    assert_eq!(house.words()[1..], words);
    assert_eq!(classes(&house, 3_600), [120, 1_680, 1_800]);
    // The same with the recovery.
    house.check(3_660, &[]);
    (62..=91).for_each(|minute| drop(house.fail(minute * 60)));
    (92..=120).for_each(|minute| drop(house.check(minute * 60, &[])));
    assert_eq!(classes(&house, 7_200), [120 + 1_680, 1_680 + 120, 1_800 + 1_800]);
}

#[test]
fn missing_data_is_unknown_in_time_after_a_clock_that_was_ahead() {
    let mut house = House::green();
    house.check(86_400, &[]);
    house.fail(86_460);
    for second in (60..=720).step_by(60) {
        house.fail(second);
        assert_eq!(house.state.status() == Status::Unknown, second > 600, "{second}");
    }
}

#[test]
fn a_clock_that_was_ahead_counts_from_the_next_decision() {
    let mut house = House::green();
    for second in [86_400, 86_460, 120, 180, 240] {
        let causes = if second > 86_000 { vec![offline()] } else { vec![] };
        house.check(second, &causes);
    }
    assert_eq!(house.state.status(), Status::Green);
    let [up, down, unknown] = classes(&house, 200_000);
    assert!(down <= 120 && unknown <= 240, "{up} {down} {unknown} {:?}", house.words());
}

#[test]
fn the_state_is_small_with_everything_in_it() {
    let mut house = House::green();
    let long = "x".repeat(200);
    for minute in 1..200 {
        let mut causes: Vec<_> = (0..20)
            .map(|number| cause(RuleId::PoorQoe, Status::Yellow, &format!("{long}{number}")))
            .collect();
        if minute % 3 != 0 {
            causes.insert(0, pod(&format!("pod {minute} {long}")));
        }
        // The house asserts the size.
        house.check(minute * 60, &causes);
    }
}

#[test]
fn states_of_this_version_are_read_and_newer_ones_refused() {
    let stored = json!({
        "version": 1, "home": "home-1",
        "trackers": {"others": {
            "version": 3, "status": "red", "since": "2026-01-15T10:00:00Z", "pending": {},
            "last": "2026-01-15T10:01:00Z", "known": {"at": "2026-01-15T10:01:00Z", "status": "red"},
            "flap_millionths": 200_000,
        }},
        "incident": {"count": 3, "newest": {
            "opened_at": "2026-01-15T10:01:00Z", "since": "2026-01-15T10:00:00Z", "version": 2,
            "status": "red", "root": 7, "digest": 11,
        }},
        "silence": {"stale": false},
        "last_at": "2026-01-15T10:01:00Z", "last_status": "red",
    });
    let state: HomeState = serde_json::from_value(stored.clone()).unwrap();
    let (id, open) = state.incident().unwrap();
    assert_eq!((state.status(), id.as_str(), open), (Status::Red, "home:home-1:1768471260-3", true));
    for (key, value) in [("version", json!(2)), ("colour", json!(1))] {
        let mut bad = stored.clone();
        bad[key] = value;
        assert!(serde_json::from_value::<HomeState>(bad).is_err(), "{key}");
    }
}

#[test]
fn a_policy_is_checked_when_it_is_read() {
    let read = |json| serde_json::from_value::<MonitorPolicy>(json).map_err(|error| error.to_string());
    let policy = MonitorPolicy::server();
    assert_eq!(read(serde_json::to_value(&policy).unwrap()), Ok(policy.clone()));
    assert_eq!(read(json!({})), Ok(policy));
    for (bad, part) in [
        (json!({"version": 9}), "`version`"),
        (json!({"incident": {"hold": "121s"}}), "`incident.hold`: 121s is more than 2m"),
        (json!({"unknown_after": "1m"}), "`unknown_after`"),
        (json!({"tracker": {"default": {"silence_after": "0s"}}}), "`silence_after`"),
        (json!({"hold": "1m"}), "unknown field `hold`"),
    ] {
        let error = read(bad).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(TimeDelta::from_std(MonitorPolicy::server().stale_after).unwrap(), TimeDelta::minutes(10));
}
