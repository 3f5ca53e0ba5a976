//! `plume api`: any request.

mod body;
mod request;

use clap::{Args, ValueEnum};
use plume::{Service, types::FreeForm};
use serde::Serialize;
use serde_json::Value;

use crate::args::help;
use crate::commands::api::{
    body::{Body, Field},
    request::{Found, Request, Start},
};
use crate::commands::changes::{Consent, Sent};
use crate::failure::{Failure, Result};
use crate::output::{Cell, Column, Outcome, Printed, Rows, Schemas, harmless};
use crate::session::{Head, Session};

/// Send any request and print the response
#[derive(Debug, Args)]
#[command(override_usage = "plume api [OPTIONS] [METHOD] <PATH>")]
#[command(after_help = help([
    "plume --demo api /Customers/{id}/locations/{locationId}/nodes",
    "plume api PUT /Customers/5f01/locations/5f02 -f name=Cabin --dry-run",
]))]
pub(crate) struct Api {
    /// GET, POST, PUT, PATCH or DELETE; GET if it is left out. A change needs --yes, or an answer on a terminal
    #[arg(value_name = "METHOD", value_parser = Start::parse)]
    start: Start,
    /// The path below the base of the service; {id} and {locationId} become the default ids
    path: Option<String>,
    /// Add a text to the query, or to the body of a change; a change takes only names that its operation has
    #[arg(long = "raw-field", short = 'f', value_name = "KEY=VALUE")]
    texts: Vec<Field>,
    /// Add a number, true, false, null or JSON
    #[arg(long = "field", short = 'F', value_name = "KEY=VALUE")]
    values: Vec<Field>,
    /// Read the JSON body of a change from a file, or from stdin with `-`; its names are not checked
    #[arg(long, value_name = "FILE")]
    input: Option<String>,
    /// The service of a path that is no known operation
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    service: Base,
    /// Read a list to its end; only lists with pages have this
    #[arg(long)]
    paginate: bool,
    /// Print the status and the headers of the response too
    #[arg(long, short)]
    include: bool,
    /// Print passphrases and other secrets in the response
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    consent: Consent,
}

/// A service of the cloud.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Base {
    /// Customers, locations, nodes, devices
    #[default]
    Api,
    /// Series over time
    Reports,
    /// The LTE uplink
    Lte,
}

const SCHEMAS: Schemas = Schemas { list: "plume.api/1", row: "plume.api.row/1" };
const COLUMNS: [Column<Value>; 1] = [Column::text("BODY", |body| Cell::new(body))];

/// A response with its head, for --include.
#[derive(Serialize)]
struct Whole {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

const WHOLE: [Column<Whole>; 2] = [
    Column::number("STATUS", |whole| Cell::new(whole.status)),
    Column::text("BODY", |whole| Cell::new(&whole.body)),
];

impl Api {
    pub(crate) async fn run(self, session: &Session) -> Result<Printed> {
        let body = Body::read(self.texts, self.values, self.input).await?;
        let service = match self.service {
            Base::Api => Service::Api,
            Base::Reports => Service::Reports,
            Base::Lte => Service::Lte,
        };
        let (method, path) = self.start.with(self.path)?;
        let request = Request::new(session, method, service, &path, body)?;
        if !request.is_change() {
            if self.consent.dry_run {
                let message = format!("--dry-run is for changes, and {method} only reads");
                return Err(Failure::usage(message, "Leave out --dry-run."));
            }
            let found = match self.paginate {
                true => request.pages(session).await?,
                false => Found { body: request.read(session).await?, unreadable: 0 },
            };
            return Ok(print(session, found, self.show_secrets, self.include));
        }
        if self.paginate {
            return Err(Failure::usage("--paginate is for reads", "Leave out --paginate."));
        }
        self.consent.check(session)?;
        let changed = match self.consent.send(session, request.change(session)?).await? {
            Sent::Shown(outcome) => return Ok(session.print(&outcome)),
            Sent::Changed(changed) => changed,
        };
        let body = changed.response.map_or(Value::Null, |response| response.expose().clone());
        if changed.pending {
            session.warn("the cloud will make the change later (202)");
        }
        Ok(print(session, Found { body, unreadable: 0 }, self.show_secrets, self.include))
    }
}

fn print(session: &Session, found: Found, show_secrets: bool, include: bool) -> Printed {
    let Found { body, unreadable } = found;
    let body = if show_secrets { body } else { redacted(body) };
    let text = match &body {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        // Its keys are texts.
        body => harmless(&serde_json::to_string_pretty(body).unwrap_or_default()),
    };
    match (include.then(|| session.last_head()).flatten(), body) {
        (Some(head), body) => {
            let headers = headers(&head);
            let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let text = format!("HTTP {}\n{}\n\n{text}", head.status, harmless(&lines.join("\n")));
            let whole = Whole { status: head.status.as_u16(), headers, body };
            session.print(&Outcome::verbatim("plume.api.response/1", whole, text, &WHOLE))
        }
        (None, Value::Array(items)) => {
            let rows = Rows { items, unreadable, more: None };
            let mut outcome = Outcome::list(SCHEMAS, rows, &COLUMNS);
            (outcome.view.text, outcome.view.is_verbatim) = (Some(text), true);
            session.print(&outcome)
        }
        (None, body) => session.print(&Outcome::verbatim("plume.api/1", body, text, &COLUMNS)),
    }
}

/// The same with `[redacted]` in place of secrets.
fn redacted(body: Value) -> Value {
    match body {
        text @ Value::String(_) => text,
        body => serde_json::to_value(FreeForm::from(body)).unwrap_or_default(),
    }
}

fn headers(head: &Head) -> Vec<(String, String)> {
    let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = match name {
            &http::header::SET_COOKIE => "[redacted]".into(),
            _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        (name.to_string(), value)
    };
    head.headers.iter().map(shown).collect()
}
