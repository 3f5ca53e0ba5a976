use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn ask(tenant: u64, priority: Priority, patience: Duration) -> PermitRequest {
    PermitRequest { tenant, priority, patience }
}

/// Drives the machine as the shared limiter does: callers are polled when woken or when their timer rings.
struct World {
    machine: Machine<u64>,
    now: Duration,
    timers: HashMap<u64, Duration>,
    /// The same by their time.
    due: BTreeSet<(Duration, u64)>,
    tenant_of: HashMap<u64, u64>,
    priority_of: HashMap<u64, Priority>,
    /// The sent calls and their times.
    sent: Vec<(Duration, u64, Priority)>,
    refused: Vec<(u64, Held)>,
    key: u64,
    polls: usize,
}

impl World {
    fn new(rate: CallRate) -> Self {
        Self {
            machine: Machine::new(Some(rate)),
            now: Duration::ZERO,
            timers: HashMap::new(),
            due: BTreeSet::new(),
            tenant_of: HashMap::new(),
            priority_of: HashMap::new(),
            sent: Vec::new(),
            refused: Vec::new(),
            key: 0,
            polls: 0,
        }
    }

    fn ask(&mut self, ask: PermitRequest) -> Option<u64> {
        match self.machine.ask(self.now, ask) {
            Entry::Granted(permit) => {
                self.machine.count(self.now, permit).unwrap();
                self.sent.push((self.now, ask.tenant, ask.priority));
                None
            }
            Entry::Refused(held) => {
                self.refused.push((ask.tenant, held));
                None
            }
            Entry::Queued(id) => {
                self.tenant_of.insert(id, ask.tenant);
                self.priority_of.insert(id, ask.priority);
                self.poll(id);
                self.wake();
                Some(id)
            }
        }
    }

    fn poll(&mut self, id: u64) {
        self.polls += 1;
        assert!(self.polls < 1_000_000, "callers are polled again and again");
        match self.machine.poll(self.now, id, id) {
            Verdict::Wait(until) => {
                assert!(until > self.now, "a wait in the past would spin");
                self.stop(id);
                self.timers.insert(id, until);
                self.due.insert((until, id));
            }
            Verdict::Granted(permit) => {
                self.stop(id);
                self.machine.count(self.now, permit).unwrap();
                self.sent.push((self.now, self.tenant_of[&id], self.priority_of[&id]));
            }
            Verdict::Refused(held) => {
                self.stop(id);
                self.refused.push((self.tenant_of[&id], held));
            }
        }
    }

    /// Returns whether there was a timer.
    fn stop(&mut self, id: u64) -> bool {
        self.timers.remove(&id).is_some_and(|at| self.due.remove(&(at, id)))
    }

    fn wake(&mut self) {
        loop {
            let wakes = self.machine.take_outbox().map_or_else(Vec::new, |outbox| outbox.wake);
            if wakes.is_empty() {
                return;
            }
            for id in wakes {
                if self.timers.contains_key(&id) {
                    self.poll(id);
                }
            }
        }
    }

    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some((at, id)) = self.due.first().copied()
            && at <= end
        {
            self.now = self.now.max(at);
            self.poll(id);
            self.wake();
        }
        self.now = end;
    }

    fn cancel(&mut self, id: u64) {
        if self.stop(id) {
            self.machine.cancel(self.now, id);
            self.wake();
        }
    }

    fn sent_by(&self, tenant: u64) -> usize {
        self.sent.iter().filter(|(_, by, _)| *by == tenant).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Sent calls keep the window and the burst, no call waits past its deadline, and no state is left at the end.
    #[test]
    fn window_and_burst_limits_always_hold(
        steps in proptest::collection::vec((0_u8..8, 0_u64..5, 0_u64..4_000), 1..400),
        burst in 1_u32..8,
        per_window in 1_usize..30,
    ) {
        let rate = CallRate {
            per_second: 2.0, burst, per_window, window: 10 * SECOND, max_waiting: 20, adaptive: false,
        };
        let mut world = World::new(rate);
        let mut ids = Vec::new();
        for (what, tenant, amount) in steps {
            match what {
                0..=4 => {
                    let priority = if what == 0 { Priority::Background } else { Priority::Interactive };
                    ids.extend(world.ask(ask(tenant, priority, Duration::from_millis(amount * 5))));
                }
                5 => world.advance(Duration::from_millis(amount)),
                6 => if let Some(id) = ids.pop() { world.cancel(id) },
                _ => {
                    world.key += 1;
                    if world.key.is_multiple_of(5) {
                        let now = world.now;
                        world.machine.block(now, now, Duration::from_millis(amount));
                        world.wake();
                    }
                }
            }
            prop_assert!(world.machine.waiting() <= 20 + 1);
        }
        world.advance(100 * SECOND);
        prop_assert_eq!(world.machine.waiting(), 0);
        prop_assert_eq!(world.machine.queue.len(), 0);
        prop_assert_eq!(world.machine.outstanding, 0);
        for (index, (start, ..)) in world.sent.iter().enumerate() {
            let within = |length: Duration| {
                world.sent[index..].iter().take_while(|(at, ..)| *at < *start + length).count()
            };
            prop_assert!(within(10 * SECOND) <= per_window);
            prop_assert!(within(SECOND) <= burst as usize + 2);
        }
    }
}

#[test]
fn polite_tenants_get_their_share_under_a_flood() {
    let mut world = World::new(CallRate { max_waiting: 1_000, ..CallRate::default() });
    // Tenant 0 asks as often as it can; 49 others ask for a call each 10 s, which is less than their share.
    let mut asked = vec![0_usize; 50];
    for second in 0..1_800_u64 {
        for _ in 0..50 {
            world.ask(ask(0, Priority::Interactive, 60 * SECOND));
        }
        for tenant in 1..50 {
            if (second + tenant).is_multiple_of(10) {
                asked[tenant as usize] += 1;
                world.ask(ask(tenant, Priority::Interactive, 60 * SECOND));
            }
        }
        world.advance(SECOND);
    }
    world.advance(120 * SECOND);
    for tenant in 1..50 {
        let got = world.sent_by(tenant);
        assert!(
            got * 100 >= asked[tenant as usize] * 99,
            "tenant {tenant}: {got} of {}",
            asked[tenant as usize]
        );
    }
    assert!(world.refused.iter().all(|(tenant, _)| *tenant == 0), "only the flood is refused");
    assert!(world.sent_by(0) > 1_000, "what is left is the flood's: {}", world.sent_by(0));
}

#[test]
fn tenants_over_demand_get_equal_shares() {
    let mut world = World::new(CallRate::default());
    for _ in 0..600 {
        for tenant in 0..50 {
            // Some ask for much more than others.
            for _ in 0..=(tenant % 5) {
                world.ask(ask(tenant, Priority::Interactive, 60 * SECOND));
            }
        }
        world.advance(SECOND);
    }
    let share = world.sent.len() / 50;
    for tenant in 0..50 {
        let got = world.sent_by(tenant);
        assert!(got * 100 >= share * 80, "tenant {tenant} got {got} of {share}");
    }
}

#[test]
fn interactive_calls_have_priority_and_background_calls_are_not_starved() {
    let mut world = World::new(CallRate::default());
    for _ in 0..60 {
        for _ in 0..20 {
            world.ask(ask(1, Priority::Interactive, 1_000 * SECOND));
            world.ask(ask(2, Priority::Background, 1_000 * SECOND));
        }
        world.advance(SECOND);
    }
    let background = world.sent.iter().filter(|(.., priority)| *priority == Priority::Background).count();
    let all = world.sent.len();
    assert!((all / 14..=all / 6).contains(&background), "{background} of {all}");
}

#[test]
fn full_queue_refuses_the_tenant_that_fills_it() {
    let rate = CallRate { per_second: 1.0, burst: 1, max_waiting: 10, ..CallRate::default() };
    let mut world = World::new(rate);
    for _ in 0..15 {
        world.ask(ask(1, Priority::Interactive, 1_000 * SECOND));
    }
    assert_eq!(world.refused, vec![(1, Held::Full); 4], "one went out, ten wait");
    world.refused.clear();
    world.ask(ask(2, Priority::Interactive, 1_000 * SECOND));
    assert_eq!(world.refused, [(1, Held::Full)], "the newest of the many makes room");
    world.advance(2 * SECOND);
    assert_eq!(world.sent_by(2), 1);
}

#[test]
fn estimated_wait_in_a_flood_is_accurate() {
    let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
    let mut world = World::new(rate);
    for _ in 0..1_000 {
        world.ask(ask(1, Priority::Interactive, 10_000 * SECOND));
    }
    // Behind a thousand calls of another tenant, but next but one in turn.
    assert!(world.ask(ask(2, Priority::Interactive, 3 * SECOND)).is_some());
    world.refused.clear();
    assert!(world.ask(ask(1, Priority::Interactive, 900 * SECOND)).is_none());
    assert!(matches!(world.refused[0], (1, Held::Limit(wait)) if wait > 900 * SECOND));
    world.advance(3 * SECOND);
    assert_eq!(world.sent_by(2), 1);
}

#[test]
fn estimated_wait_counts_calls_of_other_tenants() {
    let rate = CallRate { per_second: 1.0, burst: 1, ..CallRate::default() };
    let mut world = World::new(rate);
    for _ in 0..1_000 {
        world.ask(ask(1, Priority::Interactive, 10_000 * SECOND));
    }
    for tenant in 3..53 {
        world.ask(ask(tenant, Priority::Interactive, 10_000 * SECOND));
    }
    // The sixth call of a tenant has one call of each of the fifty before it, not six.
    for _ in 0..6 {
        assert!(world.ask(ask(2, Priority::Interactive, 100 * SECOND)).is_some());
    }
    world.advance(100 * SECOND);
    assert_eq!(world.sent_by(2), 6);
}

#[test]
fn every_free_place_is_used() {
    let mut world = World::new(CallRate::default());
    for tenant in 0..2_000 {
        world.ask(ask(tenant % 40, Priority::Interactive, 10_000 * SECOND));
    }
    world.advance(310 * SECOND);
    // 20 at once and six a second, until the window is full.
    assert!(world.sent.len() >= 1_878, "{}", world.sent.len());
}

/// The cost of a permit in polls, for any number of waiting calls: only calls that can proceed are woken.
#[test]
fn a_permit_wakes_few() {
    for waiting in [100_usize, 10_000] {
        let rate = CallRate { per_window: 100_000, ..CallRate::default() };
        let mut world = World::new(rate);
        for tenant in 0..waiting as u64 {
            world.ask(ask(tenant, Priority::Interactive, 100_000 * SECOND));
        }
        let (polls, sent) = (world.polls, world.sent.len());
        assert!(polls <= 2 * waiting, "{polls} polls until {waiting} wait");
        world.advance(15 * SECOND);
        let (polls, sent) = (world.polls - polls, world.sent.len() - sent);
        assert!(sent >= 80 && polls <= 3 * sent, "{polls} polls for {sent} permits, {waiting} wait");
    }
}

#[test]
fn a_call_that_did_not_leave_does_not_count() {
    let rate = CallRate { per_second: 1.0, burst: 2, per_window: 10, ..CallRate::default() };
    let mut machine = Machine::<u64>::new(Some(rate));
    let ask = PermitRequest { tenant: 1, priority: Priority::Interactive, patience: Duration::from_secs(60) };
    let count = |machine: &mut Machine<u64>, now| match machine.ask(now, ask) {
        Entry::Granted(permit) => machine.count(now, permit).unwrap(),
        other => panic!("{other:?}"),
    };
    let now = Duration::from_secs(100);
    for _ in 0..50 {
        count(&mut machine, now);
        machine.uncount(now, now);
        machine.invariants();
    }
    assert_eq!(machine.budget_left(now), Some(10));
    // The burst is whole, and no greater than it was.
    count(&mut machine, now);
    count(&mut machine, now);
    assert!(!machine.next_in(now).is_zero());
    // One that comes back behind later calls leaves the window alone.
    let later = now + Duration::from_secs(5);
    count(&mut machine, later);
    let next_in = machine.next_in(later);
    machine.uncount(later, now);
    assert_eq!((machine.budget_left(later), machine.next_in(later)), (Some(8), next_in));
}

#[test]
fn a_call_that_did_not_leave_brings_no_burst_after_a_429() {
    let rate = CallRate { per_second: 1.0, burst: 5, ..CallRate::default() };
    let mut machine = Machine::<u64>::new(Some(rate));
    let ask = PermitRequest { tenant: 1, priority: Priority::Interactive, patience: Duration::from_secs(60) };
    let count = |machine: &mut Machine<u64>, now| match machine.ask(now, ask) {
        Entry::Granted(permit) => machine.count(now, permit).unwrap(),
        other => panic!("{other:?}"),
    };
    let now = Duration::from_secs(100);
    count(&mut machine, now);
    machine.throttled(now, 10 * SECOND);
    machine.uncount(now, now);
    let later = now + 10 * SECOND;
    assert_eq!(machine.next_in(later), Duration::ZERO);
    count(&mut machine, later);
    assert_eq!(machine.next_in(later), SECOND, "one by one");
    // What is sent and comes back afterwards is given back as before.
    machine.uncount(later, later);
    assert_eq!(machine.next_in(later), Duration::ZERO);
}
