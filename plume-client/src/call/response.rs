//! A raw response.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::error::Attempt;

/// A response of success that is not decoded yet.
pub(crate) struct RawResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    pub(crate) attempts: Attempts,
}

/// The attempts of a call that succeeded. The last one is written out only if its response cannot be decoded.
#[derive(Default)]
pub(crate) struct Attempts {
    pub(crate) failed: Vec<Attempt>,
    pub(crate) last: Option<Success>,
}

/// An attempt with a status of success.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Success {
    pub(crate) status: StatusCode,
    pub(crate) pause: Duration,
    pub(crate) limiter_wait: Duration,
    pub(crate) token_wait: Duration,
    pub(crate) took: Duration,
}

impl Success {
    pub(crate) fn attempt(self) -> Attempt {
        let Self { status, pause, limiter_wait, token_wait, took } = self;
        Attempt { pause, limiter_wait, token_wait, took, outcome: status.to_string(), maybe_done: true }
    }
}

impl Attempts {
    pub(crate) fn all(&self) -> Vec<Attempt> {
        self.failed.iter().cloned().chain(self.last.map(Success::attempt)).collect()
    }
}
