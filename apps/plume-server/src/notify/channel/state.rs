//! The condition of a channel, which outlives the process.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use plume::runtime::time;
use serde::{Deserialize, Serialize};

/// Failures for this time are reported on another channel.
const REPORT_AFTER: Duration = Duration::from_secs(10 * 60);
/// A pause that ends later comes from a clock that was set back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 3_600);
/// Maximum length of a stored cause.
const MAX_CAUSE: usize = 200;

/// The condition of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChannelState {
    /// The first failure since the last success. Without [`failures`](Self::failures), it is one of some recipients only.
    pub failing_since: Option<DateTime<Utc>>,
    /// The number of failures since the last success.
    pub failures: u32,
    /// The cause of the last failure, in one line.
    pub cause: Option<String>,
    /// The last failure.
    pub failed_at: Option<DateTime<Utc>>,
    /// The message of all failures since the last success, if it is one: the receiver may refuse only this one.
    pub culprit: Option<i64>,
    /// No attempt before this time.
    pub paused_until: Option<DateTime<Utc>>,
    /// The last success.
    pub worked_at: Option<DateTime<Utc>>,
    /// Whether another channel has reported the failure.
    pub is_reported: bool,
    /// Open incidents that the receiver expects to be repeated.
    pub repeated: BTreeSet<String>,
}

/// News about a channel for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum News {
    /// It fails.
    Failing(DateTime<Utc>),
    /// It works again.
    Working(DateTime<Utc>),
}

impl ChannelState {
    /// Records a failure, and the time of the next attempt. `is_final` says that the receiver refuses for good.
    pub fn failed(
        &mut self,
        now: DateTime<Utc>,
        cause: &str,
        pause: Option<DateTime<Utc>>,
        is_final: bool,
    ) -> Option<News> {
        self.culprit = None;
        self.begin(self.failures == 0);
        let since = *self.failing_since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        self.cause = Some(plume_text::shorten(cause, MAX_CAUSE));
        (self.paused_until, self.failed_at) = (pause, Some(now));
        let is_long = is_final || time::between(since, now) >= REPORT_AFTER;
        let is_news = is_long && !self.is_reported;
        self.is_reported |= is_long;
        is_news.then_some(News::Failing(since))
    }

    /// Records a message that was sent, and that some of its recipients refused. The channel fails for these, without a pause.
    pub fn refused(&mut self, now: DateTime<Utc>, cause: &str) -> Option<News> {
        self.begin(self.failures > 0);
        let since = *self.failing_since.get_or_insert(now);
        self.cause = Some(plume_text::shorten(cause, MAX_CAUSE));
        (self.failures, self.culprit, self.paused_until, self.worked_at) = (0, None, None, Some(now));
        let was_reported = std::mem::replace(&mut self.is_reported, true);
        (!was_reported).then_some(News::Failing(since))
    }

    /// Forgets a failure of the other kind: of all recipients, or of some.
    fn begin(&mut self, is_other: bool) {
        if is_other {
            (self.failing_since, self.is_reported) = (None, false);
        }
    }

    /// Records which message failed, after [`failed`](Self::failed): its number, its attempts before this one, and the culprit
    /// before it.
    pub fn blame(&mut self, message: i64, attempts: u32, before: Option<i64>) {
        self.culprit = Some(message).filter(|_| self.failures <= 1 || before == Some(message));
        if self.culprit.is_some() && attempts > 0 {
            // It failed alone before, and others were sent since.
            self.failures = self.failures.max(2);
        }
    }

    /// Records a success.
    pub fn worked(&mut self, now: DateTime<Utc>) -> Option<News> {
        let since = self.failing_since.take();
        (self.failures, self.cause, self.paused_until, self.worked_at) = (0, None, None, Some(now));
        self.culprit = None;
        let was_reported = std::mem::take(&mut self.is_reported);
        since.filter(|_| was_reported).map(News::Working)
    }

    /// Ends the pause of a channel that fails. It fails until a success, so a failure after this is no news.
    pub fn resume(&mut self) {
        (self.paused_until, self.failures, self.culprit) = (None, self.failures.min(1), None);
    }

    /// Returns the message that alone failed at least twice. Others are attempted in its pause.
    #[must_use]
    pub fn suspect(&self) -> Option<i64> {
        self.culprit.filter(|_| self.failures >= 2)
    }

    /// Ends the pause if people have changed the channel since it failed.
    pub fn renew(&mut self, changed: DateTime<Utc>) {
        if self.failed_at.is_some_and(|at| changed > at) {
            self.paused_until = None;
        }
    }

    /// Returns the end of the pause, if the channel pauses.
    #[must_use]
    pub fn paused(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.paused_until.filter(|until| *until > now && time::between(now, *until) <= LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_failure_is_reported_once_after_ten_minutes_and_its_end_once() {
        let mut state = ChannelState::default();
        assert_eq!(state.failed(at(0), "500", Some(at(1)), false), None);
        assert_eq!(state.failed(at(9), "500", Some(at(10)), false), None);
        assert_eq!(state.failed(at(10), "500", Some(at(20)), false), Some(News::Failing(at(0))));
        assert_eq!(state.failed(at(20), "500", None, true), None);
        assert_eq!(state.worked(at(30)), Some(News::Working(at(0))));
        assert_eq!(state.worked(at(31)), None);
        assert_eq!(state.failed(at(40), "500", None, false), None);
        assert_eq!(state.worked(at(41)), None);
        assert_eq!(state.failed(at(50), "410", None, true), Some(News::Failing(at(50))));
    }

    #[test]
    fn a_channel_that_is_tried_and_fails_again_is_reported_once() {
        let mut state = ChannelState::default();
        assert_eq!(state.failed(at(0), "500", Some(at(1)), false), None);
        assert_eq!(state.failed(at(10), "500", Some(at(250)), false), Some(News::Failing(at(0))));
        for minute in [11, 21, 31] {
            state.resume();
            assert_eq!((state.paused(at(minute)), state.failing_since), (None, Some(at(0))));
            assert_eq!(state.failed(at(minute), "410", Some(at(250)), minute == 31), None);
        }
        assert_eq!((state.failing_since, state.worked(at(40))), (Some(at(0)), Some(News::Working(at(0)))));
    }

    #[test]
    fn recipients_that_are_refused_do_not_hide_a_failure_of_the_channel() {
        let mut state = ChannelState::default();
        assert_eq!(state.refused(at(0), "refused eve"), Some(News::Failing(at(0))));
        for minute in 1..=5 {
            assert_eq!(state.refused(at(minute), "refused eve"), None);
        }
        assert_eq!((state.failures, state.paused(at(5)), state.worked_at), (0, None, Some(at(5))));
        // The server is away: a first failure, which is reported after ten minutes as any other.
        assert_eq!(state.failed(at(10), "reset", Some(at(11)), false), None);
        assert_eq!((state.failures, state.failing_since), (1, Some(at(10))));
        assert_eq!(state.failed(at(20), "reset", None, false), Some(News::Failing(at(10))));
        assert_eq!(state.refused(at(30), "refused eve"), Some(News::Failing(at(30))));
        assert_eq!(state.worked(at(40)), Some(News::Working(at(30))));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_pause_a_channel_for_a_day() {
        let mut state = ChannelState::default();
        state.failed(at(0), "500", Some(at(240)), false);
        assert_eq!(state.paused(at(0)), Some(at(240)));
        assert_eq!(state.paused(at(240)), None);
        assert_eq!(state.paused(at(-1_440)), None);
    }
}
