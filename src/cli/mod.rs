//! Conventions of command-line programs: the envelope of JSON documents, and exit codes.

pub mod exit;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use plume_auth::AuthError;
use plume_client::{Client, Error};
use serde::Serialize;

pub use exit::exit_code;

/// Returns text for a terminal: each line without control, direction and invisible characters. Everything that a program
/// writes to stderr passes here, because arguments, names and error texts come from elsewhere.
///
/// ```
/// assert_eq!(plume::cli::for_terminal("error: a\u{1b}[31m\nhelp: b\u{200b}"), "error: a\u{fffd}[31m\nhelp: b");
/// ```
#[must_use]
pub fn for_terminal(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.lines().map(plume_text::on_screen).collect();
    lines.join("\n")
}

/// The envelope of every JSON document that a program prints.
///
/// `schema` names the form of `data`, for example `plume.health/1`; within a number, members are only added.
///
/// ```
/// use plume::cli::{Document, Meta, Source};
///
/// let meta = Meta { api_calls: 3, budget_left: Some(1897), ..Meta::new(Source::Demo) };
/// let document = Document::new("plume.count/1", chrono::DateTime::UNIX_EPOCH, 17, meta);
/// let json = serde_json::to_value(&document)?;
/// assert_eq!(json["schema"], "plume.count/1");
/// assert_eq!(json["meta"]["source"], "demo");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Document<T> {
    /// The form of `data`.
    pub schema: &'static str,
    /// The time of the document.
    pub generated_at: DateTime<Utc>,
    /// The content.
    pub data: T,
    /// Irregularities that did not stop the program.
    pub warnings: Vec<String>,
    /// Origin and cost of the data.
    pub meta: Meta,
}

impl<T: Serialize> Document<T> {
    /// Returns a document without warnings.
    pub fn new(schema: &'static str, generated_at: DateTime<Utc>, data: T, meta: Meta) -> Self {
        Self { schema, generated_at, data, warnings: Vec::new(), meta }
    }
}

/// The `data` of the document that reports a failure (`plume.error/1`).
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The failed operation and its cause.
    pub message: String,
    /// Advice.
    pub help: String,
    /// The program's exit code; see [`exit`].
    pub exit_code: u8,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// The server's own code, for example `MODEL_NOT_FOUND`.
    pub code: Option<String>,
}

impl Failure {
    /// The form of this data.
    pub const SCHEMA: &str = "plume.error/1";

    /// Returns the failure for a wrong argument, with advice.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), exit_code: exit::USAGE, status: None, code: None }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            message: error.to_string(),
            help: error.help().to_owned(),
            exit_code: exit_code(error),
            status: error.status(),
            code: error.code().map(str::to_owned),
        }
    }
}

impl From<&AuthError> for Failure {
    fn from(error: &AuthError) -> Self {
        Self {
            message: error.to_string(),
            help: error.help().to_owned(),
            exit_code: exit::auth_code(error),
            status: error.status(),
            code: error.code().map(str::to_owned),
        }
    }
}

/// Origin and cost of the data of a [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Meta {
    /// The origin of the data.
    pub source: Source,
    /// The number of API calls, without token requests.
    pub api_calls: u64,
    /// The number of calls that the call limit allows in the current window; `null` without a limit.
    pub budget_left: Option<usize>,
    /// Whether the list continues after `data`.
    pub more: bool,
}

impl Meta {
    /// Returns the values before the first call.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, api_calls: 0, budget_left: None, more: false }
    }

    /// Returns the values after the calls that `client` has made.
    #[must_use]
    pub fn of(client: &Client, source: Source) -> Self {
        Self {
            api_calls: client.calls_made(),
            budget_left: client.rate_limiter().budget_left(),
            ..Self::new(source)
        }
    }
}

/// The origin of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Source {
    /// A Plume Cloud.
    Live,
    /// The simulator inside the program.
    Demo,
    /// A recording.
    Replay,
}
