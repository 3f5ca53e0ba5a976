//! Messages about homes of fleet incidents.

use super::*;

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
