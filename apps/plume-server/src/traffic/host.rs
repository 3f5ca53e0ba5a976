//! The servers of the cloud.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Response;
use plume::runtime::{TransportError, server_time};

/// Servers that are kept. There are three: tokens, API and reports.
const KEPT: usize = 16;

/// A server, as its responses show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name in the URLs.
    pub name: String,
    /// The number of calls.
    pub calls: u64,
    /// The time of the last response below 400.
    pub last_success: Option<DateTime<Utc>>,
    /// The last other outcome, in words without a value of the request.
    pub last_failure: Option<(DateTime<Utc>, String)>,
    /// The time by which its clock is ahead of ours.
    pub ahead: Option<TimeDelta>,
}

#[derive(Debug, Default)]
pub(super) struct Hosts(BTreeMap<String, Host>);

impl Hosts {
    pub(super) fn record(
        &mut self,
        name: &str,
        now: DateTime<Utc>,
        result: &Result<Response<Bytes>, TransportError>,
    ) {
        if self.0.len() >= KEPT && !self.0.contains_key(name) {
            return;
        }
        let host = self.0.entry(name.to_owned()).or_insert_with(|| Host {
            name: name.to_owned(),
            calls: 0,
            last_success: None,
            last_failure: None,
            ahead: None,
        });
        host.calls = host.calls.saturating_add(1);
        match result {
            Ok(response) => {
                if let Some(theirs) = server_time(response.headers()) {
                    host.ahead = Some(theirs.signed_duration_since(now));
                }
                match response.status().as_u16() {
                    ..400 => host.last_success = Some(now),
                    status => host.last_failure = Some((now, format!("status {status}"))),
                }
            }
            Err(error) => host.last_failure = Some((now, error.to_string())),
        }
    }

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
        hosts.record("a", start, &answer(200));
        hosts.record("a", later, &answer(403));
        let seen = hosts.all().remove(0);
        assert_eq!(
            (seen.last_success, seen.last_failure),
            (Some(start), Some((later, "status 403".to_owned())))
        );
        assert_eq!(seen.ahead, Some(TimeDelta::minutes(-8)), "the clock of the last response");
        for number in 0..KEPT + 5 {
            hosts.record(&format!("host-{number}"), start, &answer(200));
        }
        assert_eq!(hosts.all().len(), KEPT);
    }
}
