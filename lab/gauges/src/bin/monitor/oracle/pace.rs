//! Laws about the calls: the firewall, the use of the lane, and the waiting homes.

use std::{collections::VecDeque, time::Duration};

use crate::oracle::law::{Law, Verdict, touched};
use crate::scenario::{Scenario, Span};

/// The window in which the use of the lane is measured.
const WINDOW: Duration = Duration::from_secs(300);
/// The interval of a normal check.
const NORMAL: Duration = Duration::from_secs(300);
/// The time of green after which the interval is twice as long.
const LONG_GREEN: Duration = Duration::from_secs(7 * 86_400);
/// The calls of a full check, by which a window may differ.
const ONE_CHECK: f64 = 4.0;
/// The shortest regular interval in seconds, that of homes with an open incident.
const SHORTEST: f64 = 120.0;
/// The time after an outage of the cloud for which the pace may be another.
const RECOVERY: Duration = Duration::from_secs(600);
/// Calls that may exceed the rate in one window: the burst.
const BURST: f64 = 20.0;

/// Measures the pace of a run while it happens, so that no check need be stored.
#[derive(Debug)]
pub(crate) struct Pace {
    /// The checks' part of the rate, in calls per second.
    lane: f64,
    /// The largest factor that the homes can need.
    most_stretch: f64,
    disturbed: Vec<Span>,
    homes: Vec<Waiting>,
    /// The stretch factors with their times, for the longest wait.
    stretch: VecDeque<(Duration, f64)>,
    window: Window,
    pub(crate) calls: u64,
    pub(crate) checks: u64,
    /// Windows with demand, and the calls in them.
    pub(crate) busy_windows: u64,
    pub(crate) busy_calls: u64,
    pub(crate) worst_use: f64,
    pub(crate) worst_wait: f64,
    pub(crate) worst_stretch: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    since: Duration,
}

#[derive(Debug, Default)]
struct Window {
    start: Duration,
    calls: u64,
    /// The smallest stretch factor. Demand is above the lane while it is above one.
    stretch: f64,
}

impl Pace {
    pub(crate) fn new(homes: usize, lane: f64, scenario: &Scenario) -> Self {
        let disturbed =
            scenario.cloud_outages.iter().chain(&scenario.blocks).chain(&scenario.revoked).copied().collect();
        Self {
            lane,
            most_stretch: (homes as f64 / SHORTEST / (lane / 2.0)).max(1.0) * 1.5,
            disturbed,
            homes: vec![Waiting::default(); homes],
            stretch: VecDeque::new(),
            window: Window { stretch: f64::INFINITY, ..Window::default() },
            calls: 0,
            checks: 0,
            busy_windows: 0,
            busy_calls: 0,
            worst_use: 1.0,
            worst_wait: 0.0,
            worst_stretch: 1.0,
        }
    }

    /// Notes the stretch factor that the decisions report.
    pub(crate) fn tick(&mut self, now: Duration, stretch: f64, verdict: &mut Verdict) {
        if now >= self.window.start + WINDOW {
            self.close_window(now, verdict);
        }
        if stretch > self.most_stretch {
            verdict.break_law(Law::Stretch, || {
                format!("{stretch:.2} at {now:?}, most {:.2}", self.most_stretch)
            });
        }
        self.window.stretch = self.window.stretch.min(stretch);
        self.worst_stretch = self.worst_stretch.max(stretch);
        while self.stretch.back().is_some_and(|(_, last)| *last <= stretch) {
            self.stretch.pop_back();
        }
        self.stretch.push_back((now, stretch));
        while self.stretch.front().is_some_and(|(at, _)| *at + 24 * NORMAL < now) {
            self.stretch.pop_front();
        }
    }

    fn close_window(&mut self, now: Duration, verdict: &mut Verdict) {
        let Window { start, calls, stretch } =
            std::mem::replace(&mut self.window, Window { start: now, calls: 0, stretch: f64::INFINITY });
        let possible = self.lane * (now - start).as_secs_f64();
        let used = calls as f64 / possible;
        if calls as f64 > possible + BURST {
            verdict.break_law(Law::LaneKept, || format!("{calls} calls in the window from {start:?}"));
        }
        // The first window has no checks before it.
        if stretch > 1.0 && start > Duration::ZERO && !touched(&self.disturbed, start, now, RECOVERY) {
            self.busy_windows += 1;
            self.busy_calls += calls;
            self.worst_use = self.worst_use.min(used);
            if used < 0.95 && calls as f64 + ONE_CHECK < possible {
                verdict.break_law(Law::LaneUsed, || {
                    format!(
                        "{calls} of {possible:.0} calls in the window from {start:?}, stretch {stretch:.2}"
                    )
                });
            }
        }
    }

    /// Notes the start of a check with this number of calls.
    pub(crate) fn check(&mut self, now: Duration, home: usize, calls: u64, verdict: &mut Verdict) {
        self.checks += 1;
        self.calls += calls;
        self.window.calls += calls;
        let Some(waiting) = self.homes.get_mut(home) else { return };
        let since = std::mem::replace(&mut waiting.since, now);
        self.wait(home, since, now, verdict);
    }

    /// Judges the homes that still wait at the end.
    pub(crate) fn end(&mut self, now: Duration, verdict: &mut Verdict) {
        for home in 0..self.homes.len() {
            let since = self.homes.get(home).map_or(now, |waiting| waiting.since);
            self.wait(home, since, now, verdict);
        }
    }

    fn wait(&mut self, home: usize, since: Duration, now: Duration, verdict: &mut Verdict) {
        if touched(&self.disturbed, since, now, RECOVERY) {
            return;
        }
        // The largest factor from the last check on: the queue holds the suffix maxima of a longer time.
        let from = since.saturating_sub(NORMAL);
        let stretch = self.stretch.iter().find(|(at, _)| *at >= from).map_or(1.0, |(_, factor)| *factor);
        let interval = if now > LONG_GREEN { 2 * NORMAL } else { NORMAL };
        let wait = (now - since).as_secs_f64() / (interval.as_secs_f64() * stretch.max(1.0));
        self.worst_wait = self.worst_wait.max(wait);
        if wait > 2.0 {
            verdict.break_law(Law::Waiting, || {
                format!("home {home} waited from {since:?} to {now:?} with a stretch of {stretch:.2}")
            });
        }
    }

    /// Returns the use of the lane in all windows with demand.
    pub(crate) fn lane_use(&self) -> f64 {
        self.busy_calls as f64 / (self.lane * WINDOW.as_secs_f64() * self.busy_windows.max(1) as f64)
    }
}
