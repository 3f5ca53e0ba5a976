//! Rules of recurrence.

use std::{borrow::Cow, fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime, Utc, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The unit of a recurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
}

/// A rule of recurrence, written as in RFC 5545: `FREQ=WEEKLY;BYDAY=MO,TH`.
///
/// The subset: `FREQ` of `DAILY`, `WEEKLY` (with `BYDAY`) or `MONTHLY` (with `BYMONTHDAY`, from the end if negative);
/// `INTERVAL`; `UNTIL` in UTC, inclusive; `COUNT`. Weeks begin on Monday. A month without the day is left out. Without
/// `BYDAY` or `BYMONTHDAY` the day is that of the start. A start that does not match the rule is no occurrence.
///
/// ```
/// use plume_monitor::calendar::Recurrence;
///
/// let rule: Recurrence = "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=6".parse()?;
/// assert_eq!(rule.to_string(), "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=6");
/// let error = "FREQ=YEARLY".parse::<Recurrence>().unwrap_err();
/// assert_eq!(error.to_string(), "invalid recurrence: `FREQ`: `YEARLY` is not DAILY, WEEKLY or MONTHLY");
/// # Ok::<(), plume_monitor::calendar::RecurrenceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recurrence {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    /// From Monday, without repetitions.
    pub(super) weekdays: Vec<Weekday>,
    /// Ascending, without repetitions.
    pub(super) month_days: Vec<i8>,
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) count: Option<u32>,
}

/// The largest `INTERVAL` and `COUNT`.
pub(super) const MOST: u32 = 1_000;

const UNTIL_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// An invalid [`Recurrence`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrenceError {
    key: Box<str>,
    problem: String,
}

impl RecurrenceError {
    fn new(key: &str, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }

    /// Returns the name of the invalid part.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for RecurrenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid recurrence: `{}`: {}", self.key, self.problem)
    }
}

impl std::error::Error for RecurrenceError {}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// The parts of a rule as text. Each may occur once.
#[derive(Default)]
struct Parts<'a> {
    frequency: Option<&'a str>,
    interval: Option<&'a str>,
    by_day: Option<&'a str>,
    by_month_day: Option<&'a str>,
    until: Option<&'a str>,
    count: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, RecurrenceError> {
        let mut parts = Self::default();
        for part in text.split(';') {
            let (key, value) = part.split_once('=').ok_or_else(|| RecurrenceError::new(part, "no value"))?;
            let place = match key {
                "FREQ" => &mut parts.frequency,
                "INTERVAL" => &mut parts.interval,
                "BYDAY" => &mut parts.by_day,
                "BYMONTHDAY" => &mut parts.by_month_day,
                "UNTIL" => &mut parts.until,
                "COUNT" => &mut parts.count,
                _ => return Err(RecurrenceError::new(key, "not supported")),
            };
            if place.replace(value).is_some() {
                return Err(RecurrenceError::new(key, "given twice"));
            }
        }
        Ok(parts)
    }
}

fn number(key: &str, text: &str) -> Result<u32, RecurrenceError> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| RecurrenceError::new(key, format!("`{text}` is not from 1 to {MOST}")))
}

fn weekday(text: &str) -> Result<Weekday, RecurrenceError> {
    let known = WEEKDAYS.iter().find(|(name, _)| *name == text);
    known
        .map(|(_, day)| *day)
        .ok_or_else(|| RecurrenceError::new("BYDAY", format!("`{text}` is not a day (example: `MO,TH`)")))
}

fn month_day(text: &str) -> Result<i8, RecurrenceError> {
    let day = text.parse().ok().filter(|day| (1..=31).contains(day) || (-31..=-1).contains(day));
    day.ok_or_else(|| {
        RecurrenceError::new("BYMONTHDAY", format!("`{text}` is not from 1 to 31, or from -31 to -1"))
    })
}

fn until(text: &str) -> Result<DateTime<Utc>, RecurrenceError> {
    let time = NaiveDateTime::parse_from_str(text, UNTIL_FORMAT);
    time.map(|time| time.and_utc()).map_err(|_| {
        RecurrenceError::new("UNTIL", format!("`{text}` is not a time in UTC (example: `20261231T235959Z`)"))
    })
}

impl FromStr for Recurrence {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, RecurrenceError> {
        let parts = Parts::of(text)?;
        let frequency = match parts.frequency {
            Some("DAILY") => Frequency::Daily,
            Some("WEEKLY") => Frequency::Weekly,
            Some("MONTHLY") => Frequency::Monthly,
            Some(other) => {
                return Err(RecurrenceError::new(
                    "FREQ",
                    format!("`{other}` is not DAILY, WEEKLY or MONTHLY"),
                ));
            }
            None => return Err(RecurrenceError::new("FREQ", "missing")),
        };
        if parts.by_day.is_some() && frequency != Frequency::Weekly {
            return Err(RecurrenceError::new("BYDAY", "only with FREQ=WEEKLY"));
        }
        if parts.by_month_day.is_some() && frequency != Frequency::Monthly {
            return Err(RecurrenceError::new("BYMONTHDAY", "only with FREQ=MONTHLY"));
        }
        if parts.until.is_some() && parts.count.is_some() {
            return Err(RecurrenceError::new("COUNT", "not together with UNTIL"));
        }
        let list = |text: Option<&'_ str>| {
            text.map_or_else(Vec::new, |text| text.split(',').map(str::to_owned).collect())
        };
        let mut weekdays: Vec<Weekday> =
            list(parts.by_day).iter().map(|text| weekday(text)).collect::<Result<_, _>>()?;
        weekdays.sort_unstable_by_key(Weekday::num_days_from_monday);
        weekdays.dedup();
        let mut month_days: Vec<i8> =
            list(parts.by_month_day).iter().map(|text| month_day(text)).collect::<Result<_, _>>()?;
        month_days.sort_unstable();
        month_days.dedup();
        Ok(Self {
            frequency,
            interval: parts.interval.map_or(Ok(1), |text| number("INTERVAL", text))?,
            weekdays,
            month_days,
            until: parts.until.map(until).transpose()?,
            count: parts.count.map(|text| number("COUNT", text)).transpose()?,
        })
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = match self.frequency {
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
        };
        write!(f, "FREQ={frequency}")?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        let days = self.weekdays.iter().filter_map(|day| WEEKDAYS.iter().find(|(_, known)| known == day));
        for (index, (name, _)) in days.enumerate() {
            write!(f, "{}{name}", if index == 0 { ";BYDAY=" } else { "," })?;
        }
        for (index, day) in self.month_days.iter().enumerate() {
            write!(f, "{}{day}", if index == 0 { ";BYMONTHDAY=" } else { "," })?;
        }
        if let Some(until) = self.until {
            write!(f, ";UNTIL={}", until.format(UNTIL_FORMAT))?;
        }
        self.count.map_or(Ok(()), |count| write!(f, ";COUNT={count}"))
    }
}

impl Serialize for Recurrence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Recurrence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
