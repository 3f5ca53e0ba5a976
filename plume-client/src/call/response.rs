//! A successful answer.

use bytes::Bytes;
use http::StatusCode;

/// A successful answer, not yet decoded.
pub(crate) struct RawResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}
