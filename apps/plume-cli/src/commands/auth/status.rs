//! `plume auth status`: the credential, its place, and its token.

use chrono::{DateTime, Utc};
use clap::Args;
use plume::{
    auth::store::{StoredToken, TokenStore},
    cli::{self, exit},
};
use serde::Serialize;

use crate::args::help;
use crate::commands::auth::fetch::no_token;
use crate::config::Origin;
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, now};
use crate::session::Session;

/// Show the credential, where it is kept, and its token
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume auth status",
    "plume auth status --profile lab --offline -o json",
]))]
pub(crate) struct ShowStatus {
    /// Send no request: show the stored token only
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
pub(crate) struct Status {
    /// Whether there is a valid token.
    valid: bool,
    profile: Option<String>,
    partner_id: Option<String>,
    sso_url: Option<String>,
    api_base: Option<String>,
    /// The place of the secret.
    credential: String,
    /// The place of the key that seals the store; `null` without a store.
    store_key: Option<String>,
    /// The directory of the tokens; `null` if they are not kept between runs.
    token_store: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    scopes: Vec<String>,
    last_error: Option<LastError>,
}

#[derive(Serialize)]
struct LastError {
    message: String,
    help: String,
}

const FIELDS: [Column<Status>; 11] = [
    Column::word("Token", |status| Cell::new(if status.valid { "valid" } else { "none" })),
    Column::word("Profile", |status| Cell::option(status.profile.as_ref())),
    Column::text("Partner", |status| Cell::option(status.partner_id.as_ref())),
    Column::text("Token endpoint", |status| Cell::option(status.sso_url.as_ref())),
    Column::text("API", |status| Cell::option(status.api_base.as_ref())),
    Column::text("Credential", |status| Cell::new(&status.credential)),
    Column::text("Key of the store", |status| Cell::option(status.store_key.as_ref())),
    Column::text("Tokens kept in", |status| Cell::option(status.token_store.as_ref())),
    Column::text("Expires", |status| status.expires_at.map_or_else(Cell::absent, expiry)),
    Column::text("Scopes", |status| {
        Cell::option(Some(status.scopes.join(" ")).filter(|scopes| !scopes.is_empty()))
    }),
    Column::text("Last error", |status| Cell::option(status.last_error.as_ref().map(|error| &error.message))),
];

fn expiry(time: DateTime<Utc>) -> Cell {
    let exact = time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let shown = match (time - now()).to_std() {
        Ok(left) => format!("in {} ({exact})", plume_text::human(left)),
        Err(_) => format!("expired ({exact})"),
    };
    Cell::short(shown, exact)
}

impl ShowStatus {
    pub(super) async fn run(self, session: &Session) -> Result<Outcome<Status>> {
        let mut status = match session.is_demo() {
            true => of_demo(session),
            false => of_config(session)?,
        };
        let mut failure = None;
        if self.offline {
            if let Some(token) = stored(session)? {
                status.set(Some(token.expires_at()), token.scope());
            }
        } else {
            match session.client()?.token_provider().token().await {
                Ok(token) => status.set(token.expires_at(), token.scope()),
                Err(error) => failure = Some(no_token(session, &error)),
            }
        }
        let code = failure.as_ref().map_or(exit::DONE, |failure| failure.exit_code);
        if let Some(cli::Failure { message, help, .. }) = failure {
            session.warn(&format!("{message}. {help}"));
            status.last_error = Some(LastError { message, help });
        }
        Ok(Outcome { code, ..Outcome::record("plume.auth.status/1", status, &FIELDS) })
    }
}

impl Status {
    fn set(&mut self, expires_at: Option<DateTime<Utc>>, scope: Option<&str>) {
        self.valid = true;
        self.expires_at = expires_at;
        self.scopes = scope.into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect();
    }
}

fn of_demo(session: &Session) -> Status {
    let simulator = session.simulator(plume_sim::Simulator::builder().seed(7));
    let variables: Vec<_> = simulator.environment().collect();
    let get = |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    Status {
        valid: false,
        profile: None,
        partner_id: get("PLUME_PARTNER_ID"),
        sso_url: get("PLUME_SSO_URL"),
        api_base: get("PLUME_API_BASE"),
        credential: Origin::Demo.to_string(),
        store_key: None,
        token_store: None,
        expires_at: None,
        scopes: Vec::new(),
        last_error: None,
    }
}

fn of_config(session: &Session) -> Result<Status> {
    let config = session.config()?;
    let get = |key| config.get(key).map(str::to_owned);
    let Some(credential) = config.credential()? else {
        return Err(match config.profile() {
            Some(profile) => Failure::no_credential(profile),
            None => Failure::of_code(
                exit::AUTH,
                "there is no credential and no profile",
                "Run `plume auth login`.",
            ),
        });
    };
    Ok(Status {
        valid: false,
        profile: config.profile().map(str::to_owned),
        partner_id: get("partner_id"),
        sso_url: get("sso_url"),
        api_base: get("api_base"),
        credential: match get("auth_header_file") {
            Some(path) => format!("file {path} ({credential})"),
            None => credential.to_string(),
        },
        store_key: config.place.directory().map(|_| config.place.key_place()),
        token_store: config.place.directory().map(|directory| directory.display().to_string()),
        expires_at: None,
        scopes: Vec::new(),
        last_error: None,
    })
}

/// The stored token, if it is still valid.
fn stored(session: &Session) -> Result<Option<StoredToken>> {
    if session.is_demo() {
        return Ok(None);
    }
    let config = session.config()?;
    let (Some(key), Some(vault)) = (config.settings()?.store_key(), config.place.existing()?) else {
        return Ok(None);
    };
    let record = match vault.tokens().load(&key) {
        Ok(record) => record,
        Err(error) if error.kind().leaves_room() => {
            session.warn(&cli::Failure::from(vault.failed("read", &error)).message);
            None
        }
        Err(error) => return Err(vault.failed("read", &error)),
    };
    let token = record.as_ref().and_then(|record| record.token()).cloned();
    Ok(token.filter(|token| token.fresh(now()).is_some()))
}
