//! Pages for errors.

use askama::Template;
use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use plume_text::human;

use crate::store::{StoreError, StoreErrorKind};
use crate::web::actions::Denied;
use crate::web::entry::Refusal;
use crate::web::pages::frame::Frame;
use crate::web::shell::rendered;
use crate::web::view::reason;

/// The reason why there is no page.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) detail: String,
    pub(super) help: String,
    /// The path of the page to continue with.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "fault.html")]
struct Page<'a> {
    frame: &'a Frame,
    fault: &'a Fault,
}

impl Fault {
    pub(super) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), help: String::new(), back: "/".to_owned() }
    }

    pub(super) fn missing(thing: &str) -> Self {
        let detail = format!("There is no such {thing}. It may have been removed.");
        Self::new(StatusCode::NOT_FOUND, "Not found", detail)
    }

    /// Checks a word of an address. An empty one is the default.
    pub(super) fn unless_known(label: &str, word: &str, known: &[&str], back: &str) -> Result<(), Self> {
        match known.split_last() {
            Some((last, others)) if !word.is_empty() && !known.contains(&word) => {
                let detail = format!("“{label}” must be {} or {last}.", others.join(", "));
                Err(Self::new(StatusCode::BAD_REQUEST, "No such address", detail).back_to(back))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn back_to(mut self, path: impl Into<String>) -> Self {
        self.back = path.into();
        self
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignIn | Refusal::Unconfirmed => {
                let detail = "The session has ended, so the form was not carried out.";
                Self::new(StatusCode::UNAUTHORIZED, "Not signed in", detail)
                    .with_help("Sign in and repeat it.")
            }
            Refusal::Store(error) => error.into(),
            Refusal::TooSlow => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "Too slow", "The form did not arrive within 10 s.")
            }
            Refusal::TooMany(wait) => {
                let detail = "You made too many changes within a short time; this one was not made.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many changes", detail)
                    .with_help(format!("Repeat it in {}.", human(wait)))
            }
            Refusal::Role(role) => {
                let detail = format!("This needs the role {role}, which you do not have.");
                Self::new(StatusCode::FORBIDDEN, "Not allowed", detail)
                    .with_help("An administrator decides about roles.")
            }
            Refusal::Form => {
                let detail = "The form has no token of this session, for example because the server was restarted, so it was not \
                              carried out.";
                Self::new(StatusCode::FORBIDDEN, "Form out of date", detail)
                    .with_help("Open the page again and repeat it.")
            }
            Refusal::Token | Refusal::NotJson => {
                Self::new(StatusCode::FORBIDDEN, "Not allowed", "This is a path of the API.")
            }
            Refusal::TooLong => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too long", "The form is longer than 32 KB.")
            }
        }
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing(thing) => Self::missing(thing),
            Denied::Because { status, title, detail, help } => {
                Self::new(status, title, detail).with_help(help)
            }
            Denied::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let (status, title) = match error.kind() {
            StoreErrorKind::Missing => (StatusCode::NOT_FOUND, "Not found"),
            StoreErrorKind::Conflict => (StatusCode::CONFLICT, "Changed meanwhile"),
            StoreErrorKind::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "Not possible"),
            StoreErrorKind::Full => (StatusCode::INSUFFICIENT_STORAGE, "The disk is full"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "The store does not answer"),
        };
        let text = error.to_string();
        let detail = reason(text.strip_prefix("store: ").unwrap_or(&text));
        Self::new(status, title, format!("{detail}.")).with_help(error.help())
    }
}

impl Frame {
    /// Returns the response for a page or for the reason why there is none.
    pub(super) fn answer<T: Template>(&self, page: Result<T, Fault>) -> Response {
        match page.map(|page| rendered(&page)) {
            Ok(Ok(text)) => (StatusCode::OK, [HTML], text).into_response(),
            Ok(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Err(fault) => self.refuse(&fault),
        }
    }

    /// Returns the page for a fault.
    pub(super) fn refuse(&self, fault: &Fault) -> Response {
        match rendered(&Page { frame: self, fault }) {
            Ok(text) => (fault.status, [HTML], text).into_response(),
            Err(_) => fault.status.into_response(),
        }
    }
}

const HTML: (HeaderName, &str) = (header::CONTENT_TYPE, "text/html; charset=utf-8");

/// The page for a path without a page.
pub(super) async fn missing(frame: Frame) -> Response {
    frame.refuse(&Fault::missing("page"))
}
