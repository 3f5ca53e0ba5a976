//! Spans and events for `tracing`, all in one file, so that their fields can be checked for secrets and ids.
//!
//! Names follow OpenTelemetry's semantic conventions for HTTP clients. Routes are templates, so that their number is small
//! and labels hold no ids.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use plume_runtime::TransportError;
use tracing::{Span, field::Empty};

use crate::call::RawResponse;
use crate::error::{Error, NotRetried};
use crate::operations::Operation;
use crate::telemetry::meter::{self, Sums};

const TARGET: &str = "plume_client";

/// Creates the span of a call with all its attempts.
pub(crate) fn span(operation: &Operation, host: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "plume.call",
        otel.kind = "client",
        otel.name = operation.name,
        http.request.method = operation.method.as_str(),
        url.template = operation.path,
        server.address = host,
        http.response.status_code = Empty,
        http.response.body.size = Empty,
        http.request.resend_count = Empty,
        error.type = Empty,
        plume.wait.limiter_ms = Empty,
        plume.wait.token_ms = Empty,
    )
}

/// Emits the event of an attempt.
pub(crate) fn attempt(
    operation: &Operation,
    number: usize,
    result: &Result<Response<Bytes>, TransportError>,
    took: Duration,
) {
    let status = result.as_ref().map(Response::status).map_err(transport_type);
    meter::attempt(operation.name, status);
    let took_ms = millis(took);
    match result {
        Ok(answer) if answer.status().is_success() => {
            let status = answer.status().as_u16();
            tracing::debug!(target: TARGET, attempt = number, http.response.status_code = status, took_ms, "response");
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            tracing::info!(target: TARGET, attempt = number, http.response.status_code = status, took_ms, "error response");
        }
        Err(error) => {
            let kind = transport_type(error);
            tracing::info!(target: TARGET, attempt = number, error.type = kind, took_ms, "no response");
        }
    }
}

/// Records the result of a call.
pub(crate) fn ended(
    span: &Span,
    operation: &Operation,
    result: &Result<RawResponse, (Error, Option<NotRetried>)>,
    sums: &Sums,
) {
    let outcome = result.as_ref().map_or_else(|(error, _)| error.kind().as_str(), |_| "ok");
    meter::ended(operation.name, outcome, sums);
    if span.is_disabled() {
        return;
    }
    span.record("plume.wait.limiter_ms", millis(sums.limiter_wait));
    span.record("plume.wait.token_ms", millis(sums.token_wait));
    if sums.attempts > 1 {
        span.record("http.request.resend_count", sums.attempts - 1);
    }
    match result {
        Ok(answer) => {
            span.record("http.response.status_code", answer.status.as_u16());
            span.record("http.response.body.size", answer.body.len());
        }
        Err((error, _)) => {
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            span.record("error.type", error.kind().as_str());
        }
    }
}

fn transport_type(error: &TransportError) -> &'static str {
    use plume_runtime::TransportErrorKind::{
        Connect, Interrupted, Proxy, Refused, Runtime, Timeout, Tls, TooLarge, Unprocessed,
    };
    match error.kind() {
        Refused => "refused",
        Runtime => "runtime",
        Connect => "connect",
        Tls => "tls",
        Proxy => "proxy",
        Unprocessed => "unprocessed",
        Timeout => "timeout",
        Interrupted => "interrupted",
        TooLarge => "too_large",
        _ => "other",
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
