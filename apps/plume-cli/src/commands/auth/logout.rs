//! `plume auth logout`: removes the secret and the tokens of a profile.

use clap::Args;
use plume::{Settings, auth::store::TokenStore, cli::exit};
use serde::Serialize;

use crate::args::help;
use crate::config::{Config, Origin};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Table};
use crate::session::Session;
use crate::state::{Place, Vault};

/// Remove the stored secret and the tokens of a profile
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume auth logout",
    "plume auth logout --profile lab -o json",
]))]
pub(crate) struct Logout {}

#[derive(Default, Serialize)]
pub(crate) struct Removed {
    profile: Option<String>,
    /// Whether there was a secret in the store.
    secret_removed: bool,
    /// Whether there was a token in the store.
    token_removed: bool,
    /// The new name of a store that could not be opened.
    moved_to: Option<String>,
    /// The place of a secret that remains, because it is not in the store.
    remaining: Option<String>,
}

const FIELDS: [Column<Removed>; 5] = [
    Column::word("Profile", |removed| Cell::option(removed.profile.as_ref())),
    Column::word("Secret", |removed| Cell::new(removed.word(removed.secret_removed))),
    Column::word("Token", |removed| Cell::new(removed.word(removed.token_removed))),
    Column::text("Store moved to", |removed| Cell::option(removed.moved_to.as_ref())),
    Column::text("Secret remains in", |removed| Cell::option(removed.remaining.as_ref())),
];

impl Logout {
    pub(super) fn run(self, session: &Session) -> Result<Outcome<Removed>> {
        let mut removed = Removed::default();
        if session.is_demo() {
            return Ok(removed.shown(session));
        }
        let config = match Config::load_for_login(session.profile()) {
            Ok(config) => config,
            Err(failure) => return without_config(session, failure),
        };
        removed.profile = config.profile().map(str::to_owned);
        let (vault, aside) = config.place.open_for_logout(config.profile())?;
        if let Some(vault) = vault {
            // The key of the tokens needs the secret, so they are removed first.
            removed.token_removed = forget_tokens(&config, &vault)?;
            if let Some(profile) = config.profile() {
                removed.secret_removed = vault.forget(profile)?;
            }
        }
        if let Some(aside) = aside {
            session.warn(&aside.to_string());
            removed.moved_to = Some(aside.path.display().to_string());
        }
        removed.remaining = remaining(&config)?;
        if let Some(place) = &removed.remaining {
            session.warn(&format!("the secret of {place} remains; remove it there"));
        }
        if !removed.is_known(session, &config) {
            config.check_profile(session.profile().unwrap_or_default())?;
        }
        Ok(removed.shown(session))
    }
}

impl Removed {
    /// The result. People see only the lines that have a value.
    fn shown(self, session: &Session) -> Outcome<Self> {
        let table = Table::record(&self, &FIELDS);
        let text = session.output.table(&table.known());
        Outcome::fitted("plume.auth.logout/1", self, text, table)
    }

    fn word(&self, is_removed: bool) -> &'static str {
        match (is_removed, &self.moved_to) {
            (true, _) => "removed",
            // It was not opened, so its content is not known.
            (false, Some(_)) => "moved with the store",
            (false, None) => "none was stored",
        }
    }

    /// Whether the profile that an option names is in the file, or was in the store.
    fn is_known(&self, session: &Session, config: &Config) -> bool {
        let is_removed = self.secret_removed || self.moved_to.is_some();
        is_removed || session.profile().is_none_or(|profile| config.check_profile(profile).is_ok())
    }
}

/// Removes the tokens of the profile. Without valid settings their key is not known, so those of all profiles go.
fn forget_tokens(config: &Config, vault: &Vault) -> Result<bool> {
    let failed = |error| vault.failed("clear", &error);
    let tokens = vault.tokens();
    match config.settings().map(|settings| settings.store_key()) {
        Ok(Some(key)) => {
            let existed = !matches!(tokens.load(&key), Ok(None));
            tokens.forget(&key).map(|()| existed).map_err(failed)
        }
        // There is no secret, so there are no tokens of this profile.
        Err(_) if matches!(config.credential(), Ok(None)) => Ok(false),
        _ => Ok(tokens.records().forget_tenant(Settings::TENANT).map_err(failed)? > 0),
    }
}

/// A configuration file that cannot be read names no profile: an option does, or its secret remains.
fn without_config(session: &Session, failure: Failure) -> Result<Outcome<Removed>> {
    let place = Place::of_environment()?;
    session.warn(&failure.to_string());
    let mut removed = Removed { profile: session.profile().map(str::to_owned), ..Removed::default() };
    let (vault, aside) = place.open_for_logout(session.profile())?;
    if let Some(vault) = vault {
        let records = vault.tokens();
        let forgotten = records.records().forget_tenant(Settings::TENANT);
        removed.token_removed = forgotten.map_err(|error| vault.failed("clear", &error))? > 0;
        if let Some(profile) = session.profile() {
            removed.secret_removed = vault.forget(profile)?;
        }
    }
    if let Some(aside) = aside {
        session.warn(&aside.to_string());
        removed.moved_to = Some(aside.path.display().to_string());
    }
    let mut code = exit::DONE;
    if session.profile().is_none() && removed.moved_to.is_none() {
        session.warn("the profile is not known, so its secret remains; name it with --profile");
        code = exit::PARTLY;
    }
    Ok(Outcome { code, ..removed.shown(session) })
}

/// The place of a secret that is not in the store.
fn remaining(config: &Config) -> Result<Option<String>> {
    Ok(config
        .credential()?
        .filter(|origin| !matches!(origin, Origin::Store(_)))
        .map(|origin| origin.to_string()))
}
