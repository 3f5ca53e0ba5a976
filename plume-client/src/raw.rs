//! The way out, for what has no typed method yet.

use plume_types::decode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operation::{Operation, Service};

impl Client {
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

    /// Sends, and decodes into a type that serde knows.
    pub(crate) async fn custom<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Error> {
        let operation = call.operation;
        let answer = self.send(call).await?;
        decode::custom(&answer.body)
            .map_err(|error| Error::unreadable(operation, answer.status, &answer.body, error))
    }

    /// Reads any path below a service's base as plain JSON. As [`Client::get_as`].
    ///
    /// # Errors
    ///
    /// As [`Client::get_as`].
    pub async fn get_json(
        &self,
        service: Service,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Value, Error> {
        self.get_as(service, path, query).await
    }
}

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
