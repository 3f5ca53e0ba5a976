//! Calls and the decoding of their responses.

use plume_types::{
    DecodeError, Decoded, Drift, List,
    decode::{self, Decode},
};
use serde::de::DeserializeOwned;

use crate::call::{Call, RawResponse};
use crate::client::core::Client;
use crate::error::Error;
use crate::exchange::unreadable;
use crate::operations::Operation;

impl Client {
    /// Sends a call and returns the raw response.
    pub(crate) fn send(&self, call: Call<'_>) -> impl Future<Output = Result<RawResponse, Error>> {
        self.inner.services.send(&self.options, call)
    }

    /// Sends a call and decodes the response with serde.
    pub(crate) async fn custom<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Error> {
        let operation = call.operation;
        let answer = self.send(call).await?;
        decode::custom(&answer.body).map_err(|error| self.unreadable(operation, &answer, error))
    }

    /// Sends a call and decodes a `T`.
    pub(crate) async fn one<T: Decode>(&self, call: Call<'_>) -> Result<T, Error> {
        self.decoded(call, decode::body).await
    }

    /// Sends a call and decodes a `T`, bare or under one of `wrappers`.
    pub(crate) async fn wrapped<T: Decode>(
        &self,
        call: Call<'_>,
        wrappers: &'static [&'static str],
    ) -> Result<T, Error> {
        self.decoded(call, |body| decode::wrapped(body, wrappers)).await
    }

    /// Sends a call and decodes a list of `T`, bare or under one of `wrappers`.
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
        self.take(operation, &answer, read)
    }

    /// Decodes a response and records its drift.
    pub(crate) fn take<T>(
        &self,
        operation: &Operation,
        answer: &RawResponse,
        read: impl FnOnce(&[u8]) -> Result<Decoded<T>, DecodeError>,
    ) -> Result<T, Error> {
        match read(&answer.body) {
            Ok(decoded) => {
                self.note_drift(operation, answer, decoded.drift)?;
                Ok(decoded.value)
            }
            Err(error) => Err(self.unreadable(operation, answer, error)),
        }
    }

    fn unreadable(&self, operation: &Operation, answer: &RawResponse, error: DecodeError) -> Error {
        self.inner.services.at_base(operation.service, unreadable(operation, answer, error))
    }

    /// Records drift. In strict mode it is an error.
    fn note_drift(&self, operation: &Operation, answer: &RawResponse, drift: Drift) -> Result<(), Error> {
        if drift.is_empty() {
            return Ok(());
        }
        let error = self.inner.strict.then(|| {
            Error::drifted(operation, answer.status, drift.clone()).after(answer.attempts.all(), None)
        });
        self.inner.drift.note(operation, drift);
        error.map_or(Ok(()), Err)
    }
}
