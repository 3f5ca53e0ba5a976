//! Reads of operations without a method of their own, and of paths.

use std::fmt;

use plume_types::{FreeForm, decode::without_byte_order_mark};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations::{Operation, Safety, Service};
use crate::resources::customers::CustomerHandle;
use crate::resources::location::LocationHandle;
use crate::resources::pages::Pages;

/// The prefix of the paths of a customer's operations.
const OF_CUSTOMER: &str = "/Customers/{id}";
/// The prefixes of the paths of a location's operations, with and without the customer.
const OF_LOCATION: [&str; 3] =
    ["/Customers/{id}/locations/{locationId}", "/locations/{locationId}", "/gateway/locations/{locationId}"];

/// A read that is not sent yet. Made by [`Client::read`], [`CustomerHandle::read`], [`LocationHandle::read`] and
/// [`Client::read_path`].
///
/// This is the way to read what has no typed method. A parameter that the operation does not know, and a required one
/// that is missing, are [`ErrorKind::Argument`](crate::ErrorKind::Argument) before anything is sent.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// use plume_client::operations;
///
/// let home = client.customer("5f0000000000000000000001").location("5f0000000000000000000002");
/// let outages = home
///     .read(&operations::NETWORK_OUTAGES)
///     .with("startTimestamp", 1_767_225_600_000_u64)
///     .with("endTimestamp", 1_769_904_000_000_u64)
///     .with("type", "monthly")
///     .json()
///     .await?;
/// println!("{outages:?}");
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent before `json` or another of its methods"]
pub struct Read {
    pub(crate) client: Client,
    pub(crate) call: Call<'static>,
}

impl Client {
    /// Returns a read of any operation.
    pub fn read(&self, operation: &'static Operation) -> Read {
        let changes = operation.safety != Safety::Safe;
        let call = Call::new(operation).fail_if(changes, "operation", "it is a change, not a read");
        Read { client: self.clone(), call }
    }

    /// Returns a read of any path below a service's base, for what is no [operation](crate::operations).
    ///
    /// The path begins with `/` and is sent as it is, so its ids must be encoded. [`Read::with`] adds to its query.
    /// Call limit, retries and errors are those of every call. A path with `.` or `..` segments, a query or a fragment is
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument).
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
    /// use plume_client::Service;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct NetworkMode {
    ///     #[serde(rename = "networkMode")]
    ///     mode: String,
    /// }
    ///
    /// let path = "/Customers/5f0000000000000000000001/locations/5f0000000000000000000002/networkMode";
    /// let network: NetworkMode = client.read_path(Service::Api, path).json_as().await?;
    /// println!("{}", network.mode);
    /// # Ok(()) }
    /// ```
    pub fn read_path(&self, service: Service, path: &str) -> Read {
        Read { client: self.clone(), call: Call::of_path(Operation::raw(service), path) }
    }
}

impl CustomerHandle {
    /// Returns a read of any operation of a customer, with this customer's id.
    pub fn read(&self, operation: &'static Operation) -> Read {
        let mut read = self.client.read(operation);
        self.fill(&mut read.call);
        read
    }

    /// Sets the id in a call of any operation of a customer.
    pub(super) fn fill(&self, call: &mut Call<'static>) {
        if call.operation.path.starts_with(OF_CUSTOMER) {
            call.set("id", self.id.as_str().into());
        } else {
            call.fail("operation", "it is not one of a customer");
        }
    }
}

impl LocationHandle {
    /// Returns a read of any operation of a location, with the ids of this one and its customer. Those of the gateway
    /// group and of the LTE service are among them.
    pub fn read(&self, operation: &'static Operation) -> Read {
        let mut read = self.client.read(operation);
        self.fill(&mut read.call);
        read
    }

    /// Sets the ids in a call of any operation of a location.
    pub(super) fn fill(&self, call: &mut Call<'static>) {
        let path = call.operation.path;
        if OF_LOCATION.iter().any(|prefix| path.starts_with(prefix)) {
            if path.starts_with(OF_CUSTOMER) {
                call.set("id", self.customer.as_str().into());
            }
            call.set("locationId", self.id.as_str().into());
        } else {
            call.fail("operation", "it is not one of a location");
        }
    }
}

impl Read {
    /// Sets a placeholder of the path or a parameter. A list becomes the same parameter several times; `None` is not sent.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.call.set(name, value.into());
        self
    }

    /// Sends the read and returns the response as JSON, with secrets redacted in `Debug`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) for an unknown or missing parameter.
    pub async fn json(self) -> Result<FreeForm, Error> {
        self.client.one(self.call).await
    }

    /// Sends the read and decodes the response into a type of your own.
    pub async fn json_as<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.client.custom(self.call).await
    }

    /// Sends the read and returns the response as text, including secrets. For responses that are not JSON.
    pub async fn expose_text(self) -> Result<String, Error> {
        let answer = self.client.send(self.call).await?;
        Ok(String::from_utf8_lossy(without_byte_order_mark(&answer.body)).into_owned())
    }

    /// Returns the rows of a list, page by page. The page size is the parameter `limit`, or the limit of the `filter`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the operation's list has no pages, or its `filter` is
    /// not a JSON object.
    pub fn pages(self) -> Result<Pages<FreeForm>, Error> {
        Pages::of_any(&self.client, self.call)
    }
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").field("operation", &self.call.operation.name).finish_non_exhaustive()
    }
}
