//! The call that verifies a login before anything is stored.

use plume::{Client, Filter, Settings, cli::exit};
use secrecy::{ExposeSecret, SecretString};

use crate::commands::auth::fetch::no_token;
use crate::config::Config;
use crate::failure::{Failure, Result};
use crate::session::Session;

pub(super) const HEADER: &str = "PLUME_AUTH_HEADER";

/// The settings of the client that verifies, with the proxy and certificates of the person.
pub(super) fn settings(
    values: &[(&'static str, String)],
    config: &Config,
    header: &SecretString,
) -> Result<Settings> {
    let own = values.iter().map(|(key, value)| (format!("PLUME_{}", key.to_uppercase()), value.clone()));
    let network = ["proxy", "extra_roots"]
        .into_iter()
        .filter_map(|key| Some((format!("PLUME_{}", key.to_uppercase()), config.get(key)?.to_owned())));
    let header = std::iter::once((HEADER.to_owned(), header.expose_secret().to_owned()));
    Settings::from_variables(own.chain(network).chain(header)).map_err(|error| {
        let options = error.to_string().replace("PLUME_SSO_URL", "--sso-url");
        let options =
            options.replace("PLUME_PARTNER_ID", "--partner-id").replace("PLUME_API_BASE", "--api-base");
        let options =
            options.replace("PLUME_REPORTS_BASE", "--reports-base").replace("PLUME_LTE_BASE", "--lte-base");
        Failure::usage(
            options,
            "Correct the options, or run it on a terminal without them. Nothing was stored.",
        )
    })
}

/// Fetches a token and makes one call.
pub(super) async fn verify(session: &Session, client: &Client) -> Result<()> {
    let kept = |failure: plume::cli::Failure| {
        let help = format!("{} Nothing was stored.", failure.help);
        Failure::Own(plume::cli::Failure { help, ..failure })
    };
    if let Err(error) = client.token_provider().token().await {
        let mut failure = plume::cli::Failure::from(&error);
        if failure.exit_code == exit::AUTH {
            failure = no_token(session, &error);
        }
        return Err(kept(failure));
    }
    let missing = client.scope_not_granted();
    if !missing.is_empty() {
        session.warn(&format!("the token was not granted `{}`", missing.join(" ")));
    }
    let call = client.customers().filter(Filter::new().limit(1));
    call.list().await.map(|_| ()).map_err(|error| kept(plume::cli::Failure::from(&error)))
}
