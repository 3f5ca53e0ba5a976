//! `plume auth login`: takes the settings of a profile, verifies them, and keeps the secret.

use std::io::{self, Read};

use clap::Args;
use plume::{
    Client, Filter, PartnerId, Settings,
    auth::{AuthorizationSetting, Credential, SecureUrl, store::TokenStore},
    cli::exit,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::help;
use crate::commands::auth::fetch::no_token;
use crate::config::{Config, Edit};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, complain};
use crate::session::Session;

/// Store the credential of a profile, after a call with it
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume auth login",
    "plume auth login --profile lab --with-header-stdin",
]))]
pub(crate) struct Login {
    /// The token endpoint, https://…/oauth2/<id>/v1/token
    #[arg(long, value_name = "URL")]
    sso_url: Option<String>,
    /// The partner id that the Plume Portal shows
    #[arg(long, value_name = "ID")]
    partner_id: Option<String>,
    /// The base of the API, https://…/api
    #[arg(long, value_name = "URL")]
    api_base: Option<String>,
    /// The base of the reports; beside the API unless given
    #[arg(long, value_name = "URL")]
    reports_base: Option<String>,
    /// The base of the LTE service
    #[arg(long, value_name = "URL")]
    lte_base: Option<String>,
    /// Read the secret from stdin: the header `Basic …`, or `clientId:clientSecret`
    #[arg(long)]
    with_header_stdin: bool,
    /// Store without a call
    #[arg(long)]
    no_verify: bool,
}

#[derive(Serialize)]
pub(crate) struct LoggedIn {
    profile: String,
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

const DEFAULT: &str = "default";
/// Longer than any header.
const MAX_SECRET: usize = 64 << 10;
const HEADER: &str = "PLUME_AUTH_HEADER";
/// The keys of a profile in the order of the questions.
const ASKED: [(&str, &str); 4] = [
    ("sso_url", "Token endpoint (https://…/oauth2/<id>/v1/token)"),
    ("partner_id", "Partner id"),
    ("api_base", "Base of the API (https://…/api)"),
    ("reports_base", "Base of the reports"),
];

impl Login {
    pub(super) async fn run(self, session: &Session) -> Result<Outcome<LoggedIn>> {
        if session.is_demo() {
            return self.demo(session).await;
        }
        let profile = self.profile(session).await?;
        let config = Config::load_for_login(Some(&profile))?;
        let path = config.path().ok_or_else(|| {
            Failure::usage(
                "there is no place for the configuration: the home directory is not known",
                "Set PLUME_CONFIG to a path.",
            )
        })?;
        let values = self.values(session, &config).await?;
        let header = self.header(session).await?;
        let settings = settings(&values, &config, &header)?;
        // Before the call, so that a person who cannot store the secret learns it first.
        let vault = config.place.create()?;
        if !self.no_verify {
            verify(session, &session.client_with(settings)?).await?;
        }

        let before = vault.header(&profile).ok().flatten();
        let stale = config.settings().ok().and_then(|settings| settings.store_key());
        vault.keep(&profile, &header).await?;
        let written = write(path, &profile, &values).await;
        if let Err(failure) = written {
            // The secret alone is of no use. If this fails too, the next login replaces it.
            let _ = match before {
                Some(before) => vault.keep(&profile, &before).await,
                None => vault.forget(&profile).map(|_| ()),
            };
            return Err(failure);
        }
        if let Some(stale) = stale {
            // No logout would find the tokens of the former secret. If this fails, they expire.
            let _ = vault.tokens().forget(&stale);
        }
        for name in [HEADER, "PLUME_AUTH_HEADER_FILE"] {
            if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
                session.warn(&format!("{name} is set and overrides the stored secret; unset it"));
            }
        }
        let login = LoggedIn {
            profile,
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
            partner_id: client.partner_id().map(ToString::to_string),
            verified: true,
            secret: None,
            config: None,
        };
        Ok(Outcome::record("plume.auth.login/1", login, &FIELDS))
    }

    async fn profile(&self, session: &Session) -> Result<String> {
        let named = session.profile().map(str::to_owned);
        let default = || match Config::load_for_login(None) {
            Ok(config) => Ok(config.profile().unwrap_or(DEFAULT).to_owned()),
            Err(failure) => Err(failure),
        };
        let name = match named {
            Some(name) => name,
            None if self.with_header_stdin => default()?,
            None => {
                let default = Some(default()?);
                session.ask.text("Profile", default, INSTEAD, check_profile).await?
            }
        };
        check_profile(&name)
            .map_err(|why| Failure::usage(format!("the profile {why}"), "Choose another name."))?;
        Ok(name)
    }

    /// The settings of the profile: of options, of the person, or of the profile as it is.
    async fn values(&self, session: &Session, config: &Config) -> Result<Vec<(&'static str, String)>> {
        let mut values: Vec<(&'static str, String)> = Vec::new();
        for (key, prompt) in ASKED {
            let option = match key {
                "sso_url" => &self.sso_url,
                "partner_id" => &self.partner_id,
                "api_base" => &self.api_base,
                _ => &self.reports_base,
            };
            let known = config.get(key).map(str::to_owned);
            let known = known.or_else(|| if key == "reports_base" { beside(values.last()?) } else { None });
            let value = match option {
                Some(value) => Some(value.clone()),
                None if self.with_header_stdin => known,
                None => {
                    let check = move |text: &str| check(key, text);
                    let text = session.ask.text(prompt, known, INSTEAD, check).await?;
                    Some(text).filter(|text| !plume_text::trim(text).is_empty())
                }
            };
            if let Some(value) = value {
                values.push((key, plume_text::trim(&value).to_owned()));
            }
        }
        let lte = self.lte_base.clone().or_else(|| config.get("lte_base").map(str::to_owned));
        values.extend(lte.map(|base| ("lte_base", base)));
        Ok(values)
    }

    async fn header(&self, session: &Session) -> Result<SecretString> {
        let pasted = match self.with_header_stdin {
            true => of_stdin().await?,
            false => {
                session.ask.secret("Authorization header from the Plume Portal (hidden)", INSTEAD).await?
            }
        };
        header(&pasted)
    }
}

/// The advice where a question cannot be asked.
const INSTEAD: &str =
    "Give --profile, --sso-url, --partner-id and --api-base, and the secret with --with-header-stdin.";

fn check_profile(name: &str) -> std::result::Result<(), String> {
    let is_valid = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    match (1..=64).contains(&name.chars().count()) && name.chars().all(is_valid) {
        true => Ok(()),
        false => Err("has 1 to 64 letters, digits, `-`, `_` or `.`".to_owned()),
    }
}

fn check(key: &str, text: &str) -> std::result::Result<(), String> {
    let text = plume_text::trim(text);
    match key {
        "partner_id" => match text.strip_prefix("slug:") {
            Some(name) => PartnerId::slug(name).map(|_| ()).map_err(|error| error.to_string()),
            None => PartnerId::parse(text).map(|_| ()).map_err(|error| error.to_string()),
        },
        "reports_base" if text.is_empty() => Ok(()),
        _ => SecureUrl::parse(text).map(|_| ()).map_err(|error| error.to_string()),
    }
}

/// The base of the reports beside the one of the API.
fn beside((key, api): &(&'static str, String)) -> Option<String> {
    let base = api.trim_end_matches('/').strip_suffix("/api")?;
    (*key == "api_base").then(|| format!("{base}/reports"))
}

async fn of_stdin() -> Result<SecretString> {
    let failed = |why: &str| {
        Failure::usage(
            format!("failed to read the secret from stdin: {why}"),
            "Pipe the header `Basic …` or `clientId:clientSecret` into the command.",
        )
    };
    // On a thread of its own, so that Ctrl-C ends the program meanwhile.
    let read = tokio::task::spawn_blocking(|| {
        // Reserved at once, because a buffer that grows leaves copies in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 1));
        let limit = u64::try_from(MAX_SECRET).unwrap_or(u64::MAX) + 1;
        io::stdin().take(limit).read_to_end(&mut bytes).map(|_| bytes)
    });
    match read.await {
        Ok(Ok(bytes)) => secret(&bytes).map_err(failed),
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(_) => Err(failed("the thread ended")),
    }
}

/// The text of a file or a pipe, without a byte order mark.
fn secret(bytes: &[u8]) -> std::result::Result<SecretString, &'static str> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.len() > MAX_SECRET {
        return Err("it is too long");
    }
    // UTF-16 without a mark has a zero beside every letter.
    if matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) || text.contains(&0) {
        return Err("it is UTF-16; send it as UTF-8");
    }
    match std::str::from_utf8(text) {
        Ok(text) if plume_text::trim(text).is_empty() => Err("it is empty"),
        Ok(text) => Ok(text.into()),
        Err(_) => Err("it is not UTF-8 text"),
    }
}

/// The header of a pasted text. No error repeats the text.
fn header(pasted: &SecretString) -> Result<SecretString> {
    let text = plume_text::trim(pasted.expose_secret());
    let pair = text.split_once(':').filter(|(id, secret)| {
        let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        is_word(id) && is_word(secret) && !secret.starts_with("//")
    });
    match (AuthorizationSetting::parse(text), pair) {
        (Ok(_), _) => Ok(text.into()),
        (Err(_), Some((id, secret))) => Ok(Credential::from_client(id, secret).expose_header().into()),
        (Err(error), None) => Err(Failure::usage(
            format!("the authorization header {error}"),
            "Copy it again from the Plume Portal. Nothing was stored.",
        )),
    }
}

/// The settings of the client that verifies, with the proxy and certificates of the person.
fn settings(values: &[(&'static str, String)], config: &Config, header: &SecretString) -> Result<Settings> {
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
async fn verify(session: &Session, client: &Client) -> Result<()> {
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

/// Writes the profile, without the secret.
async fn write(path: &std::path::Path, profile: &str, values: &[(&'static str, String)]) -> Result<()> {
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
    if !edit.has_default_profile() {
        edit.set_default_profile(profile);
    }
    edit.finish()
}
