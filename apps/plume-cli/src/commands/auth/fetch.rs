//! Tokens, and why there is none.

use plume::{
    auth::{AccessToken, AuthError},
    cli,
};

use crate::failure::{Failure, Result};
use crate::session::Session;

/// The failure to obtain a token, with the command that helps if the credential was refused.
pub(super) fn no_token(session: &Session, error: &AuthError) -> cli::Failure {
    let mut failure = cli::Failure::from(error);
    if failure.exit_code == cli::exit::AUTH {
        failure.help = format!("{} {}", session.login_advice(), failure.help);
    }
    failure
}

/// Returns a valid token, a stored one if there is one.
pub(super) async fn token(session: &Session) -> Result<AccessToken> {
    let tokens = session.client()?.token_provider();
    tokens.token().await.map_err(|error| Failure::Own(no_token(session, &error)))
}
