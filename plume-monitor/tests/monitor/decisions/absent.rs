//! Homes without data: what is absent is not healthy.

use plume_health::{RuleId, Status};
use plume_monitor::home::HomeCondition;
use plume_monitor::incident::CauseKind;
use plume_monitor::notify::MessageKind;

use crate::decisions::{House, at, cause, offline, poor_qoe};

fn fail(house: &mut House, minutes: std::ops::RangeInclusive<i64>) {
    for minute in minutes {
        house.fail(minute * 60);
        house.notify(minute * 60);
    }
}

#[test]
fn a_home_without_data_is_announced_after_half_an_hour() {
    let mut house = House::green();
    fail(&mut house, 1..=60);
    assert_eq!(house.sent(), [(36 * 60, MessageKind::Problem, Status::Unknown)]);
    for minute in 61..=70 {
        house.run(minute * 60, &[]);
    }
    assert_eq!(house.kinds()[1..], [MessageKind::Recovered]);
}

/// A home that is yellow for a day, and was in a digest or not.
fn yellow(in_digest: bool) -> House {
    let mut house = House::green();
    for minute in 1..=5 {
        house.run(minute * 60, &[poor_qoe()]);
    }
    if in_digest {
        house.newest().mark_announced(at(300));
    }
    assert_eq!((house.state.status(), house.kinds().len()), (Status::Yellow, 0));
    house
}

#[test]
fn a_yellow_home_that_loses_its_data_is_announced_like_a_green_one() {
    for (in_digest, first) in [(false, MessageKind::Problem), (true, MessageKind::Worsened)] {
        let mut house = yellow(in_digest);
        fail(&mut house, 6..=60);
        // The data is missing from minute 6 on.
        assert_eq!(house.sent(), [(41 * 60, first, Status::Unknown)]);
        let incident = house.newest();
        assert_eq!((&incident.situation.root.kind, incident.situation.since), (&CauseKind::NoData, at(360)));
        assert_eq!((incident.version, incident.severity()), (2, Status::Unknown));
        // The data is back, and the home is still yellow: those who heard that it is missing hear that too.
        for minute in 61..=90 {
            house.run(minute * 60, &[poor_qoe()]);
        }
        assert_eq!(house.kinds()[1..], [MessageKind::Eased]);
        for minute in 91..=100 {
            house.run(minute * 60, &[]);
        }
        assert_eq!(house.kinds()[2..], [MessageKind::Recovered], "{in_digest}");
        assert_eq!(house.incidents.len(), 1);
    }
}

#[test]
fn missing_data_of_a_yellow_home_counts_for_its_groups() {
    let mut house = yellow(false);
    for minute in 6..=60 {
        let condition = house.fail(minute * 60).condition;
        let expected = if minute < 36 { HomeCondition::Unknown } else { HomeCondition::NoData };
        assert_eq!(condition, expected, "{minute}");
    }
}

#[test]
fn a_failed_source_is_no_missing_data_of_a_yellow_home() {
    let mut house = yellow(true);
    house.context.source_down = true;
    fail(&mut house, 6..=120);
    assert!(house.kinds().is_empty());
    // Half an hour after the source is back, it is.
    house.context.source_down = false;
    fail(&mut house, 121..=160);
    assert_eq!(house.kinds(), [MessageKind::Worsened]);
    // Another failure of the source changes nothing about it.
    house.context.source_down = true;
    fail(&mut house, 161..=200);
    assert_eq!((house.kinds().len(), house.newest().situation.status), (1, Status::Unknown));
}

#[test]
fn a_flapping_home_that_loses_its_data_is_announced() {
    // Flapping that is no worse than yellow is for the digest, and missing data is not.
    let alert = || cause(RuleId::NodeAlert, Status::Yellow, "c");
    for (flap, expected) in [(offline(), MessageKind::FlappingEnded), (alert(), MessageKind::Problem)] {
        let mut house = House::green();
        let mut minute = 0;
        while minute < 120 || house.state.confirmed() <= Status::Orange {
            minute += 1;
            house.run(minute * 60, if minute % 2 == 0 { &[] } else { std::slice::from_ref(&flap) });
        }
        assert!(house.state.is_flapping());
        let sent = house.kinds().len();
        fail(&mut house, minute + 1..=minute + 80);
        assert_eq!(house.kinds()[sent..], [expected], "{:?}", house.sent());
        assert_eq!(house.messages.last().unwrap().status, Status::Unknown);
    }
}

#[test]
fn a_red_home_without_data_stays_red() {
    let mut house = House::green();
    house.run(60, &[offline()]);
    house.run(120, &[offline()]);
    fail(&mut house, 3..=100);
    assert_eq!(house.sent(), [(180, MessageKind::Problem, Status::Red)]);
    assert_eq!(house.newest().situation.status, Status::Red);
}
