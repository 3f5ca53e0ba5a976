//! Errors that come from an answer of the API.

use std::time::Duration;

use http::StatusCode;
use plume_text::shorten;
use plume_types::{DecodeError, ErrorBody};

use crate::error::kind::ErrorKind;
use crate::error::record::{Error, Inner, Source};
use crate::operations::Operation;

const MAX_MESSAGE: usize = 300;

/// What an answer says for itself. It is fit to be shown.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    /// The server's own words, if the body has one of the known forms.
    pub(crate) body: Option<ErrorBody>,
    pub(crate) request_id: Option<String>,
    /// How the body is compressed, which was not asked for.
    pub(crate) compression: Option<&'static str>,
    /// What a body is like that has none of the known forms.
    pub(crate) excerpt: Option<String>,
}

impl Error {
    /// An answer that is an error. `lead` says what that means.
    pub(crate) fn answered(
        kind: ErrorKind,
        lead: &str,
        operation: &Operation,
        answer: &Said,
        retry_after: Option<Duration>,
    ) -> Self {
        let status = answer.status;
        let short = |text: &String| shorten(text, MAX_MESSAGE);
        let code = answer.body.as_ref().and_then(|body| body.code.as_ref().map(short));
        let server_message = answer.body.as_ref().and_then(|body| body.message.as_ref().map(short));
        let detail = match (&code, &server_message, answer.compression) {
            (Some(code), Some(message), _) => format!("{status}, {code}: {message}"),
            (Some(word), None, _) | (None, Some(word), _) => format!("{status}, {word}"),
            (None, None, Some(compression)) => {
                format!("{status}, with a compressed body ({compression}), which was not asked for")
            }
            (None, None, None) => status.to_string(),
        };
        Self::from_inner(Inner {
            status: Some(status.as_u16()),
            code,
            server_message,
            request_id: answer.request_id.clone(),
            retry_after,
            excerpt: answer.excerpt.clone(),
            ..Self::of(operation, kind, format!("{lead} ({operation}: {detail})"))
        })
    }

    /// A body that is compressed, although that was not asked for.
    pub(crate) fn packed(operation: &Operation, status: StatusCode, compression: &str) -> Self {
        let message = format!(
            "the answer to {operation} ({status}) is compressed ({compression}), which was not asked for"
        );
        Self::from_inner(Inner {
            status: Some(status.as_u16()),
            ..Self::of(operation, ErrorKind::Unreadable, message)
        })
    }

    /// A success that cannot be decoded. `refusal` is what it says if it calls itself an error.
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
                format!("it is an error, {number} {word}{more}")
            }
            _ => {
                let shown =
                    excerpt.as_ref().map(|text| format!("; it begins with {text}")).unwrap_or_default();
                format!("{error}{shown}")
            }
        };
        let message = format!("the answer to {operation} ({status}) is not what was asked for: {why}");
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
