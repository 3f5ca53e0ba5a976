//! `plume auth logout`: removes the secret and the tokens of a profile.

use clap::Args;
use plume::auth::store::TokenStore;
use serde::Serialize;

use crate::args::help;
use crate::config::Origin;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Remove the stored secret and the tokens of a profile
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume auth logout",
    "plume auth logout --profile lab -o json",
]))]
pub(crate) struct Logout {}

#[derive(Serialize)]
pub(crate) struct Removed {
    profile: Option<String>,
    /// Whether there was a secret in the store.
    secret_removed: bool,
    /// Whether there was a token in the store.
    token_removed: bool,
    /// The place of a secret that remains, because it is not in the store.
    remaining: Option<String>,
}

const FIELDS: [Column<Removed>; 4] = [
    Column::word("Profile", |removed| Cell::option(removed.profile.as_ref())),
    Column::word("Secret", |removed| Cell::new(word(removed.secret_removed))),
    Column::word("Token", |removed| Cell::new(word(removed.token_removed))),
    Column::text("Secret remains in", |removed| Cell::option(removed.remaining.as_ref())),
];

fn word(is_removed: bool) -> &'static str {
    if is_removed { "removed" } else { "none was stored" }
}

impl Logout {
    pub(super) fn run(self, session: &Session) -> Result<Outcome<Removed>> {
        let mut removed =
            Removed { profile: None, secret_removed: false, token_removed: false, remaining: None };
        if session.is_demo() {
            return Ok(Outcome::record("plume.auth.logout/1", removed, &FIELDS));
        }
        let config = session.config()?;
        removed.profile = config.profile().map(str::to_owned);
        let Some(vault) = config.place.existing()? else {
            removed.remaining = remaining(&config)?;
            return Ok(Outcome::record("plume.auth.logout/1", removed, &FIELDS));
        };
        // The key of the tokens needs the secret, so they go first.
        let key = config.settings().ok().and_then(|settings| settings.store_key());
        if let Some(key) = key {
            let tokens = vault.tokens();
            removed.token_removed = !matches!(tokens.load(&key), Ok(None));
            tokens.forget(&key).map_err(|error| vault.failed("clear", &error))?;
        }
        if let Some(profile) = config.profile() {
            removed.secret_removed = vault.forget(profile)?;
        }
        removed.remaining = remaining(&session.config()?)?;
        if let Some(place) = &removed.remaining {
            session.warn(&format!("the secret of {place} remains; remove it there"));
        }
        Ok(Outcome::record("plume.auth.logout/1", removed, &FIELDS))
    }
}

/// The place of a secret that is not in the store.
fn remaining(config: &crate::config::Config) -> std::result::Result<Option<String>, Failure> {
    Ok(config
        .credential()?
        .filter(|origin| !matches!(origin, Origin::Store(_)))
        .map(|origin| origin.to_string()))
}
