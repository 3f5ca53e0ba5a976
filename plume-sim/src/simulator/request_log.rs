//! The log of requests to a simulator.

use std::{collections::VecDeque, time::Duration};

use http::{Method, StatusCode};

/// Maximum number of records. Older ones are evicted, but stay in the count.
const KEPT: usize = 10_000;
/// Maximum length of a recorded path in bytes.
const PATH: usize = 512;

/// One request and its response.
///
/// No header, query or body is kept, so a log holds no token.
///
/// ```
/// use bytes::Bytes;
/// use plume_sim::Simulator;
///
/// let simulator = Simulator::builder().build();
/// let _ = simulator.handle(http::Request::get("/api/Customers/count").body(Bytes::new())?);
/// let record = &simulator.requests()[0];
/// assert_eq!((record.route, record.status.as_u16()), (Some("/api/Customers/count"), 401));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The number of the request, counted from 1. A [`Violation`](crate::Violation) refers to requests by it.
    pub number: u64,
    /// The method.
    pub method: Method,
    /// The path as sent, without the query. Cut after 512 bytes and marked with `…`.
    pub path: String,
    /// The template of the matched route, such as `/api/Customers/{id}`. `None` if the simulator has no such route.
    pub route: Option<&'static str>,
    /// The status of the response, or [`RequestRecord::NO_ANSWER`] if a fault left the request without a response.
    pub status: StatusCode,
    /// The address of the client.
    pub address: String,
    /// The labels of the fault rules that applied.
    pub faults: Vec<String>,
    /// The time of arrival by [`Clock::monotonic`](plume_runtime::Clock::monotonic) of the simulator's clock.
    pub at: Duration,
}

/// The status 599, which no server sends.
pub(crate) const NO_ANSWER: u16 = 599;

impl RequestRecord {
    /// The status that means "no response": 599.
    pub const NO_ANSWER: u16 = NO_ANSWER;
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    count: u64,
    records: VecDeque<RequestRecord>,
}

impl RequestLog {
    /// Takes the next number. The record follows with the response.
    pub(crate) fn reserve(&mut self) {
        self.count += 1;
    }

    pub(crate) fn push(&mut self, mut record: RequestRecord) {
        if record.path.len() > PATH {
            let end = (0..=PATH).rev().find(|end| record.path.is_char_boundary(*end)).unwrap_or(0);
            record.path.truncate(end);
            record.path.push('…');
            record.path.shrink_to_fit();
        }
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// Removes the records and keeps the count.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.records.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: String) -> RequestRecord {
        RequestRecord {
            number: 0,
            address: String::new(),
            faults: Vec::new(),
            method: Method::GET,
            path,
            route: None,
            status: StatusCode::NOT_FOUND,
            at: Duration::ZERO,
        }
    }

    #[test]
    fn a_long_path_is_cut_between_characters() {
        let mut log = RequestLog::default();
        log.push(record(format!("/{}", "é".repeat(32_000))));
        log.push(record("x".repeat(512)));
        let kept = log.records();
        assert_eq!(kept[0].path, format!("/{}…", "é".repeat(255)));
        assert_eq!(kept[1].path, "x".repeat(512));
    }

    #[test]
    fn the_log_is_bounded_and_the_count_is_not() {
        let mut log = RequestLog::default();
        for number in 0..=KEPT {
            log.reserve();
            log.push(record(format!("/{number}")));
        }
        assert_eq!(log.count(), KEPT as u64 + 1);
        assert_eq!(log.records().len(), KEPT);
        assert_eq!(log.records()[0].path, "/1");
    }
}
