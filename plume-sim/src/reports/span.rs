//! The time range of a report, from its parameters.

use serde_json::{Value, json};

use crate::http::{ApiError, Request, choice, invalid, limit, moment, required};
use crate::world::{DAY, HOUR, MINUTE, QUARTER, floor, iso};

/// Maximum number of ids, and of whole records, in a list of events.
const MOST_IDS: usize = 1_000;
const MOST_RECORDS: usize = 10;

/// The steps of most series.
pub(crate) const UNITS: &[(&str, i64)] = &[("days", DAY), ("hours", HOUR), ("minutes", MINUTE)];
/// The steps of newer series.
pub(crate) const LENGTHS: &[(&str, i64)] = &[("15m", QUARTER), ("3h", 3 * HOUR), ("1d", DAY)];

/// Complete whole steps of a series, oldest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: i64,
    pub(crate) step: i64,
    count: i64,
}

impl Span {
    /// Parses `granularity`, `limit` and `start`. The default is the last day by the hour. 400 if the limit is not a
    /// number, 422 for an unknown granularity, a limit of 0 or an invalid time.
    pub(crate) fn of(request: &Request<'_>) -> Result<Self, ApiError> {
        Self::last(request, granularity(request, UNITS)?.unwrap_or(HOUR), 24)
    }

    /// Parses the same parameters, with granularity and limit required.
    pub(crate) fn required(request: &Request<'_>, units: &[(&str, i64)]) -> Result<Self, ApiError> {
        required(request, "granularity")?;
        required(request, "limit")?;
        Self::last(request, granularity(request, units)?.unwrap_or(HOUR), 24)
    }

    /// Returns the quarter hours of quality reports. The granularity is the unit of `limit`.
    pub(crate) fn quarters(request: &Request<'_>) -> Result<Self, ApiError> {
        let unit = granularity(request, UNITS)?.unwrap_or(HOUR);
        let units = limit(request, 24)?;
        Ok(Self::until_now(request, QUARTER, (units * unit / QUARTER).clamp(1, 1_000)))
    }

    fn last(request: &Request<'_>, step: i64, default: usize) -> Result<Self, ApiError> {
        let count = limit(request, default)?;
        let Some(start) = moment(request, "start")? else {
            return Ok(Self::until_now(request, step, count));
        };
        let start = floor(start, step);
        let over = (floor(request.now, step) - start) / step;
        Ok(Self { start, step, count: over.clamp(0, count) })
    }

    /// Parses a series with both forms: `limit` and `start`, and `startAt`, `endAt` and `order`. A limit cuts at the
    /// end that `order` puts last. The second value says whether the newest is first; the default is false. Fails
    /// like [`Span::of`], and with 422 for an unknown order.
    pub(crate) fn ordered(request: &Request<'_>, least_step: i64) -> Result<(Self, bool), ApiError> {
        let step = granularity(request, UNITS)?.unwrap_or(HOUR).max(least_step);
        let newest_first = choice(request, "order", &["asc", "desc"])? == Some("desc");
        let count = limit(request, 24)?;
        let end = floor(moment(request, "endAt")?.unwrap_or(request.now).min(request.now), step);
        let given = moment(request, "start")?.or(moment(request, "startAt")?);
        let start = given.map_or(end - count * step, |start| floor(start, step));
        let count = ((end - start) / step).clamp(0, count);
        let start = if newest_first || given.is_none() { end - count * step } else { start };
        Ok((Self { start, step, count }, newest_first))
    }

    pub(crate) fn until_now(request: &Request<'_>, step: i64, count: i64) -> Self {
        Self { start: floor(request.now, step) - count * step, step, count }
    }

    /// Returns the complete steps from `start` to `end`, at most 1000.
    pub(crate) fn between(request: &Request<'_>, start: i64, end: i64, step: i64) -> Self {
        let count = (end.min(floor(request.now, step)) - start) / step;
        Self { start, step, count: count.clamp(0, 1_000) }
    }

    pub(crate) fn steps(self) -> impl Iterator<Item = i64> + use<> {
        (0..self.count).map(move |index| self.start + index * self.step)
    }

    fn end(self) -> i64 {
        self.start + self.count * self.step
    }

    /// Returns the form of published examples: a list of one range, whose ends are lists of one moment.
    pub(crate) fn ranges(self) -> Value {
        json!([{ "start": [iso(self.start)], "end": [iso(self.end())], "id": 0 }])
    }

    pub(crate) fn range(self) -> Value {
        json!({ "start": iso(self.start), "end": iso(self.end()) })
    }

    /// Returns points for the steps that have a `value`.
    pub(crate) fn points<V: Into<Value>>(self, value: impl Fn(i64) -> Option<V>) -> Vec<Value> {
        let point = |at| value(at).map(|value| json!({ "timestamp": iso(at), "value": value.into() }));
        self.steps().filter_map(point).collect()
    }
}

/// Returns the parameter `limit` of a list, at most `most`.
fn documented_limit(request: &Request<'_>, most: usize) -> Result<usize, ApiError> {
    match request.query.count("limit")?.unwrap_or(most) {
        count if (1..=most).contains(&count) => Ok(count),
        _ => Err(invalid("limit", &format!("1 to {most}"))),
    }
}

fn granularity(request: &Request<'_>, units: &[(&str, i64)]) -> Result<Option<i64>, ApiError> {
    let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
    let given = choice(request, "granularity", &names)?;
    Ok(units.iter().find(|(name, _)| Some(*name) == given).map(|(_, step)| *step))
}

/// The part of a list of events that a report shows: `startAt`, `endAt`, `order` and `limit`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
    newest_first: bool,
    limit: usize,
}

impl Window {
    /// Parses the parameters. The default is the events of the last `length`, newest first. 400 if the limit is not a
    /// number, 422 for an invalid time, order or limit.
    pub(crate) fn of(request: &Request<'_>, length: i64) -> Result<Self, ApiError> {
        let to = moment(request, "endAt")?.unwrap_or(request.now).min(request.now);
        let from = moment(request, "startAt")?.unwrap_or(to - length);
        if from > to {
            return Err(invalid("startAt", "a time that is not after endAt"));
        }
        let newest_first = choice(request, "order", &["asc", "desc"])? != Some("asc");
        let limit = documented_limit(request, MOST_IDS)?;
        Ok(Self { from, to, newest_first, limit })
    }

    /// Returns the window of whole records, of which a list has fewer than ids. 422 for a limit beyond the documented
    /// one.
    pub(crate) fn of_records(self, request: &Request<'_>) -> Result<Self, ApiError> {
        Ok(Self { limit: documented_limit(request, MOST_RECORDS)?, ..self })
    }

    /// Returns the events in the window, in its order.
    pub(crate) fn pick<E>(self, events: impl IntoIterator<Item = E>, at: impl Fn(&E) -> i64) -> Vec<E> {
        let within = |event: &E| (self.from..=self.to).contains(&at(event));
        let mut events: Vec<E> = events.into_iter().filter(within).collect();
        events.sort_by_key(&at);
        if self.newest_first {
            events.reverse();
        }
        events.truncate(self.limit);
        events
    }
}
