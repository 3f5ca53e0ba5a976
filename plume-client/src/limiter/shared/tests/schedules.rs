//! Randomized schedules: callers come, are polled late or never, give up and come back, permits are held, and time jumps.
//! After every event the invariants of the machine must hold, and calls polled when woken must have a result in time.
//!
//! Each call of the limiter is one critical section, so a schedule of whole events, with wakers that take their time and
//! readings of the clock that are late, is a schedule of the locks.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Wake},
};

use chrono::{DateTime, Utc};
use fastrand::Rng;
use plume_runtime::ManualClock;

use super::*;
use crate::limiter::machine::invariants::Fault;
use crate::limiter::rate::Priority;

const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

impl RateLimiter {
    /// Panics unless everything holds. `permits` are held by callers and not sent yet.
    pub(crate) fn invariants(&self, permits: usize) {
        let machine = self.inner.machine.lock().unwrap();
        machine.invariants();
        assert_eq!(machine.held(), permits, "each outstanding permit has one who holds it");
    }

    /// Returns a limiter that checks the invariants after every event, also where a caller makes several at once.
    fn watched(rate: Option<CallRate>, clock: Arc<dyn Clock>) -> Self {
        let mut limiter = Self::build(rate, clock);
        Arc::get_mut(&mut limiter.inner).expect("it is new").watched = true;
        limiter
    }
}

/// A clock whose next reading can be an old one, as that of a thread that was stopped before it got the lock.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) clock: ManualClock,
    pub(super) by: Arc<Mutex<Duration>>,
}

#[async_trait::async_trait]
impl Clock for Late {
    fn wall(&self) -> DateTime<Utc> {
        self.clock.wall()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic().saturating_sub(std::mem::take(&mut *self.by.lock().unwrap()))
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// A waker that notes that it was woken.
struct Flag {
    woken: AtomicBool,
    deaf: bool,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.woken.store(!self.deaf, Ordering::Relaxed);
    }
}

struct Task<'l> {
    call: Pin<Box<dyn Future<Output = Result<PermitGuard<'l>, Held>> + 'l>>,
    flag: Arc<Flag>,
    /// Its number in the machine.
    id: Option<u64>,
    deadline: Duration,
    /// Whether it is polled whenever it is woken.
    attentive: bool,
}

struct World<'l> {
    limiter: &'l RateLimiter,
    clock: ManualClock,
    late: Arc<Mutex<Duration>>,
    rng: Rng,
    tasks: Vec<Task<'l>>,
    permits: Vec<PermitGuard<'l>>,
    sent: Vec<Sent<'l>>,
    turns: [Vec<(u64, u64)>; 2],
    next_tenant: u64,
    fault: Option<Fault>,
    served: usize,
    refused: usize,
}

impl<'l> World<'l> {
    fn new(
        limiter: &'l RateLimiter,
        clock: ManualClock,
        late: Arc<Mutex<Duration>>,
        rng: Rng,
        fault: Option<Fault>,
    ) -> Self {
        Self {
            limiter,
            clock,
            late,
            rng,
            fault,
            tasks: Vec::new(),
            permits: Vec::new(),
            sent: Vec::new(),
            turns: Default::default(),
            next_tenant: 100,
            served: 0,
            refused: 0,
        }
    }

    fn machine<T>(&self, look: impl FnOnce(&mut Machine<Waker>) -> T) -> T {
        look(&mut self.limiter.inner.machine.lock().unwrap())
    }

    fn check(&mut self) {
        let permits = self.permits.len();
        // The invariants themselves were checked with each event.
        assert_eq!(
            self.machine(|machine| machine.held()),
            permits,
            "each outstanding permit has one who holds it"
        );
        assert!(self.machine(|machine| machine.time()) <= self.clock.monotonic(), "time passed twice");
        for task in self.tasks.iter().filter(|task| !task.flag.woken.load(Ordering::Relaxed)) {
            let id = task.id.expect("it waits");
            assert!(self.machine(|machine| machine.will_wake(id)), "{id} has no waker");
        }
        // New calls are behind all earlier ones.
        let turns = self.machine(|machine| machine.turns());
        for (before, after) in self.turns.iter().zip(&turns) {
            let mut after = after.iter().skip_while(|turn| before.contains(turn));
            assert!(after.all(|turn| !before.contains(turn)), "a call overtook waiting calls");
        }
        self.turns = turns;
    }

    fn come(&mut self) {
        let tenant = match self.rng.u32(0..4) {
            0 => {
                self.next_tenant += 1;
                self.next_tenant
            }
            _ => self.rng.u64(0..4),
        };
        let priority = if self.rng.u32(0..4) == 0 { Priority::Background } else { Priority::Interactive };
        let patience = match self.rng.u32(0..10) {
            0 => Duration::ZERO,
            1 => Duration::MAX,
            2 => MILLI * self.rng.u32(1..1_000),
            _ => MILLI * self.rng.u32(1_000..60_000),
        };
        let limiter = self.limiter;
        let deaf = self.fault == Some(Fault::WakeUpLost) && self.rng.u32(0..10) == 0;
        self.tasks.push(Task {
            call: Box::pin(limiter.acquire(PermitRequest { tenant, priority, patience })),
            flag: Arc::new(Flag { woken: AtomicBool::new(true), deaf }),
            id: None,
            deadline: self.clock.monotonic().saturating_add(patience),
            attentive: self.rng.u32(0..4) > 0,
        });
        self.poll(self.tasks.len() - 1);
    }

    /// Returns whether it has a result.
    fn poll(&mut self, index: usize) -> bool {
        // Else an answer would be late because the reading was.
        *self.late.lock().unwrap() = Duration::ZERO;
        let next = self.machine(|machine| machine.next_id());
        let task = &mut self.tasks[index];
        task.flag.woken.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&task.flag));
        let answer = task.call.poll_unpin(&mut Context::from_waker(&waker));
        task.id.get_or_insert(next);
        let Poll::Ready(answer) = answer else { return false };
        let deadline = self.tasks.swap_remove(index).deadline;
        match answer {
            Ok(permit) => {
                let in_time = self.clock.monotonic() < deadline || !permit.waited();
                assert!(in_time, "a permit after the deadline");
                self.served += 1;
                self.permits.push(permit);
            }
            Err(_) => self.refused += 1,
        }
        true
    }

    /// Polls those that are polled when woken, until none of them is.
    fn run(&mut self, all: bool) {
        let woken = |task: &Task<'_>| (all || task.attentive) && task.flag.woken.load(Ordering::Relaxed);
        let mut polls = 0..10_000;
        while let Some(index) = self.tasks.iter().position(woken) {
            assert!(polls.next().is_some(), "callers are woken again and again");
            self.poll(index);
            self.check();
        }
        let now = self.clock.monotonic();
        for task in self.tasks.iter().filter(|task| all || task.attentive) {
            assert!(task.deadline > now, "{:?} waits beyond its deadline", task.id);
        }
    }

    fn settle_a_permit(&mut self) {
        if self.permits.is_empty() {
            return;
        }
        let permit = self.permits.swap_remove(self.rng.usize(..self.permits.len()));
        match self.rng.u32(0..4) {
            0 if self.fault == Some(Fault::PermitLeaked) => std::mem::forget(permit),
            0 => drop(permit),
            _ => self.sent.extend(permit.used().ok()),
        }
    }

    fn answer(&mut self) {
        if self.sent.is_empty() {
            return;
        }
        let sent = self.sent.swap_remove(self.rng.usize(..self.sent.len()));
        match self.rng.u32(0..40) {
            0 => sent.blocked(SECOND * self.rng.u32(1..40)),
            1 => drop(sent),
            2..=7 => sent.stayed(),
            _ => sent.passed(),
        }
    }

    fn advance(&mut self) {
        let by = match self.rng.u32(0..40) {
            0 => SECOND * self.rng.u32(10..400),
            1..=3 => SECOND * self.rng.u32(1..4),
            _ => MILLI * self.rng.u32(0..600),
        };
        self.clock.advance(by);
    }

    fn step(&mut self) {
        if self.rng.u32(0..4) == 0 {
            *self.late.lock().unwrap() = MILLI * self.rng.u32(1..5_000);
        }
        match self.rng.u32(0..100) {
            0..=29 => self.come(),
            30..=49 => self.run(false),
            50..=57 if !self.tasks.is_empty() => {
                let index = self.rng.usize(..self.tasks.len());
                self.poll(index);
            }
            58..=61 if !self.tasks.is_empty() => {
                self.tasks.swap_remove(self.rng.usize(..self.tasks.len()));
            }
            62..=75 => self.settle_a_permit(),
            76..=87 => self.answer(),
            88 => self.limiter.throttled(MILLI * self.rng.u32(0..3_000)),
            _ => self.advance(),
        }
        self.check();
        if let Some(fault) = self.fault {
            self.machine(|machine| machine.spoil(fault));
        }
    }

    /// Lets everything come to its end: then the machine is as a new one.
    fn end(mut self) -> (usize, usize) {
        self.run(false);
        for _ in 0..10_000 {
            if self.tasks.is_empty() && self.permits.is_empty() && self.sent.is_empty() {
                break;
            }
            // Those that were late come now, woken or not.
            for index in (0..self.tasks.len()).rev() {
                self.poll(index);
                self.check();
            }
            self.run(true);
            while let Some(permit) = self.permits.pop() {
                self.sent.extend(permit.used().ok());
                self.check();
            }
            while let Some(sent) = self.sent.pop() {
                sent.passed();
                self.check();
            }
            self.clock.advance(MILLI * 300);
        }
        assert!(self.tasks.is_empty(), "a call waits without end");
        // Longer than any block.
        self.clock.advance(SECOND * 60);
        let probe = self.limiter.acquire(PermitRequest {
            tenant: 1,
            priority: Priority::Interactive,
            patience: SECOND,
        });
        probe.now_or_never().expect("there is room").unwrap().used().unwrap().passed();
        self.clock.advance(SECOND * 400);
        let now = self.clock.monotonic();
        let _ = self.limiter.status();
        self.machine(|machine| machine.is_as_new(now));
        assert_eq!(self.clock.sleepers(), 0);
        (self.served, self.refused)
    }
}

fn schedule(seed: u64, fault: Option<Fault>) -> (usize, usize) {
    let mut rng = Rng::with_seed(seed);
    let clock = ManualClock::new(DateTime::UNIX_EPOCH);
    let rate = CallRate {
        per_second: [1.0, 6.0, 50.0][rng.usize(0..3)],
        burst: rng.u32(1..10),
        per_window: rng.usize(5..80),
        window: SECOND * rng.u32(2..40),
        max_waiting: rng.usize(2..40),
        adaptive: rng.bool(),
    };
    let rate = (rng.u32(0..20) > 0).then_some(rate);
    let late = Arc::default();
    let limiter = RateLimiter::watched(rate, Arc::new(Late { clock: clock.clone(), by: Arc::clone(&late) }));
    let mut world = World::new(&limiter, clock, late, rng, fault);
    for _ in 0..300 {
        world.step();
    }
    world.end()
}

#[test]
fn every_invariant_holds_after_every_event() {
    let (mut served, mut refused) = (0, 0);
    for seed in 0..200 {
        let outcome = catch_unwind(|| schedule(seed, None));
        let (more, others) = outcome.unwrap_or_else(|_| panic!("seed {seed}, see above"));
        served += more;
        refused += others;
    }
    assert!(served > 5_000 && refused > 2_500, "{served} served, {refused} refused");
}

/// The tests of the tests: planted faults are found soon.
#[test]
fn planted_faults_are_found() {
    for fault in [
        Fault::NumberReused,
        Fault::NewcomerFirst,
        Fault::ExpiredKept,
        Fault::AbsentKept,
        Fault::PermitLeaked,
        Fault::WakeUpLost,
    ] {
        let found =
            (0..20).find(|seed| catch_unwind(AssertUnwindSafe(|| schedule(*seed, Some(fault)))).is_err());
        assert!(found.is_some(), "{fault:?} was not found");
    }
}
