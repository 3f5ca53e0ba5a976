//! Sanitizes the exchanges of a client while they happen.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use http::{Request, Response, Uri};
use plume_runtime::{Limits, Transport, TransportError};
use serde_json::Value;

use crate::record::sanitize::sanitizer::Sanitizer;
use crate::record::wire;

/// Headers of responses that may contain identities.
const SPEAKING: [HeaderName; 2] = [LOCATION, WWW_AUTHENTICATE];

impl Sanitizer {
    /// Wraps a transport so that responses have pseudonyms. Pseudonyms in requests are turned back before they are sent, so
    /// a whole session can use them; originals are sent as they are. Requests for tokens are not changed.
    ///
    /// A page or text is sanitized as [`in_text`](Self::in_text) does it. Broken JSON is replaced by dots, because names in it
    /// cannot be found. A [`Recorder`](crate::record::Recorder) may wrap this transport or be wrapped by it.
    #[must_use]
    pub fn transport(&self, inner: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(Sanitized { sanitizer: self.clone(), inner })
    }
}

/// See [`Sanitizer::transport`].
#[derive(Debug)]
struct Sanitized {
    sanitizer: Sanitizer,
    inner: Arc<dyn Transport>,
}

impl Sanitized {
    fn restore(&self, request: &mut Request<Bytes>) {
        let state = self.sanitizer.lock();
        let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let restored = state.restored_target(&target);
        if restored != target {
            let mut parts = request.uri().clone().into_parts();
            parts.path_and_query = restored.parse().ok();
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
        if let Ok(body) = serde_json::from_slice::<Value>(request.body()) {
            let mut restored = body.clone();
            state.restore(&mut restored);
            if restored != body {
                *request.body_mut() = Bytes::from(restored.to_string());
                request.headers_mut().remove(CONTENT_LENGTH);
            }
        }
    }

    fn sanitize(&self, target: &str, response: &mut Response<Bytes>) {
        // The values of the request are known before the response repeats them.
        let _ = self.sanitizer.url(target);
        for name in SPEAKING {
            let Some(text) = response.headers().get(&name).and_then(|value| value.to_str().ok()) else {
                continue;
            };
            let clean =
                if name == LOCATION { self.sanitizer.url(text) } else { self.sanitizer.in_text(text) };
            match HeaderValue::from_str(&clean) {
                Ok(value) => response.headers_mut().insert(name, value),
                Err(_) => response.headers_mut().remove(name),
            };
        }
        if response.body().is_empty() {
            return;
        }
        *response.body_mut() = match wire::json(response.body()) {
            Some(mut body) => {
                self.sanitizer.json(&mut body);
                Bytes::from(body.to_string())
            }
            // Half a document may have names that were not seen before.
            None if wire::begins_as_json(response.body()) => Bytes::from(vec![b'.'; response.body().len()]),
            None => Bytes::from(self.sanitizer.in_text(&String::from_utf8_lossy(response.body()))),
        };
        response.headers_mut().remove(CONTENT_LENGTH);
    }
}

#[async_trait]
impl Transport for Sanitized {
    async fn send(
        &self,
        mut request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        if wire::is_token_exchange(&request) {
            return self.inner.send(request, limits).await;
        }
        self.restore(&mut request);
        let target = request.uri().to_string();
        let mut response = self.inner.send(request, limits).await?;
        self.sanitize(&target, &mut response);
        Ok(response)
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}
