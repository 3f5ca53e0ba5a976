//! The state of the worker: its rates over the last minute for pages, and its counters for metrics.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plume::{
    Client,
    runtime::{Clock, time},
};

use crate::metrics::{Meters, Present, PresentSource};
use crate::stop::Stopping;
use crate::web::{Live, Pulse, PulseSource};
use crate::worker::{Fleet, Trouble};

/// Time between two readings, and the length of the average.
const STEP: Duration = Duration::from_secs(5);
const WINDOW: Duration = Duration::from_secs(60);

/// A reading: the time, the checks and the calls so far.
type Reading = (Duration, u64, u64);

/// Reads the counters of a fleet. Clones share the readings.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Readings>>);

#[derive(Debug, Default)]
struct Readings {
    all: VecDeque<Reading>,
    /// The stale homes of the last reading. They are counted home by home, so no page and no scrape counts them.
    stale: usize,
}

impl Meter {
    /// Reads until the request to stop.
    pub(super) async fn run(self, fleet: Arc<Fleet>, clock: Arc<dyn Clock>, mut stopping: Stopping) {
        loop {
            let status = fleet.status();
            self.add((clock.monotonic(), status.checks, status.calls), fleet.stale(clock.wall()));
            tokio::select! {
                () = clock.sleep(STEP) => {}
                () = stopping.requested() => return,
            }
        }
    }

    /// Returns the measured state.
    pub(super) fn source(&self, fleet: Arc<Fleet>, meters: Meters, trouble: Arc<Trouble>) -> PulseSource {
        let meter = self.clone();
        Arc::new(move || {
            let status = fleet.status();
            let rates = meter.rates();
            Some(Pulse {
                load: status.load,
                checks_per_minute: rates.map(|(checks, _)| checks * 60.0),
                calls_per_second: rates.map(|(_, calls)| calls),
                stale: meter.lock().stale,
                turns: meters.since_turns(),
                failing: trouble.lasts(meters.clock().monotonic()),
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, Readings> {
        // Every change under the lock is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, reading: Reading, stale: usize) {
        let mut readings = self.lock();
        readings.stale = stale;
        readings.all.push_back(reading);
        // The oldest reading is the last one that is a whole window old.
        while readings.all.get(1).is_some_and(|second| reading.0.saturating_sub(second.0) >= WINDOW) {
            readings.all.pop_front();
        }
    }

    /// Checks and calls per second; `None` before a whole window.
    fn rates(&self) -> Option<(f64, f64)> {
        let readings = self.lock();
        let (first, last) = (readings.all.front()?, readings.all.back()?);
        let passed = last.0.saturating_sub(first.0);
        (passed >= WINDOW).then(|| {
            let rate = |first: u64, last: u64| number(last.saturating_sub(first)) / passed.as_secs_f64();
            (rate(first.1, last.1), rate(first.2, last.2))
        })
    }
}

/// Reads the state of the worker and of its client at each scrape.
pub(super) fn present(
    meter: Meter,
    fleet: Arc<Fleet>,
    client: Client,
    live: Live,
    clock: Arc<dyn Clock>,
) -> PresentSource {
    Arc::new(move || {
        let (now, limiter) = (clock.wall(), client.rate_limiter().status());
        let status = fleet.status();
        let token = client.token_provider().ready();
        let expires = token.as_ref().and_then(|token| token.expires_at());
        Some(Present {
            load: status.load,
            calls: status.calls,
            stale: meter.lock().stale,
            overdue: status.next_due.map(|due| time::between(due, now)).unwrap_or_default(),
            problems: fleet.problems(),
            calls_left: limiter.budget_left,
            waiting: limiter.waiting,
            blocked_for: limiter.blocked_for,
            has_token: token.is_some(),
            token_expires_in: expires.map(|at| time::between(now, at)),
            streams: live.readers(),
        })
    })
}

fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_minute() {
        let meter = Meter::default();
        assert_eq!(meter.rates(), None);
        for second in (0..=300).step_by(5) {
            let checks = second.max(180) - 180;
            meter.add((Duration::from_secs(second), checks, 2 * checks), 0);
            let rates = meter.rates();
            match second {
                ..60 => assert_eq!(rates, None),
                60..=180 => assert_eq!(rates, Some((0.0, 0.0))),
                240.. => assert_eq!(rates, Some((1.0, 2.0))),
                _ => {}
            }
        }
        assert!(meter.lock().all.len() <= 13);
    }
}
