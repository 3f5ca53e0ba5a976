//! The [`Transport`] trait and the limits of one exchange.
//!
//! **Limits are passed with each request,** because those of a token response (64 KiB, 10 s) and a device list (16 MiB,
//! 30 s) differ. The transport has no limits of its own.

use std::{fmt, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_ENCODING};

use crate::error::TransportError;

/// Sends one HTTP request and returns one complete HTTP response.
///
/// The code above this trait is the same over a real network, with a simulator in the same process, and in tests. An
/// implementation
///
/// * returns `Ok` for **every** HTTP status: the caller classifies the status;
/// * follows no redirects, so that credentials go only where the caller sent them;
/// * keeps the [`Limits`] of the request;
/// * leaves nothing running when its future is dropped, which is how callers cancel.
///
/// # Errors
///
/// [`TransportError`] shows whether the request can have reached the server ([`TransportError::never_sent`]), which decides
/// whether it may be repeated.
///
/// ```
/// use async_trait::async_trait;
/// use bytes::Bytes;
/// use plume_runtime::{Limits, Transport, TransportError};
///
/// /// Adds a header to every request.
/// #[derive(Debug)]
/// struct Tagged<T>(T);
///
/// #[async_trait]
/// impl<T: Transport> Transport for Tagged<T> {
///     async fn send(
///         &self,
///         mut request: http::Request<Bytes>,
///         limits: &Limits,
///     ) -> Result<http::Response<Bytes>, TransportError> {
///         request.headers_mut().insert("x-example", http::HeaderValue::from_static("one"));
///         self.0.send(request, limits).await
///     }
/// }
/// ```
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the complete response.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: &Limits,
    ) -> Result<http::Response<Bytes>, TransportError>;

    /// Returns whether a simulator or a recording in this process answers the requests, and no network. `false` by default.
    ///
    /// The call limit of a real cloud does not apply to them, so a client of such a transport has none by default. A
    /// transport that wraps another one returns what that one returns.
    fn is_simulated(&self) -> bool {
        false
    }
}

// Not by `async_trait`, which would box the future a second time.
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'t, 'l, 'f>(
        &'t self,
        request: http::Request<Bytes>,
        limits: &'l Limits,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'f>>
    where
        't: 'f,
        'l: 'f,
        Self: 'f,
    {
        (**self).send(request, limits)
    }

    fn is_simulated(&self) -> bool {
        (**self).is_simulated()
    }
}

/// Time and size limits of one exchange.
///
/// Every limit is finite by default: 30 s in total, 10 s to the head of the response, 5 s between two pieces of the body,
/// 16 MiB of body. The methods set the fields of the same names.
///
/// ```
/// use std::time::Duration;
/// use plume_runtime::Limits;
///
/// let limits = Limits::default().total_timeout(Duration::from_secs(60)).max_body_bytes(1 << 20);
/// assert_eq!(limits.max_body_bytes, 1 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum duration of the whole exchange.
    pub total_timeout: Duration,
    /// Maximum wait for the status line and headers.
    pub first_byte_timeout: Duration,
    /// Maximum silence inside the body.
    pub idle_read_timeout: Duration,
    /// Maximum size of the body, in bytes after decompression.
    pub max_body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_timeout: Duration::from_secs(30),
            first_byte_timeout: Duration::from_secs(10),
            idle_read_timeout: Duration::from_secs(5),
            max_body_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// Sets the maximum duration of the whole exchange.
    #[must_use]
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Sets the maximum wait for the status line and headers.
    #[must_use]
    pub fn first_byte_timeout(mut self, timeout: Duration) -> Self {
        self.first_byte_timeout = timeout;
        self
    }

    /// Sets the maximum silence inside the body.
    #[must_use]
    pub fn idle_read_timeout(mut self, timeout: Duration) -> Self {
        self.idle_read_timeout = timeout;
        self
    }

    /// Sets the maximum size of the body, in bytes after decompression.
    #[must_use]
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }
}

/// Returns whether `host` (as written in a URL, IPv6 with or without brackets) is this machine.
///
/// Plain `http` is allowed to these hosts only. No name is looked up: of the names, only `localhost` counts.
///
/// ```
/// assert!(plume_runtime::is_loopback_host("127.0.0.1"));
/// assert!(plume_runtime::is_loopback_host("[::1]"));
/// assert!(!plume_runtime::is_loopback_host("localhost.example.net"));
/// ```
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the compression of a body that the transport did not decompress (`Content-Encoding`).
///
/// Uncompressed bodies are requested, or gzip with the feature `gzip`, which is decompressed. Code that cannot read
/// a body uses this to name the cause.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::CONTENT_ENCODING};
///
/// let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("X-GZip"))]);
/// assert_eq!(plume_runtime::compression(&headers), Some("gzip"));
/// assert_eq!(plume_runtime::compression(&HeaderMap::new()), None);
/// ```
#[must_use]
pub fn compression(headers: &HeaderMap) -> Option<&'static str> {
    const KNOWN: [&str; 5] = ["gzip", "br", "zstd", "deflate", "compress"];
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).find_map(|coding| {
        let coding = coding.trim().to_ascii_lowercase();
        let coding = coding.strip_prefix("x-").unwrap_or(&coding);
        KNOWN.into_iter().find(|known| *known == coding)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compression_is_found_among_the_codings() {
        for (values, found) in [
            (&["identity"][..], None),
            (&["utf-8"], None),
            (&[""], None),
            (&["identity, br"], Some("br")),
            (&["identity", "ZSTD"], Some("zstd")),
            (&["gzip,gzip"], Some("gzip")),
            (&["x-compress"], Some("compress")),
        ] {
            let headers = values.iter().map(|value| (CONTENT_ENCODING, value.parse().unwrap()));
            let mut all = HeaderMap::new();
            headers.for_each(|(name, value)| {
                all.append(name, value);
            });
            assert_eq!(compression(&all), found, "{values:?}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in
            ["", "localhost.", "127.0.0.1.example.net", "0.0.0.0", "10.0.0.1", "[::2]", "::ffff:127.0.0.1"]
        {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
