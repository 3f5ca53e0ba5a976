//! A change that can be looked at before it is made.
//!
//! `dry_run` and `send` take the same `Call`, so what is shown is what is sent. An answer without a body is no error: the
//! change was made, and an error would lead to a second one.

use std::fmt;

use http::Method;
use plume_types::{
    DecodeError, Decoded, FreeForm,
    decode::{self, Decode, without_byte_order_mark},
};
use serde::Serialize;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations::{Operation, Safety};

/// A change that is not made yet.
///
/// [`Change::dry_run`] shows what would be sent, [`Change::send`] makes the change. Dropped, it does nothing.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// let home = client.customer("5f0000000000000000000001").location("5f0000000000000000000002");
/// let change = home.rename_node("TST0000001", "Attic").with("emitMessage", "off");
/// println!("{}", change.dry_run()?);
/// change.send().await?;
/// # Ok(()) }
/// ```
///
/// # What may happen twice
///
/// Whether a change is repeated after a failure belongs to the operation: [`Operation::safety`]. What is neither safe
/// nor idempotent is sent once; when the answer is lost, the error is
/// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown). A deletion is repeated, so the answer to the second
/// try may be that there is nothing left to delete.
#[must_use = "nothing is sent before `send`"]
pub struct Change<T> {
    pub(crate) client: Client,
    pub(crate) call: Call<'static>,
    read: fn(&[u8]) -> Result<Decoded<T>, DecodeError>,
}

/// A change that the API took.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Changed<T> {
    /// What the API said to it; `None` when it said nothing, which the method that made the [`Change`] explains.
    pub answer: Option<T>,
    /// Whether the API has only noted the change (202) and will make it later.
    pub pending: bool,
}

/// What a [`Change`] would send: no token, no network, secrets hidden.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DryRun {
    /// The operation's name.
    pub operation: &'static str,
    /// The HTTP method.
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// The URL, with every value in its place.
    pub url: String,
    /// The JSON body, with `[redacted]` for secrets.
    pub body: Option<FreeForm>,
}

fn as_text<S: serde::Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

impl fmt::Display for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        match &self.body {
            Some(body) => {
                let body = serde_json::to_string_pretty(body).map_err(|_| fmt::Error)?;
                write!(f, "\n{body}")
            }
            None => Ok(()),
        }
    }
}

impl Client {
    /// A change by its descriptor, for what has no method of its own. The answer stays JSON.
    pub fn change(&self, operation: &'static Operation) -> Change<FreeForm> {
        let reads = operation.safety == Safety::Safe;
        let call = Call::new(operation).fail_if(reads, "the operation", "only reads and is no change");
        Change::new(self, call)
    }
}

impl<T: Decode> Change<T> {
    /// A change whose answer is one `T`.
    pub(crate) fn new(client: &Client, call: Call<'static>) -> Self {
        Self { client: client.clone(), call, read: decode::body }
    }
}

impl<T> Change<T> {
    /// A change whose answer is read by `read`.
    pub(crate) fn read_by(mut self, read: fn(&[u8]) -> Result<Decoded<T>, DecodeError>) -> Self {
        self.read = read;
        self
    }

    /// Gives a further parameter its value; [`Operation::parameters`] names them. `None` leaves it out.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.call.set(name, value.into());
        self
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.call.operation
    }

    /// What would be sent. Nothing is sent, and no token is asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) for what [`Change::send`] would refuse to send, and
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings) when the service's base is not set.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        Ok(DryRun {
            operation: self.call.operation.name,
            method: self.call.operation.method.clone(),
            url: self.client.inner.pipe.url(&self.call)?,
            body: self.call.body().map(FreeForm::from),
        })
    }

    /// Makes the change.
    ///
    /// Cancelling it (dropping the future) after the request has left leaves open whether it was made.
    ///
    /// # Errors
    ///
    /// [`Error`]. [`ErrorKind::Argument`](crate::ErrorKind::Argument) means that nothing was sent;
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) and
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) that the change may have been made.
    pub async fn send(self) -> Result<Changed<T>, Error> {
        let Self { client, call, read } = self;
        let operation = call.operation;
        let answer = client.send(call).await?;
        let pending = answer.status == http::StatusCode::ACCEPTED;
        let empty = matches!(without_byte_order_mark(&answer.body).trim_ascii(), b"" | b"null");
        let answer = if empty { None } else { Some(client.take(operation, &answer, read)?) };
        Ok(Changed { answer, pending })
    }
}

impl<T> fmt::Debug for Change<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dry_run() {
            Ok(dry_run) => f.debug_tuple("Change").field(&dry_run).finish(),
            Err(error) => f.debug_tuple("Change").field(&error).finish(),
        }
    }
}
