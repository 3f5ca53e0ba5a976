//! What command-line programs of this project have in common: the envelope of JSON documents, and exit codes.

use chrono::{DateTime, Utc};
use plume_client::{Client, Error, ErrorKind};
use serde::Serialize;

/// The envelope of every JSON document that a program prints.
///
/// `schema` names the form of `data`, for example `plume.health/1`; within a number it only grows.
///
/// ```
/// use plume::cli::{Document, Meta, Source};
///
/// let meta = Meta { source: Source::Demo, api_calls: 3, budget_left: Some(1897) };
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
    /// When it was made.
    pub generated_at: DateTime<Utc>,
    /// What was asked for.
    pub data: T,
    /// What looked wrong but stopped nobody.
    pub warnings: Vec<String>,
    /// How it came to be.
    pub meta: Meta,
}

impl<T: Serialize> Document<T> {
    /// A document without warnings.
    pub fn new(schema: &'static str, generated_at: DateTime<Utc>, data: T, meta: Meta) -> Self {
        Self { schema, generated_at, data, warnings: Vec::new(), meta }
    }
}

/// The `data` of the document that tells of a failure (`plume.error/1`).
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// What failed, and why.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// The program's exit code; see [`exit`].
    pub exit_code: u8,
    /// The server's HTTP status, if it answered.
    pub status: Option<u16>,
    /// The server's own code, for example `MODEL_NOT_FOUND`.
    pub code: Option<String>,
}

impl Failure {
    /// The form of this data.
    pub const SCHEMA: &str = "plume.error/1";

    /// A wrong argument, with what to do about it.
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

/// How a [`Document`] came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// Where the data is from.
    pub source: Source,
    /// How many calls of the API it cost, token requests not counted.
    pub api_calls: u64,
    /// How many calls the call limit still allows in the current window; `null` without a limit.
    pub budget_left: Option<usize>,
}

impl Meta {
    /// What `client` has used so far.
    #[must_use]
    pub fn of(client: &Client, source: Source) -> Self {
        Self { source, api_calls: client.calls_made(), budget_left: client.rate_limiter().budget_left() }
    }
}

/// Where data is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// Exit codes of the programs. Clap's own usage errors have the code 2 as well.
pub mod exit {
    /// All went well.
    pub const DONE: u8 = 0;
    /// It failed for another reason than those below.
    pub const FAILED: u8 = 1;
    /// A wrong argument or setting.
    pub const USAGE: u8 = 2;
    /// A part of the answer is missing.
    pub const PARTLY: u8 = 3;
    /// Credentials are needed or were refused.
    pub const AUTH: u8 = 4;
    /// The call limit is used up, or the firewall blocks this address.
    pub const LIMITED: u8 = 5;
    /// There is no such thing.
    pub const NOT_FOUND: u8 = 6;
    /// The network failed, or there was no answer in time.
    pub const NETWORK: u8 = 7;
    /// Ctrl-C.
    pub const INTERRUPTED: u8 = 130;
}

/// The exit code that tells of `error`.
#[must_use]
pub fn exit_code(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::Settings | ErrorKind::Argument => exit::USAGE,
        ErrorKind::Auth if error.auth_error().is_some_and(|error| error.is_unreachable()) => exit::NETWORK,
        ErrorKind::Auth | ErrorKind::Unauthorized | ErrorKind::Forbidden => exit::AUTH,
        ErrorKind::Blocked | ErrorKind::RateLimited => exit::LIMITED,
        ErrorKind::NotFound(_) => exit::NOT_FOUND,
        ErrorKind::Network | ErrorKind::Timeout => exit::NETWORK,
        _ => exit::FAILED,
    }
}
