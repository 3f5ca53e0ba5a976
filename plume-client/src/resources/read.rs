//! Reads by an operation's value or by a path, for what has no method of its own.

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

    /// Reads any path below a service's base, decoded into a type of your own.
    ///
    /// The path begins with `/` and is sent as it is; encode ids yourself, or use a typed method. The same
    /// limit, retry and errors apply as everywhere.
    ///
    /// ```no_run
    /// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct NetworkMode {
    ///     #[serde(rename = "networkMode")]
    ///     mode: String,
    /// }
    ///
    /// let path = "/Customers/5f0000000000000000000001/locations/5f0000000000000000000002/networkMode";
    /// let answer: NetworkMode = client.get_as(plume_client::Service::Api, path, &[]).await?;
    /// # let _ = answer.mode;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`]; a path with `.` or `..` segments, a query or a fragment is
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument).
    pub async fn get_as<T: DeserializeOwned>(
        &self,
        service: Service,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let operation = Operation::raw(service);
        check(path).map_err(|why| Error::argument(&operation, "path", why))?;
        let mut call = Call::at(&operation, path.to_owned());
        for (name, value) in query {
            call = call.raw_query(name, value);
        }
        self.custom(call).await
    }

    /// Reads any path below a service's base as plain JSON. As [`Client::get_as`].
    pub async fn get_json(
        &self,
        service: Service,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Value, Error> {
        self.get_as(service, path, query).await
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
    pub async fn get_as<T: DeserializeOwned>(self) -> Result<T, Error> {
        self.client.custom(self.call).await
    }

    /// The answer as text, secrets included: for what is no JSON.
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

/// What is wrong with a path of the caller's own making.
fn check(path: &str) -> Result<(), &'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("must begin with `/`");
    };
    if path.contains(['?', '#', '\\']) || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be encoded and hold no `?`, `#` or `\\`");
    }
    for segment in rest.split('/') {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        if segment.is_empty() || matches!(decoded.as_ref(), "." | "..") {
            return Err("must not hold empty, `.` or `..` segments");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_pass() {
        for good in ["/Customers", "/Customers/x/locations/y", "/Customers/a%2Fb"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "Customers",
            "/",
            "//x",
            "/a/../b",
            "/a/%2e%2e",
            "/a?b",
            "/a#b",
            "/a b",
            "/ä",
            "/a/",
            "/a\\b",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
