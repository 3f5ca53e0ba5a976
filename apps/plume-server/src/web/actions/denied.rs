//! The reasons why an action is not carried out.

use axum::http::StatusCode;

use crate::store::StoreError;

/// The reason why an action is not carried out, for a page or a document.
#[derive(Debug)]
pub(in crate::web) enum Denied {
    /// There is no such thing, or the visitor does not see it.
    Missing(&'static str),
    /// Another reason, in sentences.
    Because { status: StatusCode, title: &'static str, detail: String, help: &'static str },
    /// The store has not taken it.
    Store(StoreError),
}

impl Denied {
    pub(in crate::web) fn because(
        status: StatusCode,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::Because { status, title, detail: detail.into(), help: "" }
    }

    /// Something that is given is not possible.
    pub(in crate::web) fn impossible(detail: impl Into<String>) -> Self {
        Self::because(StatusCode::UNPROCESSABLE_ENTITY, "Not possible", detail)
    }

    pub(super) fn with_help(mut self, text: &'static str) -> Self {
        if let Self::Because { help, .. } = &mut self {
            *help = text;
        }
        self
    }
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
