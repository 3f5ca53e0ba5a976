//! The times at which rate, window and gate permit a call.

use std::time::Duration;

use super::{Gate, Machine, Place, RECOVERY};

impl<W> Machine<W> {
    /// Returns the time of the next permit.
    pub(super) fn free_at(&self, now: Duration) -> Duration {
        let gate = match self.gate {
            Gate::Open => Duration::ZERO,
            Gate::Closed { until, .. } => until,
            Gate::Probing { lease, .. } => lease,
        };
        gate.max(self.room_at(now, 0))
    }

    /// Returns the time at which the first waiting call may go, or a permit that was not taken is revoked.
    pub(super) fn changes_at(&self, now: Duration) -> Duration {
        let back = self.called.first().map_or(Duration::MAX, |(until, _)| *until);
        self.free_at(now).min(back)
    }

    /// Returns the time at which the limit has room for one more after `ahead` others; [`Duration::MAX`] if never.
    pub(super) fn room_at(&self, now: Duration, ahead: usize) -> Duration {
        let Some(rate) = self.rate else { return self.patience.max(now) };
        let interval = self.interval(now);
        if rate.per_window == 0 || rate.burst == 0 || interval == Duration::MAX {
            return Duration::MAX;
        }
        let before = self.outstanding.saturating_add(ahead);
        let times = u32::try_from(before).unwrap_or(u32::MAX);
        // A burst of n is ahead of the steady rate by n - 1 intervals.
        let early = interval.saturating_mul(rate.burst.saturating_sub(1));
        let by_rate =
            self.used_up.max(now).saturating_add(interval.saturating_mul(times)).saturating_sub(early);
        // The call that must have left the window before this one enters it.
        let by_window = match self.sent.len().saturating_add(before).checked_sub(rate.per_window) {
            None => Duration::ZERO,
            Some(index) => match self.sent.leaves(index) {
                Some(at) => at,
                // It is not sent yet: it enters at the rate, and leaves a window later.
                None => {
                    let windows = (index - self.sent.len()) / rate.per_window + 1;
                    let windows = u32::try_from(windows).unwrap_or(u32::MAX);
                    now.saturating_add(rate.window.saturating_mul(windows))
                }
            },
        };
        now.max(self.patience).max(by_rate).max(by_window)
    }

    /// Returns the wait until the limit has room for one more after `ahead` others; [`Duration::MAX`] if never.
    pub(super) fn room_in(&self, now: Duration, ahead: usize) -> Duration {
        match self.room_at(now, ahead) {
            Duration::MAX => Duration::MAX,
            at => at.saturating_sub(now),
        }
    }

    /// Returns the maximum wait of a place for its turn, without further callers.
    pub(super) fn turn_of(&self, now: Duration, place: Place) -> Duration {
        self.room_in(now, self.queue.at_most_ahead(place))
    }

    /// Returns the wait of [`Machine::turn_of`], more exact if it exceeds `patience`. The work is bounded by the
    /// patience.
    pub(super) fn wait_of(&self, now: Duration, place: Place, patience: Duration) -> Duration {
        let most = self.turn_of(now, place);
        if most < patience || most == Duration::MAX {
            return most;
        }
        let interval = self.interval(now);
        let burst = self.rate.map_or(0, |rate| rate.burst as usize);
        let reach = (patience.as_nanos() / interval.as_nanos().max(1)).saturating_add(2);
        let reach = usize::try_from(reach).unwrap_or(usize::MAX).saturating_add(burst);
        let ahead = self.queue.ahead(place, reach);
        if ahead >= reach { most } else { self.room_in(now, ahead) }
    }

    /// Returns the interval between two calls at the current rate.
    pub(super) fn interval(&self, now: Duration) -> Duration {
        match self.cut {
            None => self.interval,
            Some(_) => {
                let seconds = self.interval.as_secs_f64() / self.share(now);
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }

    /// Returns the current share of the rate.
    pub(super) fn share(&self, now: Duration) -> f64 {
        self.cut.map_or(1.0, |(left, at)| {
            let since = now.saturating_sub(at).as_secs_f64() / RECOVERY.as_secs_f64();
            (left + since).min(1.0)
        })
    }
}
