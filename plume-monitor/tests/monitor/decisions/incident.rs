//! Incidents of one home.

use plume_health::{RuleId, Status};
use plume_monitor::home;
use plume_monitor::incident::{ActionError, ChangeKind, CloseReason, Incident};
use plume_monitor::notify::{Decision, Digest, DigestKind, MessageKind};

use crate::decisions::{House, at, cause, offline, pod, poor_qoe};

/// A house that is orange because of pod `a` from second 300 on, confirmed at 360.
fn orange() -> House {
    let mut house = House::green();
    house.check(300, &[pod("a")]);
    house.check(360, &[pod("a")]);
    house
}

#[test]
fn a_worsening_and_another_cause_are_new_versions() {
    let mut house = orange();
    let seen = house.newest().seen();
    house.newest().acknowledge(seen, "Ada", at(370)).unwrap();
    house.check(420, &[pod("a")]);
    assert!(house.newest().is_acknowledged());
    // Another cause must last, too.
    house.check(480, &[pod("a"), pod("b")]);
    house.check(530, &[pod("a"), pod("b")]);
    assert!(house.newest().is_acknowledged());
    house.check(540, &[pod("a"), pod("b")]);
    assert_eq!((house.newest().version, house.newest().is_acknowledged()), (2, false));
    assert_eq!(house.newest().situation.further.len(), 1);
    // A worsening counts at once, because the tracker has confirmed it.
    let seen = house.newest().seen();
    house.newest().acknowledge(seen, "Ada", at(550)).unwrap();
    house.check(600, &[offline()]);
    house.check(660, &[offline()]);
    assert_eq!((house.newest().version, house.newest().is_acknowledged()), (3, false));
    assert_eq!(house.newest().situation.root.subject.as_ref(), "home");
}

#[test]
fn causes_that_take_turns_are_no_news() {
    let mut house = orange();
    for minute in 7..120 {
        house.check(minute * 60, &[if minute % 2 == 0 { pod("a") } else { pod("b") }]);
    }
    assert_eq!(house.newest().version, 1);
    // Nor is a cause that was announced before.
    for minute in 120..140 {
        house.check(minute * 60, &[pod("b")]);
    }
    assert_eq!(house.newest().version, 2);
    for minute in 140..160 {
        house.check(minute * 60, &[pod("a")]);
    }
    assert_eq!(house.newest().version, 2);
    // A milder cause is listed only when it is confirmed as the status.
    house.check(160 * 60, &[pod("a"), cause(RuleId::PoorQoe, Status::Yellow, "video")]);
    assert_eq!((house.newest().version, house.newest().situation.further.len()), (2, 0));
}

#[test]
fn pods_that_return_after_their_gateway_are_no_other_cause() {
    let mut house = House::green();
    house.check(60, &[offline()]);
    house.check(120, &[offline()]);
    // The gateway is back, the pods follow one by one.
    let pods: Vec<_> = (0..12).map(|number| pod(&format!("pod {number}"))).collect();
    house.check(180, &pods);
    house.check(240, &pods);
    assert_eq!((house.newest().situation.status, house.newest().version), (Status::Orange, 1));
    assert_eq!(house.newest().settle_until, Some(at(540 + 120)));
    house.check(300, &pods[4..]);
    house.check(420, &pods[9..]);
    house.check(480, &[]);
    let end = house.check(540, &[]);
    assert_eq!(
        (end.incidents[0].kind, end.incidents[0].reason),
        (ChangeKind::Closed, Some(CloseReason::Recovered))
    );
    assert_eq!((house.newest().version, house.incidents.len()), (1, 1));
    assert_eq!(house.newest().situation.since, at(60));
}

#[test]
fn a_pod_that_stays_away_after_the_grace_is_another_cause() {
    let mut house = House::green();
    house.check(60, &[offline()]);
    house.check(120, &[offline()]);
    // It eased at 240, so the grace ends at 540.
    for minute in 3..=8 {
        house.check(minute * 60, &[pod("a")]);
        assert_eq!(house.newest().version, 1, "{minute}");
    }
    house.check(9 * 60, &[pod("a")]);
    assert_eq!(house.newest().version, 2);
}

#[test]
fn trouble_that_returns_soon_reopens_the_incident() {
    let mut house = orange();
    house.policy.tracker.default.flapping.begin = 2.0;
    house.check(420, &[]);
    house.check(480, &[]);
    house.check(900, &[pod("a")]);
    let step = house.check(960, &[pod("a")]);
    assert_eq!(step.incidents[0].kind, ChangeKind::Reopened);
    assert_eq!((house.incidents.len(), house.newest().version), (1, 1));
    // With another cause it is a new version, and after ten minutes another incident.
    house.check(1_020, &[]);
    house.check(1_080, &[]);
    house.check(1_140, &[pod("b")]);
    house.check(1_200, &[pod("b")]);
    assert_eq!((house.incidents.len(), house.newest().version), (1, 2));
    house.check(1_260, &[]);
    house.check(1_320, &[]);
    house.check(1_920, &[pod("b")]);
    house.check(1_980, &[pod("b")]);
    assert_eq!(house.incidents.len(), 2);
}

#[test]
fn flapping_keeps_one_version_and_ends_with_the_final_status() {
    let mut house = House::green();
    for number in 1..200 {
        let causes = if number % 2 == 0 {
            vec![]
        } else if number % 4 == 1 {
            vec![offline()]
        } else {
            vec![pod("a")]
        };
        house.check(number * 300, &causes);
    }
    assert!(house.state.is_flapping());
    let incident = house.newest();
    assert!(incident.situation.flapping && incident.is_open());
    assert_eq!((incident.version, house.incidents.len()), (1, 1));
    for number in 200..240 {
        house.check(number * 300, &[pod("a")]);
    }
    let incident = house.newest();
    assert_eq!((incident.situation.status, incident.situation.flapping), (Status::Orange, false));
    assert!(incident.is_open());
    assert_eq!(house.incidents.len(), 1);
}

#[test]
fn a_home_that_is_gone_closes_its_incident() {
    let house = orange();
    let (state, change) = home::gone(&house.state, at(400));
    let change = change.unwrap();
    assert_eq!((change.kind, change.reason), (ChangeKind::Closed, Some(CloseReason::Gone)));
    let mut incident = house.incidents[0].clone();
    incident.apply(&change);
    assert_eq!(incident.closed.unwrap().reason, CloseReason::Gone);
    assert!(home::gone(&state, at(500)).1.is_none());
    assert!(home::gone(&House::green().state, at(500)).1.is_none());
}

#[test]
fn the_second_of_two_people_sees_that_the_incident_has_changed() {
    let mut house = orange();
    let incident = house.newest();
    let page = incident.seen();
    incident.acknowledge(page, "Ada", at(370)).unwrap();
    let error = incident.acknowledge(page, "Grace", at(371)).unwrap_err();
    assert_eq!(error, ActionError::Changed { now: incident.seen() });
    assert_eq!(error.to_string(), "the incident has changed (now version 1, edit 1)");
    assert!(incident.snooze(page, "Grace", at(1_000), at(372)).is_err());
    assert_eq!(incident.acknowledged.as_ref().unwrap().by.as_ref(), "Ada");
    // An update of the situation alone disturbs no person.
    let page = incident.seen();
    house.check(420, &[pod("a"), cause(RuleId::NodeAlert, Status::Orange, "b")]);
    let incident = house.newest();
    assert_eq!(incident.snooze(page, "Grace", at(400), at(430)), Err(ActionError::SnoozeEnded));
    incident.snooze(page, "Grace", at(1_000), at(430)).unwrap();
    assert_eq!((incident.snoozed_until(at(999)), incident.snoozed_until(at(1_000))), (Some(at(1_000)), None));
    let page = incident.seen();
    incident.release(page).unwrap();
    assert!(incident.acknowledged.is_none() && incident.snoozed.is_none());
    for number in 0..100 {
        incident.note("Ada", at(500 + number), &"x".repeat(3_000)).unwrap();
    }
    assert_eq!(incident.note("Eve", at(700), "no place"), Err(ActionError::TooManyNotes));
    assert_eq!((incident.notes.len(), incident.notes[0].text.len()), (100, 2_000));
    assert_eq!(incident.notes[0].at, at(500));
    house.check(1_000, &[]);
    house.check(1_060, &[]);
    let incident = house.newest();
    assert_eq!(incident.acknowledge(incident.seen(), "Ada", at(1_100)), Err(ActionError::Closed));
}

#[test]
fn an_incident_is_stored_and_read() {
    let mut house = orange();
    let incident = house.newest();
    let seen = incident.seen();
    incident.acknowledge(seen, "Ada", at(370)).unwrap();
    incident.note("Ada", at(371), "on my way").unwrap();
    incident.mark_announced(at(372));
    let stored = serde_json::to_value(&*incident).unwrap();
    assert_eq!(serde_json::from_value::<Incident>(stored.clone()).unwrap(), *incident);
    let mut newer = stored;
    newer["format"] = 2.into();
    assert!(serde_json::from_value::<Incident>(newer).is_err());
    // A change that is applied twice is applied once.
    let mut house = House::green();
    house.check(300, &[pod("a")]);
    let step = house.check(360, &[pod("a")]);
    let before = house.newest().clone();
    house.newest().apply(&step.incidents[0]);
    assert_eq!(*house.newest(), before);
}

#[test]
fn the_end_of_what_only_a_digest_named_is_for_the_digest() {
    // It gets worse within a fleet incident, or for less than the hold. In both cases no message says so.
    for in_fleet in [true, false] {
        let mut house = House::green();
        for second in (60..360).step_by(60) {
            house.run(second, &[poor_qoe()]);
        }
        Digest::new(DigestKind::Daily, "tenant".into(), vec!["chat".into()], at(300))
            .add(house.newest(), MessageKind::Problem);
        house.run(360, &[offline()]);
        house.run(420, &[offline()]);
        assert_eq!(house.newest().severity(), Status::Red);
        if in_fleet {
            house.newest().fleet = Some("group:1".into());
            for second in (480..1_080).step_by(60) {
                house.run(second, &[offline()]);
            }
        }
        let second = if in_fleet { 1_080 } else { 440 };
        house.check(second, &[]);
        house.check(second + 60, &[]);
        assert!(!house.newest().is_open());
        assert_eq!(house.notify(second + 60), [Decision::Digest(MessageKind::Recovered)], "{in_fleet}");
        assert_eq!(house.kinds(), [], "{in_fleet}");
    }
}

#[test]
fn a_worsening_that_is_over_without_a_message_is_no_other_cause() {
    let weak = |status| cause(RuleId::NodeAlert, status, "x");
    let (same, other) = (&[MessageKind::Problem][..], &[MessageKind::Problem, MessageKind::OtherCause][..]);
    for (in_fleet, red, remains, expected) in [
        (false, offline(), pod("a"), same),
        (true, offline(), pod("a"), same),
        (false, offline(), pod("b"), other),
        (true, offline(), pod("b"), other),
        // The announced cause is over, and that of the worsening remains.
        (false, weak(Status::Red), weak(Status::Orange), other),
        (true, weak(Status::Red), weak(Status::Orange), other),
    ] {
        let (red, remains) = ([red], [remains]);
        let mut house = orange();
        house.notify(420);
        assert_eq!(house.kinds(), [MessageKind::Problem]);
        house.run(1_000, &red);
        house.check(1_060, &red);
        assert_eq!((house.newest().version, house.newest().situation.status), (2, Status::Red));
        if in_fleet {
            house.newest().fleet = Some("group:1".into());
            house.run(1_300, &red);
        }
        let second = if in_fleet { 1_360 } else { 1_070 };
        house.check(second, &remains);
        house.check(second + 49, &remains);
        house.check(second + 61, &remains);
        assert_eq!(house.newest().situation.status, Status::Orange);
        house.newest().fleet = None;
        for second in (second + 120..second + 1_200).step_by(60) {
            house.run(second, &remains);
        }
        assert_eq!(house.kinds(), expected, "{in_fleet} {remains:?}");
    }
}
