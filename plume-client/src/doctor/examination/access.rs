//! The token of a diagnosis.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use plume_auth::{
    AccessToken, AuthError, AuthorizationSetting, ClientCredentials, Scope, TokenProvider, TokenSource,
};
use plume_runtime::{Clock, Transport};
use plume_text::human;

use crate::client::Partial;
use crate::doctor::account;
use crate::doctor::diagnosis::Finding;
use crate::doctor::network::Host;
use crate::doctor::watched::Watched;
use crate::error::Cause;

/// Provides the token of the diagnosis, even if it is rejected, so that no second one is requested.
#[derive(Debug)]
pub(super) struct OneToken(pub(super) AccessToken);

#[async_trait]
impl TokenProvider for OneToken {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Ok(self.0.clone())
    }

    fn ready(&self) -> Option<AccessToken> {
        Some(self.0.clone())
    }
}

/// The results of the token request.
pub(super) struct Access {
    pub(super) token: Finding,
    pub(super) scopes: Finding,
    /// The token, or why there is none.
    pub(super) access: Result<AccessToken, String>,
}

impl Access {
    fn none(token: Finding) -> Self {
        const WHY: &str = "there is no token: see `token`";
        Self { token, scopes: Finding::skipped(WHY), access: Err(WHY.to_owned()) }
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::none(Finding::skipped(why))
    }

    /// Requests a token, at most until the deadline.
    pub(super) async fn request(
        settings: &Partial,
        watched: &Arc<Watched>,
        clock: &Arc<dyn Clock>,
        deadline: Duration,
    ) -> Self {
        let Partial { sso_url, authorization, partner_id, .. } = settings;
        let (url, credential, partner) = match (sso_url, authorization, partner_id) {
            (_, Some(AuthorizationSetting::Bearer(token)), _) => {
                let why = "PLUME_AUTH_HEADER is a token, so none is requested";
                let access = token.ready().ok_or_else(|| why.to_owned());
                return Self { access, ..Self::skipped(why) };
            }
            (Some(url), Some(AuthorizationSetting::Basic(credential)), Some(partner)) => {
                (url, credential, partner)
            }
            _ => return Self::skipped("settings are missing or invalid: see the checks above"),
        };
        let scope = Scope::partner_admin(partner.as_str());
        let transport: Arc<dyn Transport> = Arc::<Watched>::clone(watched);
        let source = ClientCredentials::new(url.clone(), credential.clone(), scope.clone(), transport)
            .clock(Arc::clone(clock))
            .max_attempts(1);
        let fetched = match select(source.fetch(), clock.limit(deadline)).await {
            Either::Left((fetched, _)) => Some(fetched),
            Either::Right(_) => None,
        };
        let is_connected = Host::of(url, "").is_some_and(|host| watched.is_connected(&host));
        match fetched {
            Some(Ok(issued)) => {
                let Some(token) = AccessToken::from_issued(&issued, 1) else {
                    return Self::none(Finding::failed(
                        Cause::Other,
                        "the token holds a character that no header may have",
                        "Ask Plume support: the token endpoint issues tokens that cannot be sent.",
                    ));
                };
                Self {
                    token: account::token(issued.lifetime()),
                    scopes: account::scopes(&scope, &token),
                    access: Ok(token),
                }
            }
            _ if !is_connected => Self::skipped(format!("{} was not reached", url.host())),
            Some(Err(error)) => Self::none(account::refused(&error)),
            None => Self::none(Finding::failed(
                Cause::Network,
                format!("the token endpoint at {} did not respond in {}", url.host(), human(deadline)),
                "Try again later: the token endpoint accepts connections but does not respond.",
            )),
        }
    }
}
