//! Messages about homes that flap.

use super::*;

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
