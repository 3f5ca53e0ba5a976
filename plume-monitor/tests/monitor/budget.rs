//! The call budget: shares, stretch and the laws of the queue.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use plume_monitor::budget::{BudgetPolicy, CallWindow, Census, Check, DueQueue, Load, Shares, Waiting};
use plume_monitor::ids::{HomeId, TenantId};
use plume_monitor::schedule::{CheckClass, CheckDetail, CheckDone, HomeSchedule, SchedulePolicy};
use proptest::{prelude::*, sample::select};
use testkit::snapshots::stored::{any_number, comes_back_if, span};

use crate::cases;

const CLASSES: [CheckClass; 5] = [
    CheckClass::Suspect,
    CheckClass::Incident,
    CheckClass::Normal,
    CheckClass::LongGreen,
    CheckClass::Maintenance,
];

fn start() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn schedule() -> SchedulePolicy {
    SchedulePolicy::standard()
}

fn load(census: Census) -> Load {
    Load::of(&BudgetPolicy::standard(), &schedule(), &census)
}

/// The law: no home waits for more than twice its stretched interval.
const LAW: f64 = 2.0;

/// A fleet whose checks are made at once, with one pick per second.
struct Fleet {
    queue: DueQueue,
    now: DateTime<Utc>,
    permits: f64,
    calls: u64,
    calls_of_suspects: u64,
    /// The last check of each home, and its longest stretched interval since then, in seconds.
    homes: BTreeMap<HomeId, (DateTime<Utc>, f64)>,
    /// The longest wait of each tenant as a share of the stretched interval.
    worst: BTreeMap<TenantId, f64>,
    /// The longest wait of each tenant in seconds.
    longest: BTreeMap<TenantId, i64>,
    checks: BTreeMap<HomeId, u32>,
    load: Option<Load>,
}

impl Fleet {
    fn new() -> Self {
        Self {
            queue: DueQueue::new(BudgetPolicy::standard(), schedule()),
            now: start(),
            permits: 0.0,
            calls: 0,
            calls_of_suspects: 0,
            homes: BTreeMap::new(),
            worst: BTreeMap::new(),
            longest: BTreeMap::new(),
            checks: BTreeMap::new(),
            load: None,
        }
    }

    fn add(&mut self, tenant: &str, homes: usize, class: CheckClass) {
        for number in 0..homes {
            let home = HomeId::new(format!("{tenant}-{class}-{number}"));
            let mut schedule = HomeSchedule::new(&home, &schedule(), self.now);
            schedule.class = class;
            self.queue.insert(TenantId::new(tenant), home.clone(), schedule, self.now);
            self.homes.insert(home, (self.now, 0.0));
        }
    }

    /// Lets `seconds` pass. `next` is the class of a home after a check.
    fn run(&mut self, seconds: u32, mut next: impl FnMut(&Check) -> CheckClass) {
        for _ in 0..seconds {
            self.now += TimeDelta::seconds(1);
            let load = self.queue.load();
            self.see(load);
            self.permits += load.lane_per_second;
            let permits = self.permits as u32;
            self.permits -= f64::from(permits);
            for check in self.queue.pick(permits, self.now) {
                self.calls += u64::from(check.detail.calls());
                if check.class == CheckClass::Suspect {
                    self.calls_of_suspects += u64::from(check.detail.calls());
                }
                let class = next(&check);
                self.complete(&check, class);
            }
        }
    }

    /// Changes a home between two checks. Its stretched interval changes with its class even if the load stays the same,
    /// for example if two homes exchange their classes.
    fn change(&mut self, home: &HomeId, change: impl FnOnce(&mut DueQueue, &HomeId) -> Option<HomeSchedule>) {
        change(&mut self.queue, home);
        self.load = None;
    }

    /// Records the stretched intervals, if the load or the class of a home has changed.
    fn see(&mut self, load: Load) {
        if self.load.replace(load) != Some(load) {
            for (home, (_, interval)) in &mut self.homes {
                let class = self.queue.get(home).unwrap().class;
                *interval = interval.max(load.interval(&schedule(), class).as_secs_f64());
            }
        }
    }

    fn complete(&mut self, check: &Check, class: CheckClass) {
        let (last, interval) = self.homes[&check.home];
        let next = self.load.unwrap().interval(&schedule(), class).as_secs_f64();
        self.homes.insert(check.home.clone(), (self.now, next));
        let waited = self.now - last;
        let share = waited.as_seconds_f64() / interval;
        assert!(share <= LAW, "{} waited {waited} of {interval} s", check.home);
        let worst = self.worst.entry(check.tenant.clone()).or_default();
        *worst = worst.max(share);
        let longest = self.longest.entry(check.tenant.clone()).or_default();
        *longest = waited.num_seconds().max(*longest);
        *self.checks.entry(check.home.clone()).or_default() += 1;
        self.queue.complete(&check.home, CheckDone::new(self.now, check.detail, class));
    }

    fn lane_calls(&self, seconds: u32) -> f64 {
        BudgetPolicy::standard().checks_per_second() * f64::from(seconds)
    }
}

fn same(check: &Check) -> CheckClass {
    check.class
}

#[test]
fn loads_are_as_computed_by_hand() {
    // 4.8 calls/s. 300 s: n / 300 checks/s × (1 + 3 / every) calls.
    for (homes, every, stretch) in [
        (0, 12, 1.0),
        (1, 12, 1.0),
        (1_152, 12, 1.0),
        (1_153, 13, 1.0),
        (1_300, 28, 1.0),
        (1_425, 285, 1.0),
        (1_440, 288, 1.0104),
        (2_880, 288, 2.0208),
        (10_000, 288, 7.0168),
    ] {
        let load = load(Census::new().with(CheckClass::Normal, homes));
        assert_eq!(load.full_every, every, "{homes}: {load:?}");
        assert!((load.stretch - stretch).abs() < 1e-3, "{homes}: {load:?}");
        assert_eq!(load.suspects_stretch, 1.0);
    }
    // 120 suspects need 2 calls/s and leave 2.8 calls/s.
    let some = load(Census::new().with(CheckClass::Suspect, 120).with(CheckClass::Normal, 1_000));
    assert_eq!((some.suspects_per_second, some.suspects_stretch), (2.0, 1.0));
    assert!((some.stretch - 1_000.0 / 300.0 * (1.0 + 3.0 / 288.0) / 2.8).abs() < 1e-6, "{some:?}");
    // 288 need 4.8 and take 2.4, and twice as much if no other home needs it.
    let many = load(Census::new().with(CheckClass::Suspect, 288).with(CheckClass::Normal, 1_000));
    assert_eq!(many.suspects_stretch, 2.0);
    assert!((many.stretch - 1_000.0 / 300.0 * (1.0 + 3.0 / 288.0) / 2.4).abs() < 1e-6, "{many:?}");
    assert_eq!(load(Census::new().with(CheckClass::Suspect, 288)).suspects_stretch, 1.0);
}

#[test]
fn a_fleet_that_fits_is_checked_at_its_interval_with_full_detail() {
    let mut fleet = Fleet::new();
    fleet.add("a", 1_000, CheckClass::Normal);
    fleet.run(3_600, same);
    assert_eq!(fleet.queue.load().full_every, 12);
    // The first wait is shorter: from the addition to the first point of the grid.
    assert!(fleet.longest[&TenantId::new("a")] <= 310, "{:?}", fleet.longest);
    assert!(fleet.checks.values().all(|checks| (11..=12).contains(checks)));
    let calls = 1_000.0 * 12.0 * 1.25;
    assert!((fleet.calls as f64 - calls).abs() < calls * 0.05, "{} calls", fleet.calls);
}

#[test]
fn a_large_tenant_beside_small_ones() {
    let mut fleet = Fleet::new();
    fleet.add("large", 9_000, CheckClass::Normal);
    for number in 0..49 {
        fleet.add(&format!("small-{number}"), 20, CheckClass::Normal);
    }
    // Three of their intervals.
    let seconds = 6_400;
    fleet.run(seconds, same);
    assert!(fleet.calls as f64 >= fleet.lane_calls(seconds) * 0.99, "{} calls", fleet.calls);
    let stretched = fleet.queue.load().stretch * 300.0;
    assert!((2_099.0..2_103.0).contains(&stretched), "{stretched}");
    for (tenant, longest) in &fleet.longest {
        assert!(*longest as f64 <= stretched * 1.5, "{tenant}: {longest} s of {stretched} s");
    }
}

#[test]
fn a_budget_that_is_too_small_keeps_availability_and_the_order() {
    let mut fleet = Fleet::new();
    fleet.add("a", 2_800, CheckClass::Normal);
    fleet.add("a", 30, CheckClass::Incident);
    let mut full = 0;
    let mut incidents = Vec::new();
    let seconds = 2 * 3_600;
    let mut last = BTreeMap::new();
    fleet.run(seconds, |check| {
        full += u32::from(check.detail == CheckDetail::Full);
        if check.class == CheckClass::Incident
            && let Some(last) = last.insert(check.home.clone(), check.since)
        {
            incidents.push((check.since - last).num_seconds());
        }
        check.class
    });
    assert_eq!(fleet.queue.load().full_every, 288);
    assert!(u64::from(full) * 3 <= fleet.calls / 20, "{full} full checks of {} calls", fleet.calls);
    assert!(fleet.calls as f64 >= fleet.lane_calls(seconds) * 0.99);
    // Homes with an incident keep their interval, and the others wait.
    let mean = incidents.iter().sum::<i64>() as f64 / incidents.len() as f64;
    assert!((119.0..=125.0).contains(&mean), "{mean}");
}

#[test]
fn ten_thousand_homes_that_are_due_at_the_start() {
    let mut fleet = Fleet::new();
    fleet.add("a", 9_900, CheckClass::Normal);
    fleet.add("b", 80, CheckClass::Incident);
    fleet.add("b", 20, CheckClass::Suspect);
    // Stored before an outage of an hour: all are overdue.
    fleet.now += TimeDelta::hours(1);
    let stored: Vec<_> = fleet.homes.keys().cloned().collect();
    let mut queue = DueQueue::new(BudgetPolicy::standard(), schedule());
    for home in &stored {
        let tenant = if home.as_str().starts_with('a') { "a" } else { "b" };
        queue.insert(TenantId::new(tenant), home.clone(), *fleet.queue.get(home).unwrap(), fleet.now);
    }
    let mut checked = BTreeMap::new();
    let (mut seconds, mut excess) = (0, 0_i64);
    while checked.len() < stored.len() {
        seconds += 1;
        let now = fleet.now + TimeDelta::seconds(seconds);
        let checks = queue.pick(4, now);
        excess += checks.iter().map(|check| i64::from(check.detail.calls())).sum::<i64>() - 4;
        assert!(excess <= 3, "{excess} calls beyond the permits");
        for check in checks {
            checked.entry(check.home.clone()).or_insert((check.class, seconds));
            queue.complete(&check.home, CheckDone::new(now, check.detail, check.class));
        }
        assert!(seconds < 4_000, "{} of {} homes", checked.len(), stored.len());
    }
    let last = |class| checked.values().filter(|(of, _)| *of == class).map(|(_, at)| *at).max().unwrap();
    assert!(last(CheckClass::Suspect) <= 30, "{}", last(CheckClass::Suspect));
    assert!(last(CheckClass::Incident) <= 1_300, "{}", last(CheckClass::Incident));
    assert!(last(CheckClass::Normal) <= 3_100, "{}", last(CheckClass::Normal));
}

#[test]
fn an_outage_of_six_hours_is_caught_up_once() {
    let mut fleet = Fleet::new();
    fleet.add("a", 1_100, CheckClass::Normal);
    fleet.run(1_200, same);
    fleet.now += TimeDelta::hours(6);
    fleet.homes.values_mut().for_each(|(last, _)| *last = fleet.now);
    fleet.checks.clear();
    fleet.run(240, same);
    assert!(fleet.checks.values().all(|checks| *checks == 1), "a missed check was repeated");
    fleet.run(60, same);
    assert_eq!(fleet.checks.len(), 1_100);
}

#[test]
fn a_restart_in_every_minute_starves_no_home() {
    // A fifth of the calls for a fifth of the homes, for seven intervals.
    let budget = BudgetPolicy::standard().with_per_second(1.2);
    let mut fleet = Fleet::new();
    fleet.queue = DueQueue::new(budget, schedule());
    fleet.add("a", 400, CheckClass::Normal);
    fleet.add("b", 4, CheckClass::Incident);
    let minutes = 50;
    for _ in 0..minutes {
        fleet.run(60, same);
        let mut queue = DueQueue::new(budget, schedule());
        for home in fleet.homes.keys() {
            let stored = serde_json::to_string(fleet.queue.get(home).unwrap()).unwrap();
            let tenant = TenantId::new(home.as_str().split('-').next().unwrap());
            queue.insert(tenant, home.clone(), serde_json::from_str(&stored).unwrap(), fleet.now);
        }
        fleet.queue = queue;
    }
    let lane = budget.checks_per_second() * f64::from(minutes * 60);
    assert!(fleet.calls as f64 >= lane * 0.99, "{} of {lane} calls", fleet.calls);
    assert!(fleet.worst.values().all(|worst| *worst <= 1.6), "{:?}", fleet.worst);
    assert_eq!(fleet.checks.len(), 404);
}

#[test]
fn a_storm_of_suspects_takes_at_most_half() {
    let mut fleet = Fleet::new();
    fleet.add("storm", 5_000, CheckClass::Suspect);
    fleet.add("calm", 500, CheckClass::Normal);
    fleet.add("other", 2, CheckClass::Suspect);
    // Suspects wait for half an hour.
    let seconds = 5_400;
    fleet.run(seconds, same);
    assert!(fleet.calls as f64 >= fleet.lane_calls(seconds) * 0.99);
    // The normal homes keep their interval. The two suspects of the other tenant are not behind the 5,000.
    assert!(fleet.longest[&TenantId::new("calm")] <= 450, "{:?}", fleet.longest);
    assert!(fleet.worst.values().all(|worst| *worst <= 1.6), "{:?}", fleet.worst);
}

#[test]
fn suspects_take_half_while_others_wait_and_all_while_none_does() {
    for (normal, least, most) in [(0, 0.99, 1.0), (3_000, 0.49, 0.51)] {
        let mut fleet = Fleet::new();
        fleet.add("a", 400, CheckClass::Suspect);
        fleet.add("b", normal, CheckClass::Normal);
        fleet.run(600, same);
        (fleet.calls, fleet.calls_of_suspects) = (0, 0);
        fleet.run(900, same);
        let share = fleet.calls_of_suspects as f64 / fleet.calls as f64;
        assert!(share >= least && share <= most, "{share}");
    }
}

#[test]
fn a_lost_result_is_repeated_after_the_lease() {
    let mut queue = DueQueue::new(BudgetPolicy::standard(), schedule());
    let home = HomeId::new("home");
    queue.insert(TenantId::new("a"), home.clone(), HomeSchedule::new(&home, &schedule(), start()), start());
    let now = queue.next_due().unwrap();
    assert_eq!(queue.pick(9, now).len(), 1);
    // A change of the class while the check runs does not start another one.
    queue.set_class(&home, CheckClass::Incident);
    queue.pull_forward(&home, now);
    assert_eq!(queue.pick(9, now + TimeDelta::seconds(59)).len(), 0);
    assert_eq!(queue.next_due(), Some(now + TimeDelta::seconds(60)));
    assert_eq!(queue.pick(9, now + TimeDelta::seconds(60)).len(), 1);
    assert!(queue.remove(&home).is_some() && queue.is_empty());
    let done = CheckDone::new(now, CheckDetail::Nodes, CheckClass::Normal);
    assert_eq!(queue.complete(&home, done), None);
    assert_eq!((queue.load().stretch, queue.next_due()), (1.0, None));
}

#[test]
fn a_probe_is_paid_like_a_cheap_check() {
    let mut queue = DueQueue::new(BudgetPolicy::standard(), schedule());
    for number in 0..4 {
        let home = HomeId::new(number.to_string());
        let mut schedule = HomeSchedule::new(&home, &schedule(), start());
        schedule.wants_full = true;
        queue.insert(TenantId::new("a"), home, schedule, start());
    }
    let now = start() + TimeDelta::seconds(301);
    let details = |checks: Vec<Check>| checks.iter().map(|check| check.detail).collect::<Vec<_>>();
    assert_eq!(details(queue.pick_cheap(1, now)), [CheckDetail::Nodes]);
    // It leaves no debt for the next pick, but a full check does.
    assert_eq!(details(queue.pick(1, now)), [CheckDetail::Full]);
    assert_eq!(details(queue.pick(3, now)), []);
    assert_eq!(details(queue.pick(1, now)), [CheckDetail::Full]);
}

#[test]
fn a_store_divides_as_the_queue_picks() {
    // Three tenants with different classes; the queue and the rows see the same homes.
    let mut queue = DueQueue::new(BudgetPolicy::standard(), schedule());
    let mut census = BTreeMap::new();
    let mut rows = Vec::new();
    let now = start() + TimeDelta::minutes(20);
    for (tenant, class, homes) in [
        ("a", CheckClass::Normal, 900_u64),
        ("a", CheckClass::Incident, 40),
        ("b", CheckClass::Suspect, 30),
        ("b", CheckClass::LongGreen, 300),
        ("c", CheckClass::Normal, 6),
    ] {
        let id = TenantId::new(tenant);
        let of_tenant = census.entry(id.clone()).or_insert(Census::new());
        *of_tenant = of_tenant.with(class, homes);
        rows.push(Waiting::new(id.clone(), class, homes, start()));
        for number in 0..homes {
            let home = HomeId::new(format!("{tenant}-{class}-{number}"));
            let mut schedule = HomeSchedule::new(&home, &schedule(), start());
            schedule.class = class;
            // Evenly spread, as the rows count.
            schedule.since = start() + TimeDelta::milliseconds((1_200_000 / homes * number) as i64);
            queue.insert(id.clone(), home, schedule, now);
        }
    }
    let mut picked = BTreeMap::new();
    for check in queue.pick(60, now) {
        if check.detail == CheckDetail::Nodes {
            *picked.entry((check.tenant, check.class)).or_insert(0_u32) += 1;
        }
    }
    let quotas = Shares::new(BudgetPolicy::standard(), schedule()).quotas(&census, &rows, 60, now);
    let quotas: BTreeMap<_, _> =
        quotas.into_iter().map(|quota| ((quota.tenant, quota.class), quota.homes)).collect();
    assert_eq!(quotas.values().sum::<u32>(), 60);
    for (key, homes) in &quotas {
        let of_queue = picked.get(key).copied().unwrap_or_default();
        assert!(homes.abs_diff(of_queue) <= 3, "{key:?}: {homes} and {of_queue}; {quotas:?}");
    }
}

#[test]
fn divisions_are_fair_over_time() {
    let mut shares = Shares::new(BudgetPolicy::standard(), schedule());
    let (large, small) = (TenantId::new("large"), TenantId::new("small"));
    let census = BTreeMap::from([
        (large.clone(), Census::new().with(CheckClass::Normal, 900)),
        (small.clone(), Census::new().with(CheckClass::Normal, 100)),
    ]);
    let mut taken = BTreeMap::<TenantId, u32>::new();
    for step in 0..1_000 {
        let now = start() + TimeDelta::seconds(step);
        let rows = [&large, &small].map(|tenant| {
            Waiting::new(tenant.clone(), CheckClass::Normal, 50, now - TimeDelta::seconds(301))
        });
        for quota in shares.quotas(&census, &rows, 5, now) {
            *taken.entry(quota.tenant).or_default() += quota.homes;
        }
    }
    assert!((4_490..=4_510).contains(&taken[&large]), "{taken:?}");
}

#[test]
fn invalid_budgets_are_refused_by_name() {
    let read = serde_json::from_str::<BudgetPolicy>;
    assert_eq!(read("{}").unwrap(), BudgetPolicy::standard());
    assert_eq!(read(r#"{"window": null}"#).unwrap().window, None);
    for (text, key) in [
        (r#"{"version": 2}"#, "version"),
        (r#"{"per_second": 0}"#, "per_second"),
        (r#"{"per_second": null, "window": null}"#, "per_second"),
        (r#"{"per_second": 1e-12}"#, "per_second"),
        (r#"{"window": {"calls": 0, "seconds": 300}}"#, "window.calls"),
        (r#"{"window": {"calls": 1, "seconds": 0}}"#, "window.seconds"),
        (r#"{"checks_share": 0}"#, "checks_share"),
        (r#"{"suspects_share": 1}"#, "suspects_share"),
        (r#"{"full_every_limit": 0}"#, "full_every_limit"),
        (r#"{"lease": "0s"}"#, "lease"),
        (r#"{"rate": 3}"#, "rate"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{text}: {error}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Wait(u16),
    Class(usize, CheckClass),
    Pull(usize),
    Remove(usize),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1_u16..120).prop_map(Event::Wait),
        4 => (any::<usize>(), select(CLASSES.to_vec())).prop_map(|(home, class)| Event::Class(home, class)),
        2 => any::<usize>().prop_map(Event::Pull),
        1 => any::<usize>().prop_map(Event::Remove),
        1 => Just(Event::Restart),
    ]
}

proptest! {
    #![proptest_config(cases(24))]
    /// The fleet of small lanes and few homes has every order of events. [`Fleet::complete`] checks the law.
    #[test]
    fn no_home_waits_for_more_than_twice_its_stretched_interval(
        tenants in prop::collection::vec((1_usize..40, select(CLASSES.to_vec())), 1..6),
        events in prop::collection::vec(event(), 1..80),
        rate in select(vec![0.5, 1.0, 4.0]),
    ) {
        let mut fleet = Fleet::new();
        let budget = BudgetPolicy::standard().with_per_second(rate);
        fleet.queue = DueQueue::new(budget, schedule());
        for (number, (homes, class)) in tenants.into_iter().enumerate() {
            fleet.add(&format!("{number}"), homes, class);
        }
        for event in events {
            let pick = |number: usize, fleet: &Fleet| fleet.homes.keys().nth(number % fleet.homes.len().max(1)).cloned();
            match event {
                Event::Wait(seconds) => fleet.run(seconds.into(), same),
                Event::Class(number, class) => {
                    if let Some(home) = pick(number, &fleet) {
                        fleet.change(&home, |queue, home| queue.set_class(home, class));
                    }
                }
                Event::Pull(number) => {
                    if let Some(home) = pick(number, &fleet) {
                        let now = fleet.now;
                        fleet.change(&home, |queue, home| queue.pull_forward(home, now));
                    }
                }
                Event::Remove(number) => {
                    if let Some(home) = pick(number, &fleet) {
                        fleet.queue.remove(&home);
                        fleet.homes.remove(&home);
                    }
                }
                Event::Restart => {
                    let mut queue = DueQueue::new(budget, schedule());
                    for home in fleet.homes.keys() {
                        let tenant = TenantId::new(home.as_str().split('-').next().unwrap());
                        queue.insert(tenant, home.clone(), *fleet.queue.get(home).unwrap(), fleet.now);
                    }
                    fleet.queue = queue;
                }
            }
            prop_assert_eq!(fleet.queue.len(), fleet.homes.len());
        }
        fleet.run(600, same);
    }

    #[test]
    fn stored_budgets_come_back(numbers in [any_number(), any_number(), any_number()], lease in span(), window: Option<(u64, u64)>) {
        let mut policy = BudgetPolicy::standard().with_per_second(numbers[0]);
        (policy.checks_share, policy.suspects_share, policy.lease) = (numbers[1], numbers[2], lease);
        policy.window = window.map(|(calls, seconds)| CallWindow::new(calls, seconds));
        let valid = policy.validate().is_ok();
        if numbers.iter().all(|number| number.is_finite()) {
            comes_back_if(&policy, valid)?;
        }
        // An invalid policy in code panics nowhere.
        let load = Load::of(&policy, &schedule(), &Census::new().with(CheckClass::Suspect, u64::MAX).with(CheckClass::Normal, u64::MAX));
        prop_assert!(load.stretch >= 1.0);
        let _ = load.interval(&schedule(), CheckClass::Normal);
        let mut queue = DueQueue::new(policy, schedule());
        let home = HomeId::new("home");
        queue.insert(TenantId::new("a"), home.clone(), HomeSchedule::new(&home, &schedule(), DateTime::<Utc>::MAX_UTC), start());
        let _ = (queue.pick(u32::MAX, DateTime::<Utc>::MAX_UTC), queue.next_due());
    }
}
