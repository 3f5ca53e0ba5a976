//! The calls of the last window.

use std::{collections::VecDeque, time::Duration};

use crate::limiter::rate::CallRate;

/// The maximum number of moments. A window of more calls is coarser.
const MOMENTS: u32 = 4_096;

#[derive(Debug, Default)]
pub(super) struct Window {
    length: Duration,
    /// Calls of one grain count as sent with the last of them: they leave at most a grain late, never early.
    grain: Duration,
    /// The times of calls, each with the number of all calls up to then.
    moments: VecDeque<(Duration, u64)>,
    /// The number of all calls, and of those that have left the window.
    entered: u64,
    left: u64,
}

impl Window {
    pub(super) fn new(rate: Option<CallRate>) -> Self {
        let Some(rate) = rate else { return Self::default() };
        let exact = rate.per_window <= MOMENTS as usize;
        let grain = if exact { Duration::ZERO } else { rate.window / MOMENTS };
        Self { length: rate.window, grain, ..Self::default() }
    }

    /// Returns the number of calls in it.
    pub(super) fn len(&self) -> usize {
        usize::try_from(self.entered - self.left).unwrap_or(usize::MAX)
    }

    /// Adds a call.
    pub(super) fn enter(&mut self, now: Duration) {
        self.entered += 1;
        let grain = self.grain.as_nanos();
        let same = |at: Duration| match grain {
            0 => at == now,
            grain => at.as_nanos() / grain == now.as_nanos() / grain,
        };
        if self.moments.back().is_some_and(|(at, _)| same(*at)) {
            self.moments.pop_back();
        }
        self.moments.push_back((now, self.entered));
    }

    /// Removes a call that was added at `at`. Returns whether it was one of the last. A coarse window may not find it and
    /// keep it.
    pub(super) fn take_back(&mut self, at: Duration) -> bool {
        let Some(index) = self.moments.iter().rposition(|(moment, _)| *moment == at) else { return false };
        let before = index.checked_sub(1).and_then(|before| self.moments.get(before));
        let before = before.map_or(self.left, |(_, upto)| *upto);
        let is_last = index + 1 == self.moments.len();
        self.entered -= 1;
        for (_, upto) in self.moments.iter_mut().skip(index) {
            *upto -= 1;
        }
        if self.moments.get(index).is_some_and(|(_, upto)| *upto == before) {
            self.moments.remove(index);
        }
        is_last
    }

    /// Removes the calls that have left it.
    pub(super) fn forget(&mut self, now: Duration) {
        while let Some((at, upto)) = self.moments.front()
            && now.saturating_sub(*at) >= self.length
        {
            self.left = *upto;
            self.moments.pop_front();
        }
    }

    /// Returns the time at which the call with this index, counted from the oldest, leaves it.
    pub(super) fn leaves(&self, index: usize) -> Option<Duration> {
        let number = self.left.saturating_add(index as u64).saturating_add(1);
        let moment = self.moments.partition_point(|(_, upto)| *upto < number);
        self.moments.get(moment).map(|(at, _)| at.saturating_add(self.length))
    }
}

#[cfg(test)]
mod tests;
