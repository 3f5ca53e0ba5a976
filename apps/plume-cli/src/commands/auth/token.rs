//! `plume auth token`: the access token itself.

use std::io::{self, IsTerminal};

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use crate::args::help;
use crate::commands::auth::fetch::token;
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome};
use crate::session::Session;

/// Print a valid access token, for other programs
#[derive(Debug, Args)]
#[command(after_help = help([
    "curl -H \"Authorization: Bearer $(plume auth token)\" https://cloud.example.net/api/Customers",
    "plume auth token --profile lab",
    "plume auth token -o json",
]))]
pub(crate) struct PrintToken {}

#[derive(Serialize)]
pub(crate) struct Token {
    token: String,
    expires_at: Option<DateTime<Utc>>,
    scope: Option<String>,
}

const COLUMNS: [Column<Token>; 3] = [
    Column::word("TOKEN", |token| Cell::new(&token.token)),
    Column::word("EXPIRES", |token| Cell::time(token.expires_at)),
    Column::text("SCOPE", |token| Cell::option(token.scope.as_ref())),
];

impl PrintToken {
    pub(super) async fn run(self, session: &Session) -> Result<Outcome<Token>> {
        let token = token(session).await?;
        if io::stdout().is_terminal() {
            session.warn("the token on this screen gives access to the account until it expires");
        }
        let text = token.expose_token().to_owned();
        let data = Token {
            token: text.clone(),
            expires_at: token.expires_at(),
            scope: token.scope().map(str::to_owned),
        };
        Ok(Outcome::verbatim("plume.auth.token/1", data, text, &COLUMNS))
    }
}
