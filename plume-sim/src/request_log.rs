//! What was asked of a simulator.

use std::{collections::VecDeque, time::Duration};

use http::{Method, StatusCode};

/// The most requests that are remembered; older ones are forgotten, but still counted.
const KEPT: usize = 10_000;

/// One request and how it was answered.
///
/// No header, query or body is kept, so a log holds no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// The method.
    pub method: Method,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The template of the route that answered, such as `/api/Customers/{id}`, or nothing if the simulator
    /// knows no such route.
    pub route: Option<&'static str>,
    /// The status of the answer.
    pub status: StatusCode,
    /// When it came, by [`Clock::monotonic`](plume_runtime::Clock::monotonic) of the simulator's clock.
    pub at: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    count: u64,
    records: VecDeque<RequestRecord>,
}

impl RequestLog {
    pub(crate) fn push(&mut self, record: RequestRecord) {
        self.count += 1;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
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

    #[test]
    fn the_log_is_bounded_and_the_count_is_not() {
        let mut log = RequestLog::default();
        for number in 0..=KEPT {
            log.push(RequestRecord {
                method: Method::GET,
                path: format!("/{number}"),
                route: None,
                status: StatusCode::NOT_FOUND,
                at: Duration::ZERO,
            });
        }
        assert_eq!(log.count(), KEPT as u64 + 1);
        assert_eq!(log.records().len(), KEPT);
        assert_eq!(log.records()[0].path, "/1");
    }
}
