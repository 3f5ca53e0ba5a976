//! The availability of a home from its stored transitions.

use std::fmt;

use chrono::{DateTime, Utc};
use plume_health::Status;
use plume_health::series::time_at;

use crate::sla::account::percent;
use crate::sla::phrases;
use crate::sla::policy::{CountAs, MaintenanceTime, MaintenanceWindow, SlaPolicy};
use crate::sla::report::{Availability, Verdict};
use crate::sla::segments::Windows;

/// Returns the availability between two times.
///
/// `before` is the status at the start. The transitions are in the order of [`in_order`](crate::sla::in_order); one that
/// is earlier than the one before it begins with it, and of several at the same second the last one counts. Disrupted time (orange) counts as [`SlaPolicy::intermittent`] says. With
/// [`MaintenanceTime::Counted`], no time is maintenance.
///
/// ```
/// use plume_health::Status;
/// use plume_monitor::sla::{SlaPolicy, availability};
///
/// let (from, to) = ("2026-01-15T00:00:00Z".parse()?, "2026-01-16T00:00:00Z".parse()?);
/// let transitions = [
///     ("2026-01-15T06:00:00Z".parse()?, Status::Red),
///     ("2026-01-15T07:00:00Z".parse()?, Status::Green),
///     ("2026-01-15T20:00:00Z".parse()?, Status::Unknown),
/// ];
/// let day = availability(Status::Green, &transitions, &SlaPolicy::standard(), from, to);
/// assert_eq!((day.up_seconds, day.down_seconds, day.unknown_seconds), (19 * 3_600, 3_600, 4 * 3_600));
/// assert_eq!((day.total_seconds(), day.uptime_percent), (86_400, Some(95.0)));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[must_use]
pub fn availability(
    before: Status,
    transitions: &[(DateTime<Utc>, Status)],
    policy: &SlaPolicy,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Availability {
    let (start, end) = (from.timestamp(), to.timestamp().max(from.timestamp()));
    let windows: &[MaintenanceWindow] = match policy.maintenance_time {
        MaintenanceTime::Excluded => &policy.maintenance,
        MaintenanceTime::Counted => &[],
    };
    let windows = Windows::new(windows);
    let mut result = Availability {
        from: time_at(start),
        to: time_at(end),
        up_seconds: 0,
        degraded_seconds: 0,
        down_seconds: 0,
        unknown_seconds: 0,
        maintenance_seconds: 0,
        uptime_percent: None,
        method: phrases::availability(policy),
    };
    let (mut since, mut status) = (start, before);
    let changes = transitions.iter().map(|(at, status)| (at.timestamp(), *status));
    for (at, next) in changes.chain([(i64::MAX, before)]) {
        let at = at.clamp(since, end);
        let maintenance = windows.overlap(since, at);
        let seconds = at.saturating_sub(since).saturating_sub(maintenance);
        result.maintenance_seconds = result.maintenance_seconds.saturating_add(maintenance);
        let class = result.of_mut(status);
        *class = class.saturating_add(seconds);
        (since, status) = (at, next);
    }
    result.uptime_percent = uptime(&result, policy);
    result
}

impl Availability {
    /// Adds the seconds of another home in the same period, for the uptime of a group.
    ///
    /// ```
    /// use plume_health::Status;
    /// use plume_monitor::sla::{SlaPolicy, availability};
    ///
    /// let (from, to) = ("2026-01-15T00:00:00Z".parse()?, "2026-01-16T00:00:00Z".parse()?);
    /// let terms = SlaPolicy::standard();
    /// let mut both = availability(Status::Green, &[], &terms, from, to);
    /// both.add(&availability(Status::Red, &[], &terms, from, to), &terms);
    /// assert_eq!((both.total_seconds(), both.uptime_percent), (2 * 86_400, Some(50.0)));
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    pub fn add(&mut self, other: &Self, policy: &SlaPolicy) {
        for (sum, seconds) in [
            (&mut self.up_seconds, other.up_seconds),
            (&mut self.degraded_seconds, other.degraded_seconds),
            (&mut self.down_seconds, other.down_seconds),
            (&mut self.unknown_seconds, other.unknown_seconds),
            (&mut self.maintenance_seconds, other.maintenance_seconds),
        ] {
            *sum = sum.saturating_add(seconds);
        }
        self.uptime_percent = uptime(self, policy);
    }
}

/// The time of a period by class, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct TimeByClass {
    /// Green and yellow.
    pub up_seconds: i64,
    /// Orange: the service is disrupted.
    pub degraded_seconds: i64,
    /// Red.
    pub down_seconds: i64,
    /// Without a known status.
    pub unknown_seconds: i64,
}

impl TimeByClass {
    /// Compares the time with the target of the terms.
    ///
    /// ```
    /// use plume_monitor::sla::{SlaPolicy, TimeByClass, Verdict};
    ///
    /// let mut time = TimeByClass::default();
    /// (time.up_seconds, time.unknown_seconds) = (900, 100);
    /// assert_eq!(time.verdict(&SlaPolicy::standard()), Verdict::Met);
    /// time.unknown_seconds += 1;
    /// assert_eq!(time.verdict(&SlaPolicy::standard()), Verdict::Unknown);
    /// # assert_eq!(TimeByClass::default().verdict(&SlaPolicy::standard()), Verdict::Unknown);
    /// ```
    #[must_use]
    pub fn verdict(&self, policy: &SlaPolicy) -> Verdict {
        let (up, down) = self.counted(policy);
        policy.judge(up, down, self.known(), self.unknown_seconds)
    }

    fn known(&self) -> i64 {
        self.up_seconds.saturating_add(self.degraded_seconds).saturating_add(self.down_seconds)
    }

    /// Returns the time that counts as uptime and as downtime.
    fn counted(&self, policy: &SlaPolicy) -> (i64, i64) {
        let counting = |wanted: CountAs| {
            let of = |choice: CountAs, seconds: i64| if choice == wanted { seconds } else { 0 };
            of(policy.intermittent, self.degraded_seconds)
                .saturating_add(of(policy.unknown, self.unknown_seconds))
        };
        let up = self.up_seconds.saturating_add(counting(CountAs::Up));
        (up, self.down_seconds.saturating_add(counting(CountAs::Down)))
    }
}

fn uptime(time: &Availability, policy: &SlaPolicy) -> Option<f64> {
    let Availability { up_seconds, degraded_seconds, down_seconds, unknown_seconds, .. } = *time;
    let time = TimeByClass { up_seconds, degraded_seconds, down_seconds, unknown_seconds };
    let (up, down) = time.counted(policy);
    let is_known = time.up_seconds > 0 || time.degraded_seconds > 0 || time.down_seconds > 0;
    percent(up, up.saturating_add(down)).filter(|_| is_known)
}

impl fmt::Display for Availability {
    /// Writes the classes, and the rules of the count beside them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", phrases::availability_headline(self))?;
        self.method.iter().try_for_each(|rule| writeln!(f, "  {rule}"))
    }
}
