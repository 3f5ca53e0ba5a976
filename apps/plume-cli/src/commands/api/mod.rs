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
    /// Print the status and the headers of the response too; of most headers the name only
    #[arg(long, short)]
    include: bool,
    /// Print the whole response. Else members with names of secrets, a body that is a text, and headers that may hold
    /// a secret are [redacted]
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
    let body = if show_secrets { body } else { hidden(session, body) };
    let text = match &body {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        // Its keys are texts.
        body => harmless(&serde_json::to_string_pretty(body).unwrap_or_default()),
    };
    match (include.then(|| session.last_head()).flatten(), body) {
        (Some(head), body) => {
            let headers = headers(&head, show_secrets);
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

/// The same with `[redacted]` in place of secrets. A text has no names, so all of it may be one.
fn hidden(session: &Session, body: Value) -> Value {
    match body {
        Value::String(text) if !text.is_empty() => {
            session.remark("note: the response is a text, which --show-secrets prints");
            Value::String(format!("[redacted] ({} bytes)", text.len()))
        }
        body => serde_json::to_value(FreeForm::from(body)).unwrap_or_default(),
    }
}

/// The headers whose values are shown. Others may hold a cookie, a token, or a URL with one.
const PLAIN: [&str; 20] = [
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "pragma",
    "retry-after",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "x-correlation-id",
    "x-request-id",
];

fn headers(head: &Head, show_secrets: bool) -> Vec<(String, String)> {
    let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let is_plain = PLAIN.contains(&name.as_str()) || name.as_str().contains("ratelimit");
        let value = match is_plain || show_secrets {
            true => String::from_utf8_lossy(value.as_bytes()).into_owned(),
            false => "[redacted]".to_owned(),
        };
        (name.to_string(), value)
    };
    head.headers.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_may_hold_a_secret_have_their_names_only() {
        let mut head = Head { status: http::StatusCode::OK, headers: http::HeaderMap::new() };
        for (name, value) in [
            ("content-type", "application/json"),
            ("x-ratelimit-remaining", "3"),
            ("set-cookie", "a=canary"),
            ("location", "https://example.net/?token=canary"),
            ("x-auth-token", "canary"),
        ] {
            head.headers.insert(name, http::HeaderValue::from_static(value));
        }
        let shown = format!("{:?}", headers(&head, false));
        assert!(shown.contains("application/json") && shown.contains("\"3\""), "{shown}");
        assert!(shown.contains("set-cookie") && !shown.contains("canary"), "{shown}");
        assert_eq!(format!("{:?}", headers(&head, true)).matches("canary").count(), 3);
    }
}
