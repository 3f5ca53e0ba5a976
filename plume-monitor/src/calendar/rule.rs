//! A recurrent range of local time: the common base of windows and quiet hours.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::calendar::dates::dates;
use crate::calendar::recurrence::Recurrence;
use crate::calendar::zone::Zone;
use crate::sla::MaintenanceWindow;

/// The end of a range.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// After a time that passes equally in every zone.
    After(Duration),
    /// At the next such local time.
    At(NaiveTime),
}

/// A range of local time, once or recurrent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<'a> {
    pub(super) start: NaiveDateTime,
    pub(super) end: End,
    pub(super) zone: Zone,
    pub(super) repeat: Option<&'a Recurrence>,
}

/// The longest range in days.
pub(super) const LONGEST_DAYS: u64 = 31;

/// The ranges that are joined to find the end of an open time. A time that is open for longer has no end that matters now,
/// and every check needs the answer.
const JOINED: usize = 40;

impl<'a> Rule<'a> {
    /// Returns the ranges that end after `at`, by their start.
    fn after(self, at: DateTime<Utc>) -> impl Iterator<Item = MaintenanceWindow> + 'a {
        let first = self.zone.local(at).date();
        let first = first.checked_sub_days(Days::new(self.days())).unwrap_or(NaiveDate::MIN);
        let start = self.start.date();
        let once = self.repeat.is_none().then_some(start);
        let repeated = self.repeat.into_iter().flat_map(move |repeat| dates(start, repeat, first));
        let until = self.repeat.and_then(|repeat| repeat.until);
        once.into_iter()
            .chain(repeated)
            .map(move |date| self.range(date))
            .take_while(move |range| until.is_none_or(|until| range.from <= until))
            .filter(move |range| range.to > at && range.to > range.from)
    }

    /// Returns the days that a range may reach into, and two more for its local end and a skipped day.
    fn days(self) -> u64 {
        let days = match self.end {
            End::After(duration) => duration.as_secs().div_ceil(86_400),
            End::At(_) => 1,
        };
        days.saturating_add(2)
    }

    fn range(self, date: NaiveDate) -> MaintenanceWindow {
        let from = self.zone.instant(date.and_time(self.start.time()));
        let to = match self.end {
            End::After(duration) => {
                let duration = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
                from.checked_add_signed(duration).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
            End::At(time) if time > self.start.time() => self.zone.instant(date.and_time(time)),
            End::At(time) => {
                let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
                self.zone.instant(next.and_time(time))
            }
        };
        MaintenanceWindow::new(from, to)
    }
}

/// Returns whether `at` is within a range of any rule.
pub(super) fn is_open<'a>(rules: impl Iterator<Item = Rule<'a>>, at: DateTime<Utc>) -> bool {
    end_of_range(rules, at).is_some()
}

/// Returns the latest end of the ranges that contain `at`.
fn end_of_range<'a>(rules: impl Iterator<Item = Rule<'a>>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let ends =
        rules.flat_map(|rule| rule.after(at).take_while(|range| range.from <= at).map(|range| range.to));
    ends.max()
}

/// Returns the next time after `at` at which a range of any rule begins or the last of several ends; of a longer time that
/// is open, the end of the first [`JOINED`] ranges.
pub(super) fn next_change<'a>(
    rules: impl Iterator<Item = Rule<'a>> + Clone,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let Some(mut end) = end_of_range(rules.clone(), at) else {
        return rules.filter_map(|rule| rule.after(at).next()).map(|range| range.from).min();
    };
    for _ in 0..JOINED {
        match end_of_range(rules.clone(), end) {
            Some(later) => end = later,
            None => break,
        }
    }
    Some(end)
}

/// Returns the ranges between two times, joined if they touch, and at most `most` of each rule.
pub(super) fn ranges<'a>(
    rules: impl Iterator<Item = Rule<'a>>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    most: usize,
) -> Vec<MaintenanceWindow> {
    let within = |rule: Rule<'a>| rule.after(from).take_while(move |range| range.from < to).take(most);
    let mut ranges: Vec<MaintenanceWindow> = rules.flat_map(within).collect();
    ranges.sort_unstable_by_key(|range| range.from);
    ranges.dedup_by(|next, range| {
        let touches = next.from <= range.to;
        if touches {
            range.to = range.to.max(next.to);
        }
        touches
    });
    ranges
}
