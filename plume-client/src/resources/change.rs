//! Changes with a dry run.
//!
//! `dry_run` and `send` use the same `Call`. A response without a body is not an error: the change was made, and an error
//! would lead to a second one.

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
use crate::operations::{Operation, Safety, Service};

/// A change that is not sent yet.
///
/// [`Change::dry_run`] returns the request, [`Change::send`] sends it. Dropping the change sends nothing.
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
/// # Retries
///
/// [`Operation::safety`] decides whether a change is retried. One that is neither safe nor idempotent is sent once; if the
/// response is lost, the error is [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown). A deletion is retried, so
/// the second attempt may fail because there is nothing left to delete.
#[must_use = "nothing is sent before `send`"]
pub struct Change<T> {
    pub(crate) client: Client,
    pub(crate) call: Call<'static>,
    read: fn(&[u8]) -> Result<Decoded<T>, DecodeError>,
}

/// A change that the API accepted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Changed<T> {
    /// The response; `None` without a body, which the method that returned the [`Change`] explains.
    pub response: Option<T>,
    /// Whether the API will make the change later (202).
    pub pending: bool,
}

/// The request of a [`Change`], without the token and with redacted secrets.
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
    /// Returns a change by any operation, for what has no method of its own. Its response is JSON.
    pub fn change(&self, operation: &'static Operation) -> Change<FreeForm> {
        let reads = operation.safety == Safety::Safe;
        let call = Call::new(operation).fail_if(reads, "operation", "it is a read, not a change");
        Change::new(self, call)
    }

    /// Returns a change of any path below a service's base, for what is no [operation](crate::operations). `method` is
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    ///
    /// The path is that of [`Client::read_path`]. Nothing is known about the change, so it is never retried once it can have
    /// reached the server. [`Change::with_body`] sets its body, [`Change::with`] its query.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
    /// use plume_client::Service;
    ///
    /// let path = "/Customers/5f0000000000000000000001/locations/5f0000000000000000000002/networkMode";
    /// let change = client.change_path(Service::Api, &http::Method::PUT, path);
    /// change.with_body(serde_json::json!({"networkMode": "router"})).send().await?;
    /// # Ok(()) }
    /// ```
    pub fn change_path(&self, service: Service, method: &Method, path: &str) -> Change<FreeForm> {
        let operation = Operation::raw_change(service, method);
        let call = Call::of_path(operation.unwrap_or(Operation::raw(service)), path);
        Change::new(
            self,
            call.fail_if(operation.is_none(), "method", "it must be POST, PUT, PATCH or DELETE"),
        )
    }
}

impl<T: Decode> Change<T> {
    /// Creates a change whose response is a `T`.
    pub(crate) fn new(client: &Client, call: Call<'static>) -> Self {
        Self { client: client.clone(), call, read: decode::body }
    }
}

impl<T> Change<T> {
    /// Sets the decoder of the response.
    pub(crate) fn read_by(mut self, read: fn(&[u8]) -> Result<Decoded<T>, DecodeError>) -> Self {
        self.read = read;
        self
    }

    /// Sets a further parameter of [`Operation::parameters`]. `None` is not sent.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.call.set(name, value.into());
        self
    }

    /// Sets the whole JSON body, which is an object. Its members need not be [`Operation::parameters`].
    pub fn with_body(mut self, body: impl Into<Value>) -> Self {
        self.call.set_body(body.into());
        self
    }

    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.call.operation
    }

    /// Returns the request. Sends nothing, and requests no token.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) for an invalid argument, and
    /// [`ErrorKind::Settings`](crate::ErrorKind::Settings) if the base URL of the service is not set.
    pub fn dry_run(&self) -> Result<DryRun, Error> {
        Ok(DryRun {
            operation: self.call.operation.name,
            method: self.call.operation.method.clone(),
            url: self.client.inner.services.url(&self.call)?,
            body: self.call.body().map(FreeForm::from),
        })
    }

    /// Sends the change.
    ///
    /// If the future is dropped after the request was sent, the change may have been made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) means that nothing was sent. After
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) and
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) the change may have been made.
    pub async fn send(self) -> Result<Changed<T>, Error> {
        let Self { client, call, read } = self;
        let operation = call.operation;
        let response = client.send(call).await?;
        let pending = response.status == http::StatusCode::ACCEPTED;
        let empty = matches!(without_byte_order_mark(&response.body).trim_ascii(), b"" | b"null");
        let response = if empty { None } else { Some(client.take(operation, &response, read)?) };
        Ok(Changed { response, pending })
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
