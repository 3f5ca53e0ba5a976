//! The servers of the cloud.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Response;
use plume::runtime::{TransportError, server_time};

use crate::traffic::hours::Outcome;

/// Servers that are kept. There are three: tokens, API and reports.
const KEPT: usize = 16;

/// Failures for this time without a success are no chance.
const LASTING: TimeDelta = TimeDelta::seconds(60);
/// A failure longer ago than this says nothing about now.
const RECENT: TimeDelta = TimeDelta::minutes(5);

/// A server, as its responses show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name in the URLs.
    pub name: String,
    /// Whether these are the requests for tokens. They say nothing about the API, which may have the same name.
    pub is_for_tokens: bool,
    /// The number of calls.
    pub calls: u64,
    /// The time of the last response below 400.
    pub last_success: Option<DateTime<Utc>>,
    /// The last other outcome, in words without a value of the request.
    pub last_failure: Option<(DateTime<Utc>, String)>,
    /// The last response that shows that the server works: also one that a resource is unknown, or that there are too many calls.
    pub last_answer: Option<DateTime<Utc>>,
    /// The first failure since the last answer.
    pub failing_since: Option<DateTime<Utc>>,
    /// The time by which its clock is ahead of ours.
    pub ahead: Option<TimeDelta>,
}

/// Returns the server of the API: of those that give no tokens, the one with most of the calls.
#[must_use]
pub fn api(hosts: &[Host]) -> Option<&Host> {
    hosts.iter().filter(|host| !host.is_for_tokens).max_by_key(|host| host.calls)
}

/// Returns the server of the API and the begin of its failures, if the newest calls to it all fail.
#[must_use]
pub fn failing(hosts: &[Host], now: DateTime<Utc>) -> Option<(&Host, DateTime<Utc>)> {
    let host = api(hosts)?;
    let (since, (last, _)) = (host.failing_since?, host.last_failure.as_ref()?);
    let lasts = last.signed_duration_since(since) >= LASTING;
    let is_recent = now.signed_duration_since(*last) <= RECENT;
    (lasts && is_recent).then_some((host, since))
}

#[derive(Debug, Default)]
pub(super) struct Hosts(BTreeMap<(String, bool), Host>);

impl Hosts {
    pub(super) fn record(
        &mut self,
        name: &str,
        is_for_tokens: bool,
        now: DateTime<Utc>,
        result: &Result<Response<Bytes>, TransportError>,
    ) {
        let key = (name.to_owned(), is_for_tokens);
        if self.0.len() >= KEPT && !self.0.contains_key(&key) {
            return;
        }
        let host = self.0.entry(key).or_insert_with(|| Host {
            name: name.to_owned(),
            is_for_tokens,
            calls: 0,
            last_success: None,
            last_failure: None,
            last_answer: None,
            failing_since: None,
            ahead: None,
        });
        host.calls = host.calls.saturating_add(1);
        let outcome = Outcome::of(result);
        let failure = match (outcome, result) {
            (_, Err(error)) => Some(error.to_string()),
            (Outcome::Success, Ok(_)) => None,
            (Outcome::Unreadable, Ok(response)) => {
                Some(format!("status {}, no JSON", response.status().as_u16()))
            }
            (_, Ok(response)) => Some(format!("status {}", response.status().as_u16())),
        };
        let theirs = result.as_ref().ok().and_then(|response| server_time(response.headers()));
        if let Some(theirs) = theirs {
            host.ahead = Some(theirs.signed_duration_since(now));
        }
        if outcome == Outcome::Success {
            host.last_success = Some(now);
        }
        host.last_failure = failure.map(|cause| (now, cause)).or(host.last_failure.take());
        match outcome {
            Outcome::Success | Outcome::Invalid | Outcome::Limited => {
                (host.last_answer, host.failing_since) = (Some(now), None);
            }
            _ => {
                host.failing_since.get_or_insert(now);
            }
        }
    }

    #[must_use]
    pub(super) fn all(&self) -> Vec<Host> {
        self.0.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_the_last_success_and_a_new_server_needs_a_place() {
        let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse().unwrap();
        let later = start + TimeDelta::minutes(9);
        let answer = |status: u16| {
            let date = ("date", "Thu, 15 Jan 2026 10:01:00 GMT");
            Ok(Response::builder().status(status).header(date.0, date.1).body(Bytes::new()).unwrap())
        };
        let mut hosts = Hosts::default();
        hosts.record("a", false, start, &answer(200));
        hosts.record("a", false, later, &answer(403));
        let seen = hosts.all().remove(0);
        assert_eq!(
            (seen.last_success, seen.last_failure),
            (Some(start), Some((later, "status 403".to_owned())))
        );
        assert_eq!(seen.ahead, Some(TimeDelta::minutes(-8)), "the clock of the last response");
        assert_eq!(seen.failing_since, Some(later));
        for number in 0..KEPT + 5 {
            hosts.record(&format!("host-{number}"), false, start, &answer(200));
        }
        assert_eq!(hosts.all().len(), KEPT);
    }

    #[test]
    fn the_newest_outcomes_of_the_busiest_server_decide() {
        let start: DateTime<Utc> = "2026-01-15T10:00:00Z".parse().unwrap();
        let at = |seconds: i64| start + TimeDelta::seconds(seconds);
        let answer = |body: &'static str| Ok(Response::new(Bytes::from_static(body.as_bytes())));
        let mut hosts = Hosts::default();
        let since = |hosts: &Hosts, now| failing(&hosts.all(), now).map(|(_, since)| since);
        hosts.record("api", false, at(0), &answer("{}"));
        hosts.record("sso", true, at(0), &answer("{}"));
        for second in [10, 40, 69] {
            hosts.record("api", false, at(second), &answer("<html>"));
            hosts.record("sso", true, at(69), &answer("{}"));
            assert_eq!(since(&hosts, at(second)), None, "{second}");
        }
        hosts.record("api", false, at(70), &answer("<html>"));
        assert_eq!(since(&hosts, at(71)), Some(at(10)));
        assert_eq!(hosts.all()[0].last_failure.as_ref().unwrap().1, "status 200, no JSON");
        assert_eq!(since(&hosts, at(371)), None, "nothing is known about now");
        let status = |status: u16| Ok(Response::builder().status(status).body(Bytes::new()).unwrap());
        for code in [404, 429] {
            hosts.record("api", false, at(80), &status(code));
            assert_eq!(since(&hosts, at(81)), None, "a home that the cloud does not know: {code}");
            for second in [90, 160] {
                hosts.record("api", false, at(second), &status(503));
            }
            assert_eq!(since(&hosts, at(161)), Some(at(90)));
        }
        hosts.record("api", false, at(170), &answer("[]"));
        assert_eq!(since(&hosts, at(171)), None);
        // A proxy leads to its own page; tokens come from a server of the same name, and more often.
        for second in 180..250 {
            hosts.record("api", true, at(second), &answer("{}"));
            hosts.record("api", true, at(second), &answer("{}"));
            hosts.record("api", false, at(second), &status(302));
        }
        assert_eq!(since(&hosts, at(250)), Some(at(180)));
    }
}
