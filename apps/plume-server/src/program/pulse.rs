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
use crate::traffic::Traffic;
use crate::web::{Live, Newest, Pulse, PulseSource};
use crate::worker::{Fleet, Trouble};

/// Time between two readings, and the length of the average.
const STEP: Duration = Duration::from_secs(5);
const WINDOW: Duration = Duration::from_secs(60);

/// A reading: the time, and the checks, those with data and the calls to the API so far.
type Reading = (Duration, [u64; 3]);

/// The homes without a check and without data for too long, and the newest data of each tenant.
#[derive(Debug, Clone, Default)]
struct Counted {
    unchecked: usize,
    stale: usize,
    newest: Newest,
}

/// Reads the counters of a fleet. Clones share the readings.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Readings>>);

#[derive(Debug, Default)]
struct Readings {
    all: VecDeque<Reading>,
    /// The counts home by home of the last reading, so no page and no scrape counts.
    counted: Counted,
}

impl Meter {
    /// Reads until the request to stop.
    pub(super) async fn run(
        self,
        (fleet, traffic): (Arc<Fleet>, Traffic),
        clock: Arc<dyn Clock>,
        mut stopping: Stopping,
    ) {
        loop {
            let (status, now) = (fleet.status(), clock.wall());
            let counters = [status.checks, status.with_data, traffic.api_calls()];
            let newest = Arc::new(fleet.newest(now));
            let counted = Counted { unchecked: fleet.unchecked(now), stale: fleet.stale(now), newest };
            self.add((clock.monotonic(), counters), counted);
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
            let Counted { unchecked, stale, newest } = meter.lock().counted.clone();
            Some(Pulse {
                load: status.load,
                checks_per_minute: rates.map(|[checks, ..]| checks * 60.0),
                with_data_per_minute: rates.map(|[_, with_data, _]| with_data * 60.0),
                calls_per_second: rates.map(|[.., calls]| calls),
                unchecked,
                stale,
                newest,
                turns: meters.since_turns(),
                failing: trouble.lasts(meters.clock().monotonic()),
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, Readings> {
        // Every change under the lock is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, reading: Reading, counted: Counted) {
        let mut readings = self.lock();
        readings.counted = counted;
        readings.all.push_back(reading);
        // The oldest reading is the last one that is a whole window old.
        while readings.all.get(1).is_some_and(|second| reading.0.saturating_sub(second.0) >= WINDOW) {
            readings.all.pop_front();
        }
    }

    /// Checks, those with data, and calls per second; `None` before a whole window.
    fn rates(&self) -> Option<[f64; 3]> {
        let readings = self.lock();
        let (first, last) = (readings.all.front()?, readings.all.back()?);
        let passed = last.0.saturating_sub(first.0);
        (passed >= WINDOW).then(|| {
            let ([a, b, c], [x, y, z]) = (first.1, last.1);
            [(a, x), (b, y), (c, z)]
                .map(|(first, last)| number(last.saturating_sub(first)) / passed.as_secs_f64())
        })
    }
}

/// Reads the state of the worker and of its client at each scrape.
pub(super) fn present(
    meter: Meter,
    (fleet, traffic): (Arc<Fleet>, Traffic),
    client: Client,
    live: Live,
    clock: Arc<dyn Clock>,
) -> PresentSource {
    Arc::new(move || {
        let (now, limiter) = (clock.wall(), client.rate_limiter().status());
        let (status, counted) = (fleet.status(), meter.lock().counted.clone());
        let token = client.token_provider().ready();
        let expires = token.as_ref().and_then(|token| token.expires_at());
        Some(Present {
            load: status.load,
            calls: traffic.api_calls(),
            unchecked: counted.unchecked,
            stale: counted.stale,
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
            meter.add((Duration::from_secs(second), [checks, 0, 2 * checks]), Counted::default());
            let rates = meter.rates();
            match second {
                ..60 => assert_eq!(rates, None),
                60..=180 => assert_eq!(rates, Some([0.0; 3])),
                240.. => assert_eq!(rates, Some([1.0, 0.0, 2.0])),
                _ => {}
            }
        }
        assert!(meter.lock().all.len() <= 13);
    }
}
