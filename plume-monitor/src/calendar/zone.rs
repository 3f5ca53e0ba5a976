//! Time zones.

use std::{borrow::Cow, fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime, Utc};
#[cfg(feature = "time-zones")]
use chrono::{MappedLocalTime, Offset, TimeDelta, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A time zone by its IANA name, for example `Europe/Vienna`; capital letters do not matter. Without the feature `time-zones`, `UTC` is the only one.
///
/// ```
/// use plume_monitor::calendar::Zone;
///
/// assert_eq!("UTC".parse::<Zone>()?, Zone::UTC);
/// assert_eq!("utc".parse::<Zone>()?, Zone::UTC);
/// assert!("Mars/Olympus".parse::<Zone>().is_err());
/// # Ok::<(), plume_monitor::calendar::ZoneError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Inner);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Inner {
    Utc,
    #[cfg(feature = "time-zones")]
    Named(chrono_tz::Tz),
}

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(Inner::Utc);

    /// Returns the IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Inner::Utc => "UTC",
            #[cfg(feature = "time-zones")]
            Inner::Named(zone) => zone.name(),
        }
    }

    /// Returns the local time of an instant.
    pub(super) fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        let utc = at.naive_utc();
        match self.0 {
            Inner::Utc => utc,
            #[cfg(feature = "time-zones")]
            Inner::Named(zone) => {
                let offset = zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
                utc.checked_add_signed(TimeDelta::seconds(offset.into())).unwrap_or(utc)
            }
        }
    }

    /// Returns the instant of a local time: the first of two, and the end of the gap for a skipped one.
    pub(super) fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.0 {
            Inner::Utc => local.and_utc(),
            #[cfg(feature = "time-zones")]
            Inner::Named(zone) => match zone.from_local_datetime(&local) {
                MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.to_utc(),
                MappedLocalTime::None => self.end_of_gap(local),
            },
        }
    }

    /// Returns the first second whose local time is after a skipped one, by bisection: no offset is above 26 hours.
    #[cfg(feature = "time-zones")]
    fn end_of_gap(self, skipped: NaiveDateTime) -> DateTime<Utc> {
        const FARTHEST: i64 = 26 * 3_600;
        let around = skipped.and_utc().timestamp();
        let (mut before, mut after) = (around.saturating_sub(FARTHEST), around.saturating_add(FARTHEST));
        while after.saturating_sub(before) > 1 {
            let middle = before.midpoint(after);
            let is_after = DateTime::from_timestamp(middle, 0).is_some_and(|at| self.local(at) >= skipped);
            *(if is_after { &mut after } else { &mut before }) = middle;
        }
        DateTime::from_timestamp(after, 0).unwrap_or_else(|| skipped.and_utc())
    }
}

impl Default for Zone {
    /// [`Zone::UTC`].
    fn default() -> Self {
        Self::UTC
    }
}

/// A name that is no known time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneError(Box<str>);

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0;
        if cfg!(feature = "time-zones") {
            write!(f, "unknown time zone: `{name}` (example: `Europe/Vienna`)")
        } else {
            write!(f, "unknown time zone: `{name}` (without the feature `time-zones`, only `UTC`)")
        }
    }
}

impl std::error::Error for ZoneError {}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Self, ZoneError> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::UTC);
        }
        #[cfg(feature = "time-zones")]
        if let Some(zone) = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name))
        {
            return Ok(Self(Inner::Named(*zone)));
        }
        Err(ZoneError(name.into()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
