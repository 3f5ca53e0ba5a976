//! A whole fleet in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use plume_health::{RuleId, Status};
use plume_monitor::calendar::{Calendar, Window};
use plume_monitor::home::{CheckFailure, Sample, TransitionKind, Verdict};
use plume_monitor::ids::{GroupKey, GroupKind, HomeId};
use plume_monitor::incident::{Cause, Scope};
use plume_monitor::monitor::{Due, HomeProfile, Monitor, MonitorState, Policies};
use plume_monitor::notify::{Digest, Message, MessageKind};
use serde_json::json;

use crate::decisions::{at, cause, offline, pod, poor_qoe};
use crate::is_nightly;

pub(crate) type Outcome = Result<Vec<Cause>, CheckFailure>;

/// A fleet that lives by a story: the outcome of a check of a home, by its number, at a second.
pub(crate) struct World {
    pub(crate) monitor: Monitor,
    pub(crate) story: fn(usize, i64) -> Outcome,
    pub(crate) messages: Vec<Message>,
    pub(crate) digests: Vec<Digest>,
    checks: BTreeMap<HomeId, Vec<i64>>,
    pub(crate) restart_every: i64,
}

pub(crate) fn policies() -> Policies {
    serde_json::from_value(json!({"notify": {"routes": [{"channels": ["pager"]}]}})).unwrap()
}

pub(crate) fn profile(number: usize) -> HomeProfile {
    let mut profile = HomeProfile::new(number.to_string(), "provider");
    profile.groups = vec![
        GroupKey::new(GroupKind::Firmware, ["1.0", "2.0"][number / 4 % 2]),
        GroupKey::new(GroupKind::Region, ["north", "east", "south", "west"][number % 4]),
    ];
    profile
}

impl World {
    pub(crate) fn new(homes: usize, story: fn(usize, i64) -> Outcome) -> Self {
        let mut monitor = Monitor::new(policies(), at(0));
        for number in 0..homes {
            monitor.insert(profile(number), at(0));
        }
        Self {
            monitor,
            story,
            messages: Vec::new(),
            digests: Vec::new(),
            checks: BTreeMap::new(),
            restart_every: i64::MAX,
        }
    }

    pub(crate) fn run(&mut self, seconds: std::ops::Range<i64>) {
        let story = self.story;
        self.run_with(seconds, story);
    }

    pub(crate) fn run_with(&mut self, seconds: std::ops::Range<i64>, story: impl Fn(usize, i64) -> Outcome) {
        for second in seconds.step_by(5) {
            let now = at(second);
            for check in self.monitor.next_checks(24, now) {
                let number: usize = check.home.as_str().parse().unwrap();
                let sample = match story(number, second) {
                    Ok(causes) => Sample::checked(now, check.detail, Verdict::new(causes, "")),
                    Err(failure) => Sample::failed(now, check.detail, failure),
                };
                let _ = self.monitor.observe(&check.home, &sample, now);
                self.checks.entry(check.home).or_default().push(second);
            }
            for due in self.monitor.tick(now) {
                match due {
                    Due::Message(message) => self.messages.push(*message),
                    Due::Digest(digest) => self.digests.push(digest),
                    _ => panic!("unknown kind of message"),
                }
            }
            if second > 0 && second % self.restart_every == 0 {
                let stored = serde_json::to_string(&self.monitor.state()).unwrap();
                let state: MonitorState = serde_json::from_str(&stored).unwrap();
                self.monitor = Monitor::restore(policies(), state, now);
            }
        }
    }

    pub(crate) fn sent(&self) -> Vec<(MessageKind, String)> {
        let place = |scope: &Scope| match scope {
            Scope::Home(home) => format!("home {home}"),
            Scope::Group(group) => group.to_string(),
            Scope::Source(source) => format!("source {source}"),
            _ => panic!("unknown scope"),
        };
        self.messages.iter().map(|message| (message.kind, place(&message.scope))).collect()
    }
}

pub(crate) fn down(is_down: bool) -> Outcome {
    Ok(if is_down { vec![offline()] } else { vec![] })
}

#[test]
fn a_region_that_is_off_is_one_message_and_one_recovery() {
    let mut world =
        World::new(200, |number, second| down(number % 4 == 0 && (1_000..2_500).contains(&second)));
    world.run(0..4_500);
    let region = "region north".to_owned();
    assert_eq!(world.sent(), [(MessageKind::Problem, region.clone()), (MessageKind::Recovered, region)]);
    // The first message comes at most two minutes after the first confirmation.
    let [first, last] =
        [&world.messages[0], &world.messages[1]].map(|message| (message.at - at(0)).num_seconds());
    assert!(first <= 1_000 + 60 + 120 && last <= 2_500 + 1_000, "{first} {last}");
    assert!(world.messages[0].situation.homes >= 30, "{}", world.messages[0].situation.homes);
}

#[test]
fn mild_trouble_that_is_left_after_a_region_is_for_the_digest() {
    // A home that was offline has poor Wi-Fi, and after the outage of the region other mild trouble. Another one has poor
    // Wi-Fi, and two more have it only after the outage.
    let mut world = World::new(200, |number, second| {
        let hour = second / 3_600;
        Ok(match number {
            0 if hour == 20 && second % 3_600 > 600 => vec![offline()],
            _ if number % 4 == 0 && hour == 23 => vec![offline()],
            0 if hour > 23 => vec![cause(RuleId::NodeAlert, Status::Yellow, "pod")],
            0 | 4 if hour > 20 => vec![poor_qoe()],
            8 | 12 if hour > 23 => vec![poor_qoe()],
            _ => vec![],
        })
    });
    world.run(20 * 3_600..26 * 3_600);
    let [home, region] = ["home 0", "region north"].map(str::to_owned);
    let expected = [
        (MessageKind::Problem, home.clone()),
        (MessageKind::Eased, home),
        (MessageKind::Problem, region.clone()),
        (MessageKind::Recovered, region),
    ];
    assert_eq!(world.sent(), expected);
    world.run(44 * 3_600 + 1_800..45 * 3_600 + 600);
    let of_digest = |digest: &Digest| digest.entries.iter().map(|entry| entry.kind).collect::<Vec<_>>();
    let kinds: Vec<_> = world.digests.iter().map(of_digest).collect();
    let (problem, other) = (MessageKind::Problem, MessageKind::OtherCause);
    assert_eq!(kinds.last().unwrap(), &[other, problem, problem, problem]);
    assert_eq!(world.messages.len(), 4, "{:?}", world.sent());
}

#[test]
fn a_home_with_a_long_interval_is_not_stale() {
    let policies = serde_json::from_value(json!({"home": {"long_green_after": "0s"}})).unwrap();
    let mut monitor = Monitor::new(policies, at(0));
    monitor.insert(profile(1), at(0));
    let mut kinds = Vec::new();
    for second in (0..20_000).step_by(7) {
        let now = at(second);
        for check in monitor.next_checks(24, now) {
            let sample = Sample::checked(now, check.detail, Verdict::new(vec![], ""));
            kinds.extend(monitor.observe(&check.home, &sample, now).iter().map(|transition| transition.kind));
        }
        let _ = monitor.tick(now);
    }
    assert_eq!(kinds, [TransitionKind::Fresh]);
}

#[test]
fn a_cloud_that_is_away_is_one_source_incident_and_no_trouble_of_a_home() {
    let mut world = World::new(100, |_, second| {
        if (1_000..9_000).contains(&second) { Err(CheckFailure::Transport) } else { Ok(vec![]) }
    });
    world.run(0..12_000);
    let kinds: Vec<_> = world.messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [MessageKind::Problem, MessageKind::Recovered]);
    assert!(
        world.messages.iter().all(|message| matches!(message.scope, Scope::Source(_))),
        "{:?}",
        world.sent()
    );
}

#[test]
fn homes_that_lose_their_data_together_are_one_message() {
    use CheckFailure::{NotFound, Other, RateLimited, Server};
    // Most of the homes are a problem of the source, and fewer are one of the homes, whatever the failure.
    let pairs = [(Other, 100), (NotFound, 40), (RateLimited, 100), (Server, 20), (Other, 40)];
    let all = [Other, NotFound, RateLimited, Server].map(|failure| [100, 40, 20].map(|part| (failure, part)));
    for (failure, percent) in if is_nightly() { all.concat() } else { pairs.to_vec() } {
        let mut world = World::new(60, |_, _| Ok(vec![]));
        world.run(0..600);
        let failing =
            |number: usize, second: i64| number * 37 % 100 < percent && (600..5_000).contains(&second);
        world.run_with(
            600..7_000,
            |number, second| {
                if failing(number, second) { Err(failure) } else { Ok(vec![]) }
            },
        );
        let sent = world.sent();
        assert_eq!(sent.len(), 2, "{failure} {percent}: {sent:?}");
        assert_eq!(sent[1].0, MessageKind::Recovered, "{failure} {percent}: {sent:?}");
        assert!(world.monitor.incidents().all(|incident| !incident.is_open()));
    }
}

#[test]
fn homes_that_lose_their_data_are_one_message_with_long_intervals() {
    let mut policies = policies();
    policies.schedule.normal = Duration::from_secs(900);
    let mut world = World::new(0, |_, _| Ok(vec![]));
    world.monitor = Monitor::new(policies, at(0));
    for number in 0..24 {
        world.monitor.insert(profile(number), at(0));
    }
    // The six homes are found one after another.
    world.run_with(0..11_000, |number, second| {
        let is_silent = number.is_multiple_of(4) && (2_000..9_000).contains(&second);
        if is_silent { Err(CheckFailure::Other) } else { Ok(vec![]) }
    });
    let region = "region north".to_owned();
    assert_eq!(world.sent(), [(MessageKind::Problem, region.clone()), (MessageKind::Recovered, region)]);
}

#[test]
fn homes_of_a_region_without_data_are_named() {
    let mut world = World::new(100, |number, second| {
        if number % 4 == 0 && second > 1_000 { Err(CheckFailure::Other) } else { Ok(vec![]) }
    });
    world.run(0..5_000);
    assert_eq!(world.sent(), [(MessageKind::Problem, "region north".to_owned())]);
    let message = &world.messages[0];
    assert_eq!(message.status, Status::Unknown);
    assert!(message.situation.root.message.ends_with("in region north give no data"), "{message:?}");
    // Red homes within it are trouble of another kind, and it is not hidden.
    world.run_with(5_000..8_000, |number, second| match number {
        0 => down(true),
        _ if number.is_multiple_of(4) && second < 7_000 => Err(CheckFailure::Other),
        _ => Ok(vec![]),
    });
    let (problem, end) = (MessageKind::Problem, MessageKind::Recovered);
    assert_eq!(world.sent()[1..], [(problem, "home 0".to_owned()), (end, "region north".to_owned())]);
}

#[test]
fn trouble_that_was_announced_before_its_fleet_incident_has_an_end() {
    let mut world = World::new(160, |number, second| {
        let begin = if number == 0 { 1_000 } else { 1_250 };
        down(number % 4 == 0 && (begin..2_500).contains(&second))
    });
    world.run(0..4_500);
    let mut sent: Vec<String> = world.sent().iter().map(|(kind, place)| format!("{kind} {place}")).collect();
    sent.sort();
    assert_eq!(
        sent,
        ["problem home 0", "problem region north", "recovered home 0", "recovered region north"]
    );
}

#[test]
fn a_block_of_the_address_is_probed_by_one_check_at_a_time() {
    let mut world = World::new(100, |_, second| {
        if (1_000..1_700).contains(&second) { Err(CheckFailure::Blocked) } else { Ok(vec![]) }
    });
    world.run(0..1_000);
    world.checks.clear();
    world.run(1_000..3_000);
    let mut checks: Vec<i64> = world.checks.values().flatten().copied().collect();
    checks.sort_unstable();
    let first = checks[0];
    let begun = checks.iter().filter(|second| **second == first).count();
    let blocked: Vec<i64> = checks.iter().copied().filter(|second| *second < 1_700).skip(begun).collect();
    // One probe in each pause. The first response is confirmed by a second one at once.
    assert_eq!(blocked, [first + 300, first + 600]);
    let after: Vec<i64> = checks.iter().copied().filter(|second| *second >= 1_700).take(2).collect();
    assert_eq!(after, [first + 900, first + 905]);
    let kinds: Vec<_> = world.messages.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [MessageKind::Problem, MessageKind::Recovered]);
    assert!(
        world.messages.iter().all(|message| matches!(message.scope, Scope::Source(_))),
        "{:?}",
        world.sent()
    );
    assert!(
        (0..100).all(|home| world.monitor.home(&home.to_string().into()).unwrap().status() == Status::Green)
    );
}

#[test]
fn a_refused_credential_is_one_incident_of_its_tenant_and_delays_no_other() {
    fn story(number: usize, second: i64) -> Outcome {
        if number >= 1_000 && (1_000..9_000).contains(&second) {
            Err(CheckFailure::Credential)
        } else {
            Ok(vec![])
        }
    }
    let run = |story| {
        let mut world = World::new(60, story);
        for number in 1_000..1_060 {
            let mut other = profile(number);
            other.tenant = "refused".into();
            world.monitor.insert(other, at(0));
        }
        world.run(0..6_000);
        world
    };
    let checks = |world: &World| {
        let own = world.checks.iter().filter(|(home, _)| home.as_str().len() < 4);
        own.map(|(_, checks)| checks.len()).sum::<usize>()
    };
    let (usual, mut world) = (run(|_, _| Ok(vec![])), run(story));
    assert!(
        checks(&usual).abs_diff(checks(&world)) * 10 <= checks(&usual),
        "{} {}",
        checks(&usual),
        checks(&world)
    );
    let status = |world: &World, home: usize| world.monitor.home(&home.to_string().into()).unwrap().status();
    assert!((0..60).all(|home| status(&world, home) == Status::Green));
    assert!((1_000..1_060).all(|home| status(&world, home) == Status::Unknown));
    world.run(6_000..10_000);
    let sent: Vec<_> = world.messages.iter().map(|one| (one.kind, one.tenant.as_str())).collect();
    assert_eq!(
        sent,
        [(MessageKind::Problem, "refused"), (MessageKind::Recovered, "refused")],
        "{:?}",
        world.sent()
    );
    assert!((1_000..1_060).all(|home| status(&world, home) == Status::Green));
}

#[test]
fn a_credential_of_many_tenants_is_one_incident_of_its_owner_and_ends_with_its_last_home() {
    let mut world =
        World::new(0, |_, second| if second > 600 { Err(CheckFailure::Credential) } else { Ok(vec![]) });
    // Twelve tenants with one home each.
    let tenants = 12;
    for number in 0..tenants {
        let mut home = profile(number);
        (home.tenant, home.credential) = (format!("tenant-{number}").into(), Some("owner".into()));
        world.monitor.insert(home, at(0));
    }
    world.run(0..6_000);
    let sent = |world: &World| -> Vec<_> {
        world.messages.iter().map(|one| (one.kind, one.tenant.to_string())).collect()
    };
    let owner = "owner".to_owned();
    assert_eq!(sent(&world), [(MessageKind::Problem, owner.clone())], "{:?}", world.sent());
    assert!(world.messages[0].at <= at(600 + 300 + 30), "{}", world.messages[0].at);
    let unknown = |home: usize| world.monitor.home(&home.to_string().into()).unwrap().status();
    assert!((0..tenants).all(|home| unknown(home) == Status::Unknown));
    // The last home gets a credential of its own, or is removed. No check would end the incident.
    for number in 1..tenants {
        world.monitor.remove(&number.to_string().into(), at(6_000));
    }
    assert_eq!(world.monitor.tick(at(6_000)), []);
    world.monitor.insert(profile(0), at(6_005));
    world.run(6_005..6_010);
    assert_eq!(sent(&world)[1..], [(MessageKind::Gone, owner)]);
}

#[test]
fn restarts_change_nothing() {
    fn story(number: usize, second: i64) -> Outcome {
        match number {
            0 => down((500..2_500).contains(&second)),
            1 => down(second / 300 % 2 == 1),
            2..=7 => Ok(if second > 1_000 { vec![poor_qoe()] } else { vec![] }),
            8 if second > 1_500 => Err(CheckFailure::Other),
            _ => down(number % 4 == 3 && (3_000..4_000).contains(&second)),
        }
    }
    let run = |restart_every| {
        let mut world = World::new(40, story);
        world.restart_every = restart_every;
        world.run(0..6_000);
        world
    };
    let (steady, restarted) = (run(i64::MAX), run(if is_nightly() { 60 } else { 120 }));
    assert_eq!(steady.messages, restarted.messages);
    assert_eq!(steady.checks, restarted.checks);
    assert!(steady.messages.len() >= 6, "{:?}", steady.sent());
}

#[test]
fn a_restart_after_hours_reports_what_changed_and_nothing_else() {
    let mut world = World::new(40, |number, second| down(number == 0 || (number == 1 && second > 5_000)));
    world.run(0..2_000);
    assert_eq!(world.sent(), [(MessageKind::Problem, "home 0".to_owned())]);
    let stored = serde_json::to_string(&world.monitor.state()).unwrap();
    world.monitor = Monitor::restore(policies(), serde_json::from_str(&stored).unwrap(), at(12_000));
    world.checks.clear();
    world.run(12_000..14_000);
    assert_eq!(world.sent()[1..], [(MessageKind::Problem, "home 1".to_owned())]);
}

#[test]
fn mild_trouble_is_in_the_digest_of_the_day() {
    let mut world = World::new(3, |number, _| Ok(if number == 0 { vec![poor_qoe()] } else { vec![] }));
    world.run(0..24 * 3_600);
    assert_eq!((world.messages.len(), world.digests.len()), (0, 1));
}

#[test]
fn a_home_can_be_moved_and_removed_with_its_incident() {
    let mut world = World::new(10, |number, second| down(number < 2 && second > 320));
    world.run(0..1_000);
    assert_eq!(world.messages.len(), 2);
    world.monitor.remove(&"0".into(), at(1_000));
    let mut moved = profile(1);
    moved.tenant = "other".into();
    world.monitor.insert(moved, at(1_000));
    world.run(1_000..2_000);
    let sent: Vec<_> =
        world.messages[2..].iter().map(|one| (one.kind, one.tenant.as_str(), one.scope.clone())).collect();
    let scope = |home: &str| Scope::Home(home.into());
    assert_eq!(
        sent,
        [
            (MessageKind::Gone, "provider", scope("0")),
            (MessageKind::Gone, "provider", scope("1")),
            (MessageKind::Problem, "other", scope("1")),
        ]
    );
    assert!(world.monitor.home(&"0".into()).is_none());
    // The result of a check that was running is ignored.
    let sample = Sample::failed(at(2_000), plume_monitor::schedule::CheckDetail::Nodes, CheckFailure::Other);
    assert!(world.monitor.observe(&"0".into(), &sample, at(2_000)).is_empty());
}

#[test]
fn an_end_within_a_maintenance_is_announced_when_the_home_is_removed_or_moved() {
    for is_moved in [false, true] {
        let mut world = World::new(10, |number, second| down(number == 0 && (400..2_000).contains(&second)));
        world.run(0..1_000);
        let mut changed = profile(0);
        // Ten years.
        let window = Window::new(at(1_000).naive_utc(), Duration::from_secs(315_360_000));
        changed.maintenance = Calendar::new().with_window(window);
        world.monitor.insert(changed.clone(), at(1_000));
        world.run(1_000..4_000);
        assert_eq!(world.sent(), [(MessageKind::Problem, "home 0".to_owned())]);
        if is_moved {
            changed.tenant = "other".into();
            world.monitor.insert(changed, at(4_000));
        } else {
            world.monitor.remove(&"0".into(), at(4_000));
        }
        world.run(4_000..4_100);
        assert_eq!(world.sent()[1..], [(MessageKind::Recovered, "home 0".to_owned())], "{is_moved}");
        for second in (4_100..2 * 86_400).step_by(600) {
            assert!(world.monitor.tick(at(second)).is_empty());
        }
        assert_eq!(world.monitor.incidents().count(), 0, "{is_moved}");
    }
}

#[test]
fn people_act_on_incidents() {
    let mut world = World::new(10, |number, _| down(number == 0));
    world.run(0..1_000);
    let id = world.monitor.incidents().next().unwrap().id.clone();
    let incident = world.monitor.incident_mut(&id).unwrap();
    let seen = incident.seen();
    incident.acknowledge(seen, "Ada", at(1_000)).unwrap();
    world.run(1_000..30_000);
    assert_eq!(world.messages.len(), 1);
    assert_eq!(world.monitor.home(&"0".into()).unwrap().status(), Status::Red);
}

#[test]
fn trouble_in_a_maintenance_window_is_announced_after_it() {
    let mut world = World::new(10, |number, second| down(number == 0 && second > 700));
    world.run(0..500);
    let mut changed = profile(0);
    let window = Window::new(at(600).naive_utc(), Duration::from_secs(2_400));
    changed.maintenance = Calendar::new().with_window(window);
    world.monitor.insert(changed, at(500));
    // A change of the profile keeps the state.
    assert_eq!(world.monitor.home(&"0".into()).unwrap().status(), Status::Green);
    world.run(500..3_000);
    assert!(world.messages.is_empty());
    world.run(3_000..3_600);
    assert_eq!(world.sent(), [(MessageKind::Problem, "home 0".to_owned())]);
    assert_eq!(world.messages[0].at, at(3_000));
}

#[test]
fn messages_wait_for_the_end_of_quiet_hours() {
    let mut world = World::new(10, |number, second| {
        down((number == 0 && second > 700) || (number == 1 && second < 3_000))
    });
    let policies = json!({"notify": {"routes": [{
        "channels": ["pager"],
        "quiet": {"ranges": [{"days": ["thu"], "from": "09:00", "to": "12:00"}]},
    }]}});
    let state = world.monitor.state();
    world.monitor = Monitor::restore(serde_json::from_value(policies).unwrap(), state, at(0));
    world.run(0..9_000);
    assert_eq!(world.sent(), [(MessageKind::Problem, "home 0".to_owned())]);
    assert_eq!(world.messages[0].at, at(7_200));
}

#[test]
fn an_end_within_quiet_hours_of_days_is_announced_after_them() {
    let mut world = World::new(10, |number, second| down(number == 0 && (700..8_000).contains(&second)));
    let policies = json!({"notify": {"routes": [{
        "channels": ["pager"],
        "quiet": {"ranges": [
            {"days": ["thu"], "from": "12:00", "to": "00:00"},
            {"days": ["fri", "sat"], "from": "00:00", "to": "00:00"},
        ]},
    }]}});
    let state = world.monitor.state();
    world.monitor = Monitor::restore(serde_json::from_value(policies).unwrap(), state, at(0));
    world.run(0..9_000);
    assert_eq!(world.sent(), [(MessageKind::Problem, "home 0".to_owned())]);
    // The next Sunday begins in 62 hours.
    for hour in 3..62 {
        assert_eq!(world.monitor.tick(at(hour * 3_600)), [], "{hour}");
    }
    let [Due::Message(end)] = &world.monitor.tick(at(62 * 3_600))[..] else { panic!("one message") };
    assert_eq!(end.kind, MessageKind::Recovered);
    let _ = world.monitor.tick(at(62 * 3_600 + 5));
    assert_eq!(world.monitor.incidents().count(), 0, "it is announced, and over for a day");
}

#[test]
fn policies_are_read_from_one_document() {
    let all = serde_json::to_value(Policies::default()).unwrap();
    assert_eq!(serde_json::from_value::<Policies>(all).unwrap(), Policies::default());
    assert!(policies().validate().is_ok());
    assert!(serde_json::from_value::<Policies>(json!({"groups": {"homes": 1}})).is_err());
    let mut bad = Policies::default();
    bad.groups.percent = 200;
    assert!(bad.validate().is_err());
}

#[test]
fn a_home_that_goes_offline_is_announced_beside_a_fleet_incident_of_orange_homes() {
    // Six homes lose a pod at once. One goes offline soon after, another one an hour later.
    fn story(number: usize, second: i64) -> Outcome {
        let is_off = match number {
            0 => (1_800..3_000).contains(&second),
            1 => (5_000..6_000).contains(&second),
            _ => false,
        };
        match number {
            _ if is_off => down(true),
            0..6 if second >= 600 => Ok(vec![pod("a")]),
            _ => down(false),
        }
    }
    let mut world = World::new(60, story);
    world.run(0..7_000);
    let problems: Vec<_> = world.messages.iter().filter(|one| one.kind == MessageKind::Problem).collect();
    let sent = world.sent();
    assert_eq!(problems.len(), 3, "{sent:?}");
    assert!(matches!(problems[0].scope, Scope::Group(_)) && problems[0].status == Status::Orange, "{sent:?}");
    for (home, begin) in [(0, 1_800), (1, 5_000)] {
        let message = problems[home + 1];
        assert_eq!((&message.scope, message.status), (&Scope::Home(home.to_string().into()), Status::Red));
        let late = (message.at - at(begin)).num_seconds();
        assert!(late <= 120 + 60 + 120, "{late} s");
    }
}
