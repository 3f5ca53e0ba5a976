//! The retry budget, which keeps a client from multiplying an outage.
//!
//! A budget that refills regardless of traffic would double the load of a client with one call per second. There is no
//! circuit breaker besides: during an outage the budget leaves one attempt per call, and the firewall's block is one.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The deposit of a call: one retry per eleven calls, so that any interval has at most a tenth more attempts than calls.
const PER_CALL: f64 = 0.09;
/// The maximum of all deposits.
const MOST_CREDIT: f64 = 20.0;
/// The time constant with which deposits decay.
const FADES: Duration = Duration::from_secs(30);
/// The retries added per second regardless of traffic, for clients with few calls.
const PER_SECOND: f64 = 1.0;
/// The maximum of retries added regardless of traffic.
const MOST_RESERVE: f64 = 10.0;
/// After failures for this long without a success, no retries are added regardless of traffic, and those left are lost.
/// Then only one attempt in eleven is a retry, however rare calls are.
const OUTAGE: Duration = Duration::from_secs(60);

/// A retry budget, shared by the clones of a client. One per service.
#[derive(Debug)]
pub(super) struct Budget {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    credit: f64,
    reserve: f64,
    /// The time of the last update of both.
    at: Duration,
    /// The time of the first failure after the last success.
    failing_since: Option<Duration>,
}

impl Budget {
    pub(super) fn new(now: Duration) -> Self {
        Self { state: Mutex::new(State { credit: 0.0, reserve: MOST_RESERVE, at: now, failing_since: None }) }
    }

    /// Records a success of a first attempt.
    pub(super) fn answered_at_once(&self, now: Duration) {
        self.with(now, |state| {
            state.failing_since = None;
            state.deposit();
        });
    }

    /// Records a success of a retry.
    pub(super) fn answered(&self, now: Duration) {
        self.with(now, |state| state.failing_since = None);
    }

    /// Records a failure of a first attempt.
    pub(super) fn failed_at_first(&self, now: Duration) {
        self.with(now, |state| {
            state.failing_since.get_or_insert(now);
            state.deposit();
        });
    }

    /// Withdraws a retry. Returns whether there was one.
    pub(super) fn withdraw(&self, now: Duration) -> bool {
        self.with(now, |state| {
            for purse in [&mut state.credit, &mut state.reserve] {
                if *purse >= 1.0 {
                    *purse -= 1.0;
                    return true;
                }
            }
            false
        })
    }

    fn with<T>(&self, now: Duration, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.pass(now);
        work(&mut state)
    }
}

impl State {
    fn pass(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at);
        if !passed.is_zero() {
            self.at = now;
            self.credit *= (-passed.as_secs_f64() / FADES.as_secs_f64()).exp();
            self.reserve = (self.reserve + passed.as_secs_f64() * PER_SECOND).min(MOST_RESERVE);
        }
        if self.failing_since.is_some_and(|since| now.saturating_sub(since) >= OUTAGE) {
            self.reserve = 0.0;
        }
    }

    fn deposit(&mut self) {
        self.credit = (self.credit + PER_CALL).min(MOST_CREDIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    impl Budget {
        /// Panics unless everything holds at the time of the last event.
        pub(in crate::exchange) fn invariants(&self, now: Duration) {
            let State { credit, reserve, at, failing_since } = *self.state.lock().unwrap();
            assert!((0.0..=MOST_CREDIT).contains(&credit), "{credit} saved up");
            assert!((0.0..=MOST_RESERVE).contains(&reserve), "{reserve} in reserve");
            assert!(at <= now && failing_since.is_none_or(|since| since <= now), "a time that has not come");
            let outage = failing_since.is_some_and(|since| at.saturating_sub(since) >= OUTAGE);
            assert!(!outage || reserve < PER_SECOND, "a reserve in an outage");
        }
    }

    #[test]
    fn no_sequence_of_events_overdraws_it() {
        let (mut rng, mut withdrawn, mut refused) = (fastrand::Rng::with_seed(1), 0, 0);
        for _ in 0..500 {
            let mut now = SECOND * rng.u32(0..100);
            let budget = Budget::new(now);
            for _ in 0..200 {
                match rng.u32(0..6) {
                    0 => budget.answered_at_once(now),
                    1 => budget.answered(now),
                    2 => budget.failed_at_first(now),
                    3 | 4 if budget.withdraw(now) => withdrawn += 1,
                    3 | 4 => refused += 1,
                    _ => {
                        let by = match rng.u32(0..50) {
                            0 => Duration::MAX,
                            1..=5 => SECOND * rng.u32(0..1_000),
                            _ => Duration::from_millis(rng.u64(0..2_000)),
                        };
                        now = now.saturating_add(by);
                    }
                }
                budget.invariants(now);
            }
        }
        assert!(withdrawn > 1_000 && refused > 1_000, "{withdrawn} {refused}");
    }

    /// Returns the retries per call after the first minute of ten minutes without success.
    fn extra(per_second: f64) -> f64 {
        let budget = Budget::new(Duration::ZERO);
        let between = Duration::from_secs_f64(1.0 / per_second);
        let (mut now, mut calls, mut extra) = (Duration::ZERO, 0.0, 0.0);
        // Enough calls for a stable ratio.
        let end = if per_second > 1_000.0 { 120 * SECOND } else { 600 * SECOND };
        while now < end {
            budget.failed_at_first(now);
            let second_tries = f64::from((0..2).filter(|_| budget.withdraw(now)).count() as u32);
            if now >= 60 * SECOND {
                calls += 1.0;
                extra += second_tries;
            }
            now += between;
        }
        extra / calls
    }

    #[test]
    fn an_outage_is_not_multiplied_at_any_rate_of_calls() {
        for per_second in [0.05, 0.5, 1.0, 6.0, 100.0, 5_000.0] {
            let extra = extra(per_second);
            assert!(extra <= 0.1, "{extra} more per call at {per_second} calls per second");
        }
        assert!(extra(6.0) > 0.05, "some retries detect the end of an outage");
    }

    #[test]
    fn rare_caller_has_retries_too() {
        let budget = Budget::new(Duration::ZERO);
        for hour in 1..100 {
            let now = 3_600 * hour * SECOND;
            budget.failed_at_first(now);
            assert!(budget.withdraw(now) && budget.withdraw(now));
            budget.answered(now);
        }
    }

    #[test]
    fn old_savings_of_the_budget_expire() {
        let budget = Budget::new(Duration::ZERO);
        for _ in 0..1_000_000 {
            budget.answered_at_once(SECOND);
        }
        let tries = (0..100).filter(|_| budget.withdraw(SECOND)).count();
        assert!((25..=31).contains(&tries), "{tries}");
        assert_eq!(
            (0..100).filter(|_| budget.withdraw(4 * SECOND)).count(),
            3,
            "one a second while it is well"
        );
        budget.failed_at_first(5 * SECOND);
        assert!(!budget.withdraw(65 * SECOND), "nothing has succeeded for a minute");
        budget.answered(66 * SECOND);
        assert!(budget.withdraw(68 * SECOND));
    }
}
