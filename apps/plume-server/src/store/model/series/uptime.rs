//! The time of homes and groups by class, counted over fixed periods.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use plume::{
    health::Status,
    monitor::{
        home::Transition,
        ids::{HomeId, TenantId},
        sla::{SlaPolicy, TimeByClass, Verdict, in_order},
    },
};

use crate::store::model::home::Traits;

/// A period that ends with the time of the count, or before it. Months are those of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UptimePeriod {
    /// The last 7 days.
    Week,
    /// The last 30 days.
    ThirtyDays,
    /// The month to date.
    ThisMonth,
    /// The calendar month before.
    LastMonth,
}

impl UptimePeriod {
    /// All periods. The place of a period is its code in tables.
    pub const ALL: [Self; 4] = [Self::Week, Self::ThirtyDays, Self::ThisMonth, Self::LastMonth];

    /// Returns the word of the period in addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Week => "7d",
            Self::ThirtyDays => "30d",
            Self::ThisMonth => "month",
            Self::LastMonth => "last-month",
        }
    }

    /// Returns the start and the end for a count at `now`.
    #[must_use]
    pub fn range(self, now: DateTime<Utc>) -> Range<DateTime<Utc>> {
        let back = |days| now.checked_sub_signed(TimeDelta::days(days)).unwrap_or(now)..now;
        let this = first_of_month(now.year(), now.month());
        match self {
            Self::Week => back(7),
            Self::ThirtyDays => back(30),
            Self::ThisMonth => this.unwrap_or(now)..now,
            Self::LastMonth => {
                let last = match now.month0() {
                    0 => first_of_month(now.year() - 1, 12),
                    month => first_of_month(now.year(), month),
                };
                last.unwrap_or(now)..this.unwrap_or(now)
            }
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Week => 0,
            Self::ThirtyDays => 1,
            Self::ThisMonth => 2,
            Self::LastMonth => 3,
        }
    }
}

fn first_of_month(year: i32, month: u32) -> Option<DateTime<Utc>> {
    Some(NaiveDate::from_ymd_opt(year, month, 1)?.and_hms_opt(0, 0, 0)?.and_utc())
}

/// The kind of a group of homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UptimeGroup {
    /// All homes of the tenant.
    Tenant,
    /// The homes of a region.
    Region,
    /// The homes with a model of the gateway.
    Model,
    /// The homes with a tag.
    Tag,
}

impl UptimeGroup {
    /// Returns the word of the kind in addresses and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Region => "region",
            Self::Model => "model",
            Self::Tag => "tag",
        }
    }
}

/// The seconds of a period by class. The classes add up to the period, for a group to the period times the homes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Uptime {
    /// Green and yellow.
    pub up: i64,
    /// Orange.
    pub degraded: i64,
    /// Red.
    pub down: i64,
    /// Without a known status.
    pub unknown: i64,
    /// In a maintenance window.
    pub maintenance: i64,
    /// Uptime in percent of the counted time; `None` without known time that counts.
    pub percent: Option<f64>,
}

impl Uptime {
    /// Returns the sum of the classes.
    #[must_use]
    pub fn total(&self) -> i64 {
        [self.up, self.degraded, self.down, self.unknown, self.maintenance]
            .into_iter()
            .fold(0, i64::saturating_add)
    }

    /// Compares the time with the target of the terms.
    #[must_use]
    pub fn verdict(&self, terms: &SlaPolicy) -> Verdict {
        let mut time = TimeByClass::default();
        (time.up_seconds, time.degraded_seconds) = (self.up, self.degraded);
        (time.down_seconds, time.unknown_seconds) = (self.down, self.unknown);
        time.verdict(terms)
    }

    /// The place in a list, the worst first: the percentage, and behind all of them what is not known.
    pub(crate) fn rank(&self) -> f64 {
        const LAST: f64 = 1_000.0;
        self.percent.unwrap_or(LAST)
    }
}

/// A home with its changes of the status, to be counted.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeHistory {
    /// The owner.
    pub tenant: TenantId,
    /// The home.
    pub home: HomeId,
    /// Its groups.
    pub traits: Traits,
    /// Its tags.
    pub tags: Vec<String>,
    /// The status at the start.
    pub before: Status,
    /// Each later status with the time at which it began.
    pub changes: Vec<(DateTime<Utc>, Status)>,
}

impl HomeHistory {
    /// Adds the changes since a time, from the transitions in the order of their decisions. Without any, the status is as
    /// it was.
    #[must_use]
    pub fn with_changes(mut self, transitions: &[Transition], since: DateTime<Utc>) -> Self {
        let mut changes = in_order(transitions);
        let inside = changes.split_off(changes.partition_point(|(began, _)| *began < since));
        let before = changes.last().map(|(_, status)| *status);
        self.before = before.or(transitions.first().map(|first| first.from)).unwrap_or(self.before);
        self.changes = inside;
        self
    }
}

/// The counted times of a home, in the order of [`UptimePeriod::ALL`].
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// The owner.
    pub tenant: TenantId,
    /// The home.
    pub home: HomeId,
    /// The times.
    pub times: [Uptime; 4],
}

/// The counted time of a home in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeUptime {
    /// The home.
    pub home: HomeId,
    /// The name for people.
    pub name: String,
    /// The region.
    pub region: Option<String>,
    /// The time of the count.
    pub at: DateTime<Utc>,
    /// The time by class.
    pub time: Uptime,
}

/// The counted time of a group of homes in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupUptime {
    /// The kind.
    pub kind: UptimeGroup,
    /// The region, model or tag; the id of the tenant.
    pub value: String,
    /// The period.
    pub period: UptimePeriod,
    /// The number of homes.
    pub homes: u64,
    /// The time of the count.
    pub at: DateTime<Utc>,
    /// The sum of the times of the homes.
    pub time: Uptime,
}

/// A place in a list of counted times of homes. The list begins after it.
#[derive(Debug, Clone, PartialEq)]
pub struct UptimeCursor {
    /// The percentage, or a number above all for an unknown one.
    pub rank: f64,
    /// The home.
    pub home: HomeId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_now_or_with_the_last_month() {
        for (now, period, from, to) in [
            ("2026-01-15T10:00:00Z", UptimePeriod::Week, "2026-01-08T10:00:00Z", "2026-01-15T10:00:00Z"),
            ("2026-01-15T10:00:00Z", UptimePeriod::ThisMonth, "2026-01-01T00:00:00Z", "2026-01-15T10:00:00Z"),
            ("2026-01-15T10:00:00Z", UptimePeriod::LastMonth, "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2028-03-31T23:59:59Z", UptimePeriod::LastMonth, "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            let range = period.range(now.parse().unwrap());
            assert_eq!((range.start, range.end), (from.parse().unwrap(), to.parse().unwrap()), "{now}");
        }
    }
}
