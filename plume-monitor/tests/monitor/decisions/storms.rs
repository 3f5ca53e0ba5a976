//! Storms: many homes of one region go down within five minutes, in regions of different sizes.

use std::collections::BTreeMap;

use plume_monitor::home::{Sample, Verdict};
use plume_monitor::ids::{GroupKey, GroupKind, HomeId};
use plume_monitor::incident::Scope;
use plume_monitor::monitor::{Due, HomeProfile, Monitor, Policies};
use plume_monitor::notify::Message;
use plume_monitor::schedule::CheckDetail;
use serde_json::json;
use testkit::linear::work;

use crate::decisions::{at, offline};
use crate::is_nightly;

/// The regions of a fleet. One of them has the storm.
const REGIONS: usize = 4;
/// The calls per second for checks with the standard limit.
const LANE: f64 = 4.8;
const TICK: i64 = 5;

/// A storm in a fleet with four regions.
#[derive(Debug, Clone, Copy)]
struct Storm {
    /// The homes of a region.
    homes: usize,
    /// The part of the homes that goes down, in percent.
    percent: usize,
    /// The part of the standard call limit.
    share: f64,
    seed: u64,
}

/// The messages about a storm, and its cost.
#[derive(Default)]
struct Passed {
    messages: Vec<Message>,
    /// The seconds from the confirmation to the first message of each home that was announced on its own.
    late: Vec<i64>,
    checks: u64,
    /// The bytes that decisions allocated.
    bytes: u64,
}

impl Storm {
    const BEGIN: i64 = 600;
    const LASTS: i64 = 1_200;
    /// The time after the storm. Homes that recover are checked within one interval.
    const AFTER: i64 = 1_500;

    /// Returns the second at which a home of the region goes down.
    fn begin(self, number: usize) -> Option<i64> {
        let lot = (number as u64 + 1)
            .wrapping_mul(self.seed.wrapping_mul(2) | 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (part, delay) = (lot >> 40 & 0xffff, (lot >> 20) % 300);
        let is_hit = number.is_multiple_of(REGIONS) && part * 100 < self.percent as u64 * 0x1_0000;
        is_hit.then_some(Self::BEGIN + delay as i64)
    }

    fn run(self) -> Passed {
        let mut policies: Policies =
            serde_json::from_value(json!({"notify": {"routes": [{"channels": ["pager"]}]}})).unwrap();
        policies.budget.per_second = Some(6.0 * self.share);
        policies.budget.window = None;
        let mut monitor = Monitor::new(policies, at(0));
        let places: BTreeMap<HomeId, usize> =
            (0..self.homes * REGIONS).map(|number| (number.to_string().into(), number)).collect();
        for (home, number) in &places {
            let mut profile = HomeProfile::new(home.clone(), "provider");
            let region = ["north", "east", "south", "west"][number % REGIONS];
            let firmware = ["1.0", "2.0"][number / REGIONS % 2];
            profile.groups =
                vec![GroupKey::new(GroupKind::Firmware, firmware), GroupKey::new(GroupKind::Region, region)];
            monitor.insert(profile, at(0));
            let green = Sample::checked(at(0), CheckDetail::Nodes, Verdict::new(vec![], ""));
            let _ = monitor.observe(home, &green, at(0));
        }
        let mut passed = Passed::default();
        let [bytes, _] = work(|| self.pass(&mut monitor, &places, &mut passed));
        passed.bytes = bytes;
        passed
    }

    fn pass(self, monitor: &mut Monitor, places: &BTreeMap<HomeId, usize>, passed: &mut Passed) {
        let mut permits = 0.0;
        for second in (TICK..Self::BEGIN + Self::LASTS + Self::AFTER).step_by(TICK as usize) {
            let now = at(second);
            permits += LANE * self.share * TICK as f64;
            let whole = permits.floor();
            permits -= whole;
            for check in monitor.next_checks(whole as u32, now) {
                let is_down = self
                    .begin(places[&check.home])
                    .is_some_and(|begin| (begin..Self::BEGIN + Self::LASTS).contains(&second));
                let causes = if is_down { vec![offline()] } else { vec![] };
                let sample = Sample::checked(now, check.detail, Verdict::new(causes, ""));
                let _ = monitor.observe(&check.home, &sample, now);
                passed.checks += 1;
            }
            for due in monitor.tick(now) {
                if let Due::Message(message) = due {
                    if matches!(message.scope, Scope::Home(_)) && message.ended_at.is_none() {
                        let incident = monitor.incidents().find(|one| one.id == message.incident).unwrap();
                        passed.late.push((now - incident.opened_at).num_seconds());
                    }
                    passed.messages.push(*message);
                }
            }
        }
    }
}

#[test]
fn a_storm_is_at_most_three_messages_in_a_region_of_any_size() {
    // Large regions take minutes, so they are left to the nightly run.
    let large: &[(usize, f64)] = if is_nightly() { &[(5_000, 1.0), (20_000, 1.0)] } else { &[] };
    let mut of_a_check = Vec::new();
    for (homes, share) in [(40, 0.08), (500, 1.0)].iter().chain(large) {
        // The small part of a large region is left to the nightly run too.
        let parts: &[usize] = if is_nightly() || *homes < 100 { &[100, 20] } else { &[100] };
        for percent in parts.iter().copied() {
            let passed = Storm { homes: *homes, percent, share: *share, seed: 1 }.run();
            let sent =
                || passed.messages.iter().map(|one| ((one.at - at(0)).num_seconds(), one.kind, &one.scope));
            // A home that was announced before the fleet incident has an end of its own.
            let is_end = |one: &&Message| matches!(one.scope, Scope::Home(_)) && one.ended_at.is_some();
            let count = passed.messages.iter().filter(|one| !is_end(one)).count();
            assert!(passed.messages.iter().filter(is_end).count() <= 1, "{:?}", sent().collect::<Vec<_>>());
            assert!((1..=3).contains(&count), "{homes}, {percent} %: {:?}", sent().collect::<Vec<_>>());
            assert!(passed.late.iter().all(|late| *late <= 120), "{:?}", passed.late);
            of_a_check.push(passed.bytes / passed.checks);
        }
    }
    // A check costs the same in a region of any size.
    let (least, most) = (of_a_check.iter().min().unwrap(), of_a_check.iter().max().unwrap());
    assert!(most / least <= 20, "{of_a_check:?} bytes");
}
