//! Quiet hours.

use chrono::{DateTime, Days, NaiveTime, Utc, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::recurrence::{Frequency, Recurrence};
use crate::calendar::rule::{self, End, Rule};
use crate::calendar::zone::Zone;

/// Hours of the week, since 1970, in which messages wait, those about red homes too. An unknown key in the configuration is an error.
///
/// ```
/// use plume_monitor::calendar::QuietHours;
///
/// let quiet: QuietHours = serde_json::from_str(
///     r#"{"ranges": [{"days": ["mon", "tue"], "from": "22:00", "to": "07:00"}, {"days": ["sun"], "from": "00:00", "to": "00:00"}]}"#,
/// )?;
/// let tuesday = "2026-01-13T03:00:00Z".parse()?;
/// assert!(quiet.is_open(tuesday));
/// assert_eq!(quiet.next_change(tuesday), Some("2026-01-13T07:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct QuietHours {
    /// The zone of the local times; UTC if it is omitted.
    #[serde(default)]
    pub zone: Zone,
    /// The ranges, which may overlap.
    pub ranges: Vec<QuietRange>,
}

/// A range of local time on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct QuietRange {
    /// The days on which the range begins: `mon`, `tue`, …
    #[serde(with = "days")]
    pub days: Vec<Weekday>,
    /// The begin: `22:00`.
    #[serde(with = "time")]
    pub from: NaiveTime,
    /// The end. At or before `from`, it is on the next day.
    #[serde(with = "time")]
    pub to: NaiveTime,
}

impl QuietRange {
    /// Returns a range.
    #[must_use]
    pub fn new(days: impl Into<Vec<Weekday>>, from: NaiveTime, to: NaiveTime) -> Self {
        Self { days: days.into(), from, to }
    }

    /// Returns the recurrence of the range: weekly, on its days.
    fn recurrence(&self) -> Recurrence {
        let mut weekdays = self.days.clone();
        weekdays.sort_unstable_by_key(Weekday::num_days_from_monday);
        weekdays.dedup();
        Recurrence {
            frequency: Frequency::Weekly,
            interval: 1,
            weekdays,
            month_days: Vec::new(),
            until: None,
            count: None,
        }
    }
}

impl QuietHours {
    /// Returns quiet hours with the local times of a zone.
    #[must_use]
    pub fn new(zone: Zone, ranges: impl Into<Vec<QuietRange>>) -> Self {
        Self { zone, ranges: ranges.into() }
    }

    /// Returns whether it is quiet.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        let recurrences = self.recurrences();
        rule::is_open(self.rules(&recurrences), at)
    }

    /// Returns the next time at which quiet hours begin or end. `None` if they never do. Of more than 40 adjoining ranges it
    /// is the end of the first ones.
    #[must_use]
    pub fn next_change(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let recurrences = self.recurrences();
        rule::next_change(self.rules(&recurrences), at)
    }

    /// Returns whether it is quiet all the time.
    #[must_use]
    pub fn is_always(&self) -> bool {
        // The ranges repeat every week, so a quiet time of more than a week has no end.
        let start = DateTime::UNIX_EPOCH.checked_add_days(Days::new(30)).unwrap_or(DateTime::UNIX_EPOCH);
        let week = start.checked_add_days(Days::new(9)).unwrap_or(start);
        self.is_open(start) && self.next_change(start).is_none_or(|end| end >= week)
    }

    fn recurrences(&self) -> Vec<Recurrence> {
        self.ranges.iter().map(QuietRange::recurrence).collect()
    }

    fn rules<'a>(&'a self, recurrences: &'a [Recurrence]) -> impl Iterator<Item = Rule<'a>> + Clone {
        // A range without days never begins; as a recurrence it would begin on the weekday of the start.
        let ranges = self.ranges.iter().zip(recurrences).filter(|(range, _)| !range.days.is_empty());
        ranges.map(|(range, recurrence)| Rule {
            start: DateTime::UNIX_EPOCH.date_naive().and_time(range.from),
            end: End::At(range.to),
            zone: self.zone,
            repeat: Some(recurrence),
        })
    }
}

/// Times as `22:00`, or with seconds.
mod time {
    use std::borrow::Cow;

    use chrono::NaiveTime;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    const FORMATS: [&str; 2] = ["%H:%M", "%H:%M:%S"];

    pub(super) fn serialize<S: Serializer>(time: &NaiveTime, serializer: S) -> Result<S::Ok, S::Error> {
        let [short, long] = FORMATS;
        let text = time.format(short).to_string();
        let is_exact = NaiveTime::parse_from_str(&text, short).is_ok_and(|read| read == *time);
        if is_exact { serializer.serialize_str(&text) } else { serializer.collect_str(&time.format(long)) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let time = FORMATS.iter().find_map(|format| NaiveTime::parse_from_str(&text, format).ok());
        time.ok_or_else(|| D::Error::custom(format!("`{text}` is not a time of day (example: `22:00`)")))
    }
}

/// Days as `mon`, `tue`, …
mod days {
    use std::borrow::Cow;

    use chrono::Weekday;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(days: &[Weekday], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(days.iter().map(|day| day.to_string().to_lowercase()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Weekday>, D::Error> {
        let words = Vec::<Cow<'_, str>>::deserialize(deserializer)?;
        let day = |word: &Cow<'_, str>| {
            word.parse().map_err(|_| D::Error::custom(format!("`{word}` is not a day (example: `mon`)")))
        };
        words.iter().map(day).collect()
    }
}
