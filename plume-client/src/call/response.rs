//! A raw response.

use bytes::Bytes;
use http::StatusCode;

/// A response of success that is not decoded yet.
pub(crate) struct RawResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}
