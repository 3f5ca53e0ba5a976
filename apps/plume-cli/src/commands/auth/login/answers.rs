//! The answers of a login: of options, of the profile as it is, or of a person.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::ask::Form;
use crate::commands::auth::login::forms::{
    ASKED, Asked, MAX_SECRET, MISPLACED, beside, check_profile, header, is_secret, secret, shows_word,
};
use crate::config::Config;
use crate::failure::{Failure, Result};
use crate::session::Session;

const DEFAULT: &str = "default";
/// The advice where a question cannot be asked.
const INSTEAD: &str =
    "Give --profile, --sso-url, --partner-id and --api-base, and the secret with --with-header-stdin.";

/// The options that answer the questions.
#[derive(Debug, Args)]
pub(super) struct Options {
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
}

impl Options {
    pub(super) async fn profile(&self, session: &Session) -> Result<String> {
        let default = || match Config::load_for_login(None) {
            Ok(config) => Ok(config.profile().unwrap_or(DEFAULT).to_owned()),
            Err(failure) => Err(failure),
        };
        let name = match session.profile() {
            Some(name) => name.to_owned(),
            None if self.with_header_stdin => default()?,
            None => {
                let form = Form { shows: shows_word, check: |name| check_profile(name).map_err(named) };
                session.ask.text("Profile", Some(default()?), INSTEAD, form).await?
            }
        };
        check_profile(&name).map_err(|why| Failure::usage(named(why), "Choose another name."))?;
        Ok(name)
    }

    /// The settings of the profile.
    pub(super) async fn values(
        &self,
        session: &Session,
        config: &Config,
    ) -> Result<Vec<(&'static str, String)>> {
        let mut values: Vec<(&'static str, String)> = Vec::new();
        for Asked { key, option, prompt, shows, check } in ASKED {
            let given = match key {
                "sso_url" => &self.sso_url,
                "partner_id" => &self.partner_id,
                "api_base" => &self.api_base,
                _ => &self.reports_base,
            };
            let known = config.get(key).map(str::to_owned);
            let known = known.or_else(|| if key == "reports_base" { beside(values.last()?) } else { None });
            let value = match given {
                Some(value) if is_secret(value) => {
                    return Err(Failure::usage(format!("{option} {MISPLACED}"), INSTEAD));
                }
                Some(value) => Some(value.clone()),
                None if self.with_header_stdin => known,
                None => {
                    let text = session.ask.text(prompt, known, INSTEAD, Form { shows, check }).await?;
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

    pub(super) async fn header(&self, session: &Session) -> Result<SecretString> {
        let pasted = match self.with_header_stdin {
            true => of_stdin().await?,
            false => session.ask.secret("Authorization header from the Plume Portal", INSTEAD).await?,
        };
        header(&pasted)
    }
}

fn named(why: String) -> String {
    format!("the profile {why}")
}

async fn of_stdin() -> Result<SecretString> {
    let failed = |why: &str| {
        Failure::usage(
            format!("failed to read the secret from stdin: {why}"),
            "Pipe the header `Basic …` or `clientId:clientSecret` into the command.",
        )
    };
    // A terminal would show the secret.
    if io::stdin().is_terminal() {
        return Err(Failure::usage(
            "--with-header-stdin reads a pipe or a file, and stdin is a terminal",
            "Leave out --with-header-stdin: a question reads the secret and hides it.",
        ));
    }
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
