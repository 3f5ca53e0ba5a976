//! Errors that come from a response.

use std::time::Duration;

use http::StatusCode;
use plume_text::shorten;
use plume_types::{DecodeError, ErrorBody};

use crate::error::kind::ErrorKind;
use crate::error::record::{Error, Inner, Source};
use crate::operations::Operation;

const MAX_MESSAGE: usize = 300;

/// The parts of an error response that an error shows. All are fit for a screen.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) status: StatusCode,
    /// The server's code and message, if the body has one of the known forms.
    pub(crate) body: Option<ErrorBody>,
    pub(crate) request_id: Option<String>,
    /// The encoding of a body that is compressed although that was not requested.
    pub(crate) compression: Option<&'static str>,
    /// The beginning of a body that has none of the known forms.
    pub(crate) excerpt: Option<String>,
}

impl Error {
    /// Creates the error of an error response. `lead` names the failure.
    pub(crate) fn from_response(
        kind: ErrorKind,
        lead: &str,
        operation: &Operation,
        response: &ErrorResponse,
        retry_after: Option<Duration>,
    ) -> Self {
        let status = response.status;
        let short = |text: &String| shorten(text, MAX_MESSAGE);
        let code = response.body.as_ref().and_then(|body| body.code.as_ref().map(short));
        let server_message = response.body.as_ref().and_then(|body| body.message.as_ref().map(short));
        // A message like "Too Many Requests" adds nothing to the status.
        let is_reason = |word: &&String| {
            status.canonical_reason().is_some_and(|reason| reason.eq_ignore_ascii_case(word))
        };
        let (said_code, said) = (code.as_ref(), server_message.as_ref().filter(|word| !is_reason(word)));
        let detail = match (said_code.filter(|word| !is_reason(word)), said, response.compression) {
            (Some(code), Some(message), _) => format!("{status}, {code}: {message}"),
            (Some(word), None, _) | (None, Some(word), _) => format!("{status}, {word}"),
            (None, None, Some(compression)) => {
                format!("{status}, with a compressed body ({compression}), which was not requested")
            }
            (None, None, None) => status.to_string(),
        };
        Self::from_inner(Inner {
            status: Some(status.as_u16()),
            code,
            server_message,
            request_id: response.request_id.clone(),
            retry_after,
            excerpt: response.excerpt.clone(),
            ..Self::of(operation, kind, format!("{lead} ({operation}: {detail})"))
        })
    }

    /// Creates the error of a body that is compressed although that was not requested.
    pub(crate) fn packed(operation: &Operation, status: StatusCode, compression: &str) -> Self {
        let message = format!(
            "unexpected response to {operation} ({status}): compressed ({compression}), which was not requested"
        );
        Self::from_inner(Inner {
            status: Some(status.as_u16()),
            ..Self::of(operation, ErrorKind::Unreadable, message)
        })
    }

    /// Creates the error of a success that cannot be decoded. `refusal` is the error that its body describes, if any.
    pub(crate) fn unreadable(
        operation: &Operation,
        status: StatusCode,
        excerpt: Option<String>,
        refusal: ErrorBody,
        error: DecodeError,
    ) -> Self {
        let short = |text: String| shorten(&text, MAX_MESSAGE);
        let (code, server_message) = (refusal.code.map(short), refusal.message.map(short));
        let why = match (refusal.status_code, code.as_ref().or(server_message.as_ref())) {
            (Some(number), Some(word)) => {
                let more = server_message.as_ref().filter(|message| *message != word);
                let more = more.map(|message| format!(": {message}")).unwrap_or_default();
                format!("an error, {number} {word}{more}")
            }
            _ => {
                let shown =
                    excerpt.as_ref().map(|text| format!("; it begins with {text}")).unwrap_or_default();
                format!("{error}{shown}")
            }
        };
        let message = format!("unexpected response to {operation} ({status}): {why}");
        Self::from_inner(Inner {
            status: Some(status.as_u16()),
            code,
            server_message,
            excerpt,
            source: Some(Source::Decode(error)),
            ..Self::of(operation, ErrorKind::Unreadable, message)
        })
    }
}
