//! A read by its descriptor, for what has no method of its own.

use std::fmt;

use plume_types::{FreeForm, decode::without_byte_order_mark};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::customers::CustomerHandle;
use crate::error::Error;
use crate::location::LocationHandle;
use crate::operation::{Operation, Safety};

/// Where the paths of a customer's operations begin.
const OF_CUSTOMER: &str = "/Customers/{id}";
/// Where the paths of a location's operations begin, with and without the customer.
const OF_LOCATION: [&str; 3] =
    ["/Customers/{id}/locations/{locationId}", "/locations/{locationId}", "/gateway/locations/{locationId}"];

/// A read that is not sent yet. Made by [`Client::read`], [`CustomerHandle::read`] and [`LocationHandle::read`].
///
/// A value that the operation does not know, and one that it needs and did not get, are refused before anything
/// is sent.
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
    /// A read of any operation.
    pub fn read(&self, operation: &'static Operation) -> Read {
        let changes = operation.safety != Safety::Safe;
        let call = Call::new(operation).fail_if(changes, "the operation", "changes something and is no read");
        Read { client: self.clone(), call }
    }
}

impl CustomerHandle {
    /// A read of any operation of a customer, with this customer's id.
    pub fn read(&self, operation: &'static Operation) -> Read {
        let mut read = self.client.read(operation);
        if operation.path.starts_with(OF_CUSTOMER) {
            read.call.set("id", self.id.as_str().into());
        } else {
            read.call.fail("the operation", "is none of a customer");
        }
        read
    }
}

impl LocationHandle {
    /// A read of any operation of a location, with the ids of this one and its owner. Those of the gateway group
    /// and of the LTE service are among them.
    pub fn read(&self, operation: &'static Operation) -> Read {
        let mut read = self.client.read(operation);
        if OF_LOCATION.iter().any(|prefix| operation.path.starts_with(prefix)) {
            if operation.path.starts_with(OF_CUSTOMER) {
                read.call.set("id", self.customer.as_str().into());
            }
            read.call.set("locationId", self.id.as_str().into());
        } else {
            read.call.fail("the operation", "is none of a location");
        }
        read
    }
}

impl Read {
    /// Gives a placeholder of the path or a parameter its value. A list becomes the same parameter several
    /// times; `None` leaves it out.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.call.set(name, value.into());
        self
    }

    /// The answer as JSON, with secrets hidden from `Debug`.
    ///
    /// # Errors
    ///
    /// [`Error`]; a parameter that is unknown or missing is
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument), and nothing was sent.
    pub async fn json(self) -> Result<FreeForm, Error> {
        self.client.one(self.call).await
    }

    /// The answer as a type of your own.
    ///
    /// # Errors
    ///
    /// As [`Read::json`].
    pub async fn get_as<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.client.custom(self.call).await
    }

    /// The answer as text, secrets included: for what is no JSON.
    ///
    /// # Errors
    ///
    /// As [`Read::json`].
    pub async fn expose_text(self) -> Result<String, Error> {
        let answer = self.client.send(self.call).await?;
        Ok(String::from_utf8_lossy(without_byte_order_mark(&answer.body)).into_owned())
    }
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").field("operation", &self.call.operation.name).finish_non_exhaustive()
    }
}
