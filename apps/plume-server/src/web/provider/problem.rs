//! The reasons why a sign-in failed, each by name.

use axum::http::StatusCode;

use crate::access::Denied;
use crate::access::oidc::{PendingProblem, TokenProblem};

/// The reason why a sign-in with the provider failed. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) enum LoginProblem {
    /// The response belongs to no sign-in of this browser.
    Pending(PendingProblem),
    /// The response was used before.
    Used,
    /// The response has no code, or names another issuer.
    Response(&'static str),
    /// The provider refused: the code of its error, and its words.
    Refused(String, String),
    /// The provider cannot be reached, or its documents are wrong.
    Away(String),
    /// The provider did not exchange the code: its status, and the code of its error.
    Exchange(u16, String),
    /// The ID token is refused.
    Token(TokenProblem),
    /// No rule lets the person in.
    Denied(Denied),
}

impl LoginProblem {
    pub(in crate::web) fn status(&self) -> StatusCode {
        match self {
            Self::Pending(_) | Self::Used | Self::Response(_) | Self::Token(_) => StatusCode::BAD_REQUEST,
            Self::Refused(..) | Self::Denied(_) => StatusCode::FORBIDDEN,
            Self::Away(_) | Self::Exchange(..) => StatusCode::BAD_GATEWAY,
        }
    }

    /// Returns what failed, in one line for the page and the audit.
    pub(in crate::web) fn detail(&self) -> String {
        match self {
            Self::Pending(PendingProblem::Missing) => {
                "This browser has begun no sign-in, or the server was restarted meanwhile.".to_owned()
            }
            Self::Pending(PendingProblem::Late) => "The sign-in took longer than 10 minutes.".to_owned(),
            Self::Pending(_) => "The response of the provider is about another sign-in.".to_owned(),
            Self::Used => "This response of the provider was used before.".to_owned(),
            Self::Response(what) => format!("The response of the provider {what}."),
            Self::Refused(code, words) if words.is_empty() => format!("The provider refused: {code}."),
            Self::Refused(code, words) => format!("The provider refused: {code} ({words})."),
            Self::Away(cause) => format!("The provider cannot be used: {cause}."),
            Self::Exchange(status, code) if code.is_empty() => {
                format!("The provider did not accept the code (status {status}).")
            }
            Self::Exchange(status, code) => {
                format!("The provider did not accept the code: {code} (status {status}).")
            }
            Self::Token(problem) => format!("The ID token of the provider is refused: {problem}."),
            Self::Denied(denied) => format!("You are known to the provider, but {denied}."),
        }
    }

    /// Returns the next step.
    pub(in crate::web) fn help(&self) -> String {
        match self {
            Self::Exchange(_, code) if code == "invalid_client" => {
                "An administrator must check `sign_in.client_id` and the secret.".to_owned()
            }
            Self::Exchange(_, code) if code == "invalid_grant" => {
                "Sign in again. If it fails again, the redirect address at the provider must be exactly \
                 `public_url` and `/sign-in/callback`."
                    .to_owned()
            }
            Self::Refused(code, _) if code == "invalid_request" || code == "unauthorized_client" => {
                "An administrator must check the redirect address at the provider: `public_url` and \
                 `/sign-in/callback`, exactly."
                    .to_owned()
            }
            Self::Token(TokenProblem::Clock { .. }) => {
                "An administrator must set the clock of this server, or of the provider.".to_owned()
            }
            Self::Denied(_) => {
                "An administrator decides by the rules `[[access]]`, and by the claims that the provider sends."
                    .to_owned()
            }
            Self::Away(_) => "Try again in a minute. Accounts of this server work without it.".to_owned(),
            _ => "Sign in again.".to_owned(),
        }
    }
}
