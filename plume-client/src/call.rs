//! What to send, and how the answer is decoded.

use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use plume_types::{
    DecodeError, Decoded, List,
    decode::{self, Decode},
};
use serde_json::Value;

use crate::{
    Client, Error, Operation,
    operation::{Service, fill},
};

/// What to send.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

/// A successful answer, not yet decoded.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}
impl<'a> Call<'a> {
    /// A call of `operation` with the values of its path's placeholders, in order.
    pub(crate) fn new(operation: &'a Operation, values: &[&str]) -> Result<Self, Error> {
        Ok(Self { operation, path: fill(operation, values)?, query: Vec::new(), body: None })
    }

    pub(crate) fn at(operation: &'a Operation, path: String) -> Self {
        Self { operation, path, query: Vec::new(), body: None }
    }

    pub(crate) fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn query_opt(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value.to_string()),
            None => self,
        }
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

impl Client {
    /// One `T`.
    pub(crate) async fn one<T: Decode>(&self, call: Call<'_>) -> Result<T, Error> {
        self.decoded(call, decode::body).await
    }

    /// One `T`, bare or under one of `wrappers`.
    pub(crate) async fn wrapped<T: Decode>(
        &self,
        call: Call<'_>,
        wrappers: &'static [&'static str],
    ) -> Result<T, Error> {
        self.decoded(call, |body| decode::wrapped(body, wrappers)).await
    }

    /// A list of `T`, bare or under one of `wrappers`.
    pub(crate) async fn list<T: Decode>(
        &self,
        call: Call<'_>,
        wrappers: &'static [&'static str],
    ) -> Result<List<T>, Error> {
        self.decoded(call, |body| decode::list(body, wrappers)).await
    }

    async fn decoded<T>(
        &self,
        call: Call<'_>,
        read: impl FnOnce(&[u8]) -> Result<Decoded<T>, DecodeError>,
    ) -> Result<T, Error> {
        let operation = call.operation;
        let answer = self.send(call).await?;
        match read(&answer.body) {
            Ok(decoded) => {
                self.note_drift(operation, answer.status, decoded.drift)?;
                Ok(decoded.value)
            }
            Err(error) => Err(Error::unreadable(operation, answer.status, &answer.body, error)),
        }
    }

    pub(crate) fn url(&self, call: &Call<'_>) -> Result<String, Error> {
        let service = call.operation.service;
        let base = self.base(service).ok_or_else(|| {
            let setting = match service {
                Service::Api => "PLUME_API_BASE",
                Service::Reports => "PLUME_REPORTS_BASE",
            };
            Error::missing_base(call.operation, setting)
        })?;
        let mut url = format!("{}{}", base.as_base(), call.path);
        if !call.query.is_empty() {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.query).finish();
            url.push('?');
            url.push_str(&query);
        }
        Ok(url)
    }
}

pub(crate) fn request(
    operation: &Operation,
    url: &str,
    call: &Call<'_>,
    authorization: http::HeaderValue,
) -> Result<Request<Bytes>, http::Error> {
    let builder = Request::builder()
        .method(operation.method.clone())
        .uri(url)
        .header(AUTHORIZATION, authorization)
        .header(ACCEPT, "application/json");
    match &call.body {
        Some(body) => builder.header(CONTENT_TYPE, "application/json").body(Bytes::from(body.to_string())),
        None => builder.body(Bytes::new()),
    }
}
