//! Responses that replace those of the cloud.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use serde_json::Value;

use crate::faults::engine::{Decision, Replaced};
use crate::faults::mutate::{deep, mutate};
use crate::faults::rule::RetryAfter;
use crate::http::{ApiError, Area, OAuthError, html, json, okta_envelope};
use crate::world::{SECOND, http_date};

const PROXY_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n\
    <body><h1>Welcome</h1><p>This page comes from something between you and the cloud.</p></body></html>\n";

/// Returns the response of an intermediary, or of the application refusing to work.
pub(crate) fn refusal(replaced: &Replaced, area: Area, now: i64) -> Response<Bytes> {
    match replaced {
        Replaced::Status(status, retry_after) => {
            let mut response = of_status(*status, area);
            if let Some(value) = retry_after.as_ref().and_then(|form| retry_after_value(form, now)) {
                response.headers_mut().insert(RETRY_AFTER, value);
            }
            response
        }
        Replaced::Unauthorized if area == Area::Oauth => {
            let error = OAuthError::new("invalid_client", "The client id or the client secret is wrong.");
            json(error.status(), &error.body())
        }
        Replaced::Forbidden if area == Area::Oauth => json(
            StatusCode::FORBIDDEN,
            &okta_envelope("E0000006", "You do not have permission to perform the requested action."),
        ),
        Replaced::Forbidden => json(StatusCode::FORBIDDEN, &ApiError::forbidden().body()),
        Replaced::Redirect(status, location) => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = *status;
            if let Ok(location) = HeaderValue::from_str(location) {
                response.headers_mut().insert(LOCATION, location);
            }
            response
        }
        _ => json(StatusCode::UNAUTHORIZED, &ApiError::unauthorized().body()),
    }
}

fn of_status(status: StatusCode, area: Area) -> Response<Bytes> {
    match status {
        // The load balancer sends these two.
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            html(status, &format!("<html><body><h1>{status}</h1></body></html>\n"))
        }
        StatusCode::TOO_MANY_REQUESTS if area == Area::Oauth => {
            let summary = "API call exceeded rate limit due to too many requests.";
            json(status, &okta_envelope("E0000047", summary))
        }
        _ if area == Area::Oauth => json(status, &okta_envelope("E0000009", "Internal Server Error")),
        _ => json(status, &ApiError::of_status(status).body()),
    }
}

fn retry_after_value(form: &RetryAfter, now: i64) -> Option<HeaderValue> {
    let text = match form {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::DateIn(seconds) => {
            let ahead = i64::try_from(*seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
            http_date(now.saturating_add(ahead))
        }
        RetryAfter::Text(text) => text.clone(),
    };
    HeaderValue::from_str(&text).ok()
}

/// Returns the time named by `Retry-After` in milliseconds, if it is valid. A date has whole seconds.
pub(crate) fn named_wait(replaced: Option<&Replaced>, now: i64) -> Option<u64> {
    match replaced {
        Some(Replaced::Status(_, Some(RetryAfter::Seconds(seconds)))) => Some(seconds.saturating_mul(1_000)),
        Some(Replaced::Status(_, Some(RetryAfter::DateIn(seconds)))) => {
            let part = u64::try_from(now.rem_euclid(SECOND)).unwrap_or_default();
            Some(seconds.saturating_mul(1_000).saturating_sub(part))
        }
        _ => None,
    }
}

/// Returns the firewall's response. The firewall is in front of the application and does not know its envelope.
pub(crate) fn firewall(number: u64) -> Response<Bytes> {
    match number % 3 {
        0 => html(StatusCode::FORBIDDEN, "<html><head><title>403 Forbidden</title></head></html>\n"),
        1 => {
            let mut response = Response::new(Bytes::from_static(b"{\"message\":\"Forbidden\"}"));
            *response.status_mut() = StatusCode::FORBIDDEN;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        _ => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
    }
}

/// Returns the response with the changes of the decision. The body of a bomb is created when it is sent.
pub(crate) fn changed(mut response: Response<Bytes>, decision: &Decision) -> Response<Bytes> {
    if response.status().is_success()
        && !decision.mutations.is_empty()
        && let Ok(mut body) = serde_json::from_slice::<Value>(response.body())
    {
        let mut text = String::new();
        for (mutation, seed) in &decision.mutations {
            text = mutate(&body, mutation, *seed);
            // A change after one that duplicates keys sees the JSON as a parser would.
            body = serde_json::from_str(&text).unwrap_or(body);
        }
        *response.body_mut() = Bytes::from(text);
    }
    match &decision.replaced {
        Some(Replaced::Html) => html(StatusCode::OK, PROXY_PAGE),
        Some(Replaced::Empty) => {
            let mut empty = Response::new(Bytes::new());
            *empty.headers_mut() = response.headers().clone();
            empty
        }
        Some(Replaced::Truncated) => {
            let half = response.body().len() / 2;
            let body = response.body().slice(..half);
            *response.body_mut() = body;
            response
        }
        Some(Replaced::Deep(levels)) => {
            *response.body_mut() = Bytes::from(deep(*levels));
            *response.status_mut() = StatusCode::OK;
            response
        }
        Some(Replaced::Bomb(_)) => {
            *response.body_mut() = Bytes::new();
            *response.status_mut() = StatusCode::OK;
            response
        }
        _ => response,
    }
}
