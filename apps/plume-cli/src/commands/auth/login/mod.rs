//! `plume auth login`: takes the settings of a profile, verifies them, and keeps the secret.

mod answers;
mod forms;
mod verify;

use std::path::Path;

use clap::Args;
use plume::auth::store::TokenStore;
use serde::Serialize;

use crate::args::help;
use crate::commands::auth::login::answers::Options;
use crate::commands::auth::login::verify::{HEADER, settings, verify};
use crate::config::{Config, Edit};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, complain};
use crate::session::Session;
use crate::state::KeyHome;

/// Store the credential of a profile, after a call with it
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume auth login",
    "plume auth login --profile lab --with-header-stdin",
]))]
pub(crate) struct Login {
    #[command(flatten)]
    options: Options,
    /// Store without a call
    #[arg(long)]
    no_verify: bool,
    /// The place of the key of the store: file (beside it, the first place) or keyring (of the system)
    #[arg(long, value_enum, value_name = "PLACE", hide_possible_values = true)]
    key: Option<KeyHome>,
}

#[derive(Serialize)]
pub(crate) struct LoggedIn {
    profile: String,
    /// The profile that commands use unless another one is named.
    default_profile: Option<String>,
    partner_id: Option<String>,
    /// Whether a token and a call succeeded.
    verified: bool,
    /// The store of the secret; `null` in a demo.
    secret: Option<String>,
    config: Option<String>,
}

const FIELDS: [Column<LoggedIn>; 5] = [
    Column::word("Profile", |login| Cell::new(&login.profile)),
    Column::text("Partner", |login| Cell::option(login.partner_id.as_ref())),
    Column::word("Verified", |login| Cell::yes_no(Some(login.verified))),
    Column::text("Secret kept in", |login| Cell::option(login.secret.as_ref())),
    Column::text("Settings in", |login| Cell::option(login.config.as_ref())),
];

impl Login {
    pub(super) async fn run(self, session: &Session) -> Result<Outcome<LoggedIn>> {
        if session.is_demo() {
            return self.demo(session).await;
        }
        let profile = self.options.profile(session).await?;
        let mut config = Config::load_for_login(Some(&profile))?;
        let path = config.path().map(Path::to_owned).ok_or_else(|| {
            Failure::usage(
                "there is no place for the configuration: the home directory is not known",
                "Set PLUME_CONFIG to a path.",
            )
        })?;
        let values = self.options.values(session, &config).await?;
        let header = self.options.header(session).await?;
        let settings = settings(&values, &config, &header)?;
        // Before the call, so that a person who cannot store the secret learns it first.
        let (vault, aside) = config.place.open_for_login(&profile, self.key)?;
        if let Some(aside) = aside {
            session.warn(&aside.to_string());
        }
        if !self.no_verify {
            verify(session, &session.client_with(settings)?).await?;
        }

        let before = vault.header(&profile).ok().flatten();
        let stale = config.settings().ok().and_then(|settings| settings.store_key());
        vault.keep(&profile, &header).await?;
        if !config.place.settle() {
            session.remark(
                "note: another program uses the store, so its former key stays until the next `plume auth login`",
            );
        }
        let default_profile = match write(&path, &profile, &values).await {
            Ok(default_profile) => default_profile,
            Err(failure) => {
                // The secret alone is of no use. If this fails too, the next login replaces it.
                let _ = match before {
                    Some(before) => vault.keep(&profile, &before).await,
                    None => vault.forget(&profile).map(|_| ()),
                };
                return Err(failure);
            }
        };
        if let Some(stale) = stale {
            // No logout would find the tokens of the former secret. If this fails, they expire.
            let _ = vault.tokens().forget(&stale);
        }
        for name in [HEADER, "PLUME_AUTH_HEADER_FILE"] {
            if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
                session.warn(&format!("{name} is set and overrides the stored secret; unset it"));
            }
        }
        if let Some(other) = default_profile.as_ref().filter(|other| **other != profile) {
            session.remark(&format!(
                "note: the default profile is still `{other}`; add --profile {profile}, or run `plume config use {profile}`"
            ));
        }
        let login = LoggedIn {
            profile,
            default_profile,
            partner_id: values.iter().find(|(key, _)| *key == "partner_id").map(|(_, value)| value.clone()),
            verified: !self.no_verify,
            secret: Some(config.place.to_string()),
            config: Some(path.display().to_string()),
        };
        Ok(Outcome::record("plume.auth.login/1", login, &FIELDS))
    }

    /// Shows a login with the simulated cloud. Nothing is stored.
    async fn demo(self, session: &Session) -> Result<Outcome<LoggedIn>> {
        let client = session.client()?;
        verify(session, client).await?;
        let login = LoggedIn {
            profile: session.profile().unwrap_or("demo").to_owned(),
            default_profile: None,
            partner_id: client.partner_id().map(ToString::to_string),
            verified: true,
            secret: None,
            config: None,
        };
        Ok(Outcome::record("plume.auth.login/1", login, &FIELDS))
    }
}

/// Writes the profile, without the secret. Returns the default profile.
async fn write(path: &Path, profile: &str, values: &[(&'static str, String)]) -> Result<Option<String>> {
    let mut edit = Edit::begin(path).await?;
    for (key, value) in values {
        edit.set(profile, key, value);
    }
    // They would override the stored secret.
    for key in ["auth_header", "auth_header_file"] {
        if edit.remove(profile, key) {
            complain(&format!("note: `{key}` was removed from the profile: the secret is in the store now"));
        }
    }
    if edit.default_profile().is_none() {
        edit.set_default_profile(profile);
    }
    let default_profile = edit.default_profile().map(str::to_owned);
    edit.finish()?;
    Ok(default_profile)
}
