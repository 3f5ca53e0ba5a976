//! A transport without a network.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{TransportError, TransportErrorKind};
use crate::transport::{Limits, Transport};

/// A [`Transport`] that calls an async function instead of a server.
///
/// For tests and for the simulator. The body limit applies as on the wire; time limits do not, because no time passes on a
/// wire.
///
/// ```
/// use bytes::Bytes;
/// use plume_runtime::{InProcess, TransportError, TransportErrorKind};
///
/// let broken = InProcess::new(|_request: http::Request<Bytes>| async {
///     Err(TransportError::new(TransportErrorKind::Interrupted, "the connection was reset"))
/// });
/// # let _ = broken;
/// ```
pub struct InProcess<H> {
    handler: H,
}

impl<H> InProcess<H> {
    /// Creates a transport that calls `handler` for every request.
    pub fn new<F>(handler: H) -> Self
    where
        H: Fn(http::Request<Bytes>) -> F + Send + Sync,
        F: Future<Output = Result<http::Response<Bytes>, TransportError>> + Send,
    {
        Self { handler }
    }
}

impl<H> fmt::Debug for InProcess<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

#[async_trait]
impl<H, F> Transport for InProcess<H>
where
    H: Fn(http::Request<Bytes>) -> F + Send + Sync,
    F: Future<Output = Result<http::Response<Bytes>, TransportError>> + Send,
{
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: &Limits,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let answer = (self.handler)(request).await?;
        if answer.body().len() > limits.max_body_bytes {
            return Err(too_large(limits).with_status(answer.status()));
        }
        Ok(answer)
    }
}

pub(crate) fn too_large(limits: &Limits) -> TransportError {
    TransportError::new(
        TransportErrorKind::TooLarge,
        format!("the response is larger than the limit of {} bytes", limits.max_body_bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn body_limit_is_exact() {
        let transport = InProcess::new(|_| async { Ok(http::Response::new(Bytes::from_static(b"12345"))) });
        let request = || http::Request::new(Bytes::new());
        assert!(transport.send(request(), &Limits::default().max_body_bytes(5)).await.is_ok());
        let error = transport.send(request(), &Limits::default().max_body_bytes(4)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (TransportErrorKind::TooLarge, Some(http::StatusCode::OK))
        );
    }
}
