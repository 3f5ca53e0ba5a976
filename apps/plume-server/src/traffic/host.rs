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
