//! Calls by the hour and the outcome.

use std::collections::VecDeque;

use bytes::Bytes;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use http::{Response, StatusCode, header::CONTENT_ENCODING};
use plume::runtime::TransportError;

/// The number of hours.
const DAY: i64 = 24;

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// A status from 200 to 299 with a body that can be read.
    Success,
    /// 401 or 403: the credential, the permission or the firewall.
    Refused,
    /// 429.
    Limited,
    /// Another status from 400 to 499.
    Invalid,
    /// A status from 500 on.
    Server,
    /// A redirect, or a good status with a body that is no JSON, such as the page of a proxy.
    Unreadable,
    /// No response.
    Unanswered,
}

impl Outcome {
    /// All outcomes, the best first.
    pub const ALL: [Self; 7] = [
        Self::Success,
        Self::Refused,
        Self::Limited,
        Self::Invalid,
        Self::Server,
        Self::Unreadable,
        Self::Unanswered,
    ];

    pub(super) fn of(result: &Result<Response<Bytes>, TransportError>) -> Self {
        match result.as_ref().map(Response::status) {
            Err(_) => Self::Unanswered,
            Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Self::Refused,
            Ok(StatusCode::TOO_MANY_REQUESTS) => Self::Limited,
            Ok(status) if status.is_server_error() => Self::Server,
            Ok(status) if status.is_client_error() => Self::Invalid,
            // Redirects are not followed: they are the response of a proxy, too.
            Ok(status) if !status.is_success() || !result.as_ref().is_ok_and(is_json) => Self::Unreadable,
            Ok(_) => Self::Success,
        }
    }

    /// Returns the words for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "successful",
            Self::Refused => "refused (401, 403)",
            Self::Limited => "rate limited (429)",
            Self::Invalid => "other 4xx",
            Self::Server => "server error (5xx)",
            Self::Unreadable => "no JSON",
            Self::Unanswered => "no response",
        }
    }

    /// Returns the word for documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Limited => "rate_limited",
            Self::Invalid => "invalid",
            Self::Server => "server_error",
            Self::Unreadable => "unreadable",
            Self::Unanswered => "no_response",
        }
    }

    fn place(self) -> usize {
        Self::ALL.into_iter().position(|known| known == self).unwrap_or_default()
    }
}

/// Returns whether a body looks like JSON by its ends. An empty one has nothing to read, and a compressed one is not read.
fn is_json(response: &Response<Bytes>) -> bool {
    let body = response.body().trim_ascii();
    match (body.first(), body.last()) {
        _ if response.headers().contains_key(CONTENT_ENCODING) => true,
        (Some(b'{'), last) => last == Some(&b'}'),
        (Some(b'['), last) => last == Some(&b']'),
        (Some(b'"'), last) => body.len() > 1 && last == Some(&b'"'),
        (Some(first), _) if first.is_ascii_digit() || *first == b'-' => {
            body.iter().any(u8::is_ascii_digit)
                && body.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte))
        }
        (Some(_), _) => [&b"true"[..], b"false", b"null"].contains(&body),
        (None, _) => true,
    }
}

/// The calls of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// The start.
    pub start: DateTime<Utc>,
    counts: [u64; Outcome::ALL.len()],
}

impl Hour {
    /// Returns the number of calls with an outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.counts.get(outcome.place()).copied().unwrap_or_default()
    }

    /// Returns the number of calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// The hours with calls, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Hours(VecDeque<Hour>);

impl Hours {
    pub(super) fn count(&mut self, now: DateTime<Utc>, outcome: Outcome) {
        let start = hour(now);
        // A clock that was set back counts in the last hour.
        if self.0.back().is_none_or(|last| last.start < start) {
            self.0.push_back(Hour { start, counts: [0; Outcome::ALL.len()] });
        }
        while self.0.len() > 2 * 24 {
            self.0.pop_front();
        }
        if let Some(count) = self.0.back_mut().and_then(|last| last.counts.get_mut(outcome.place())) {
            *count = count.saturating_add(1);
        }
    }

    /// Returns the last 24 hours, those without a call too.
    pub(super) fn last_day(&self, now: DateTime<Utc>) -> Vec<Hour> {
        let start = |back: i64| hour(now).checked_sub_signed(TimeDelta::hours(back));
        let known = |start| self.0.iter().find(|hour| hour.start == start).copied();
        let hours = (0..DAY).rev().filter_map(start);
        hours.map(|start| known(start).unwrap_or(Hour { start, counts: [0; Outcome::ALL.len()] })).collect()
    }
}

fn hour(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use plume::runtime::TransportErrorKind;

    use super::*;

    #[test]
    fn every_outcome_has_its_statuses() {
        let of = |status: u16| {
            let response = Response::builder().status(status).body(Bytes::new()).unwrap();
            Outcome::of(&Ok(response))
        };
        for (statuses, outcome) in [
            (vec![200, 204], Outcome::Success),
            (vec![401, 403], Outcome::Refused),
            (vec![429], Outcome::Limited),
            (vec![400, 402, 404, 422, 499], Outcome::Invalid),
            (vec![500, 503, 599], Outcome::Server),
            (vec![302, 399], Outcome::Unreadable),
        ] {
            for status in statuses {
                assert_eq!(of(status), outcome, "{status}");
            }
        }
        for (body, outcome) in [
            (" {\"a\": 1}\n", Outcome::Success),
            ("[]", Outcome::Success),
            ("null", Outcome::Success),
            ("<html>a page of a proxy</html>", Outcome::Unreadable),
            ("{\"a\": ", Outcome::Unreadable),
            ("-1.5e3", Outcome::Success),
            ("Sign in", Outcome::Unreadable),
            ("temporarily unavailable", Outcome::Unreadable),
            ("not available", Outcome::Unreadable),
            ("502 Bad Gateway", Outcome::Unreadable),
            ("-", Outcome::Unreadable),
            ("\"", Outcome::Unreadable),
        ] {
            let response = Response::builder().status(200).body(Bytes::from_static(body.as_bytes()));
            assert_eq!(Outcome::of(&Ok(response.unwrap())), outcome, "{body}");
        }
        let lost = TransportError::new(TransportErrorKind::Connect, "refused");
        assert_eq!(Outcome::of(&Err(lost)), Outcome::Unanswered);
    }

    #[test]
    fn a_day_has_24_hours_and_a_clock_that_was_set_back_counts_in_the_last_one() {
        let start: DateTime<Utc> = "2026-01-15T10:30:00Z".parse().unwrap();
        let at = |minutes: i64| start + TimeDelta::minutes(minutes);
        let mut hours = Hours::default();
        for minutes in [0, 29, 30, 23 * 60, 24 * 60, 3 * 60] {
            hours.count(at(minutes), Outcome::Success);
        }
        let totals: Vec<u64> = hours.last_day(at(24 * 60)).iter().map(Hour::total).collect();
        assert_eq!(totals.len(), 24);
        // 11:00 is the oldest hour; the calls before it are too old.
        assert_eq!((totals[0], totals[22], totals[23], totals.iter().sum::<u64>()), (1, 1, 2, 4));
        for hour in 0..100 {
            hours.count(at(60 * (48 + hour)), Outcome::Success);
        }
        assert_eq!(hours.0.len(), 48);
    }
}
