//! Writes the exchanges of a client into a directory.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use plume_runtime::{Clock, Limits, Transport, TransportError};

use crate::record::error::RecordError;
use crate::record::sanitize::Sanitizer;
use crate::record::session::{self, Bases, Disk, Exchange, Failure, Outcome, Service};
use crate::record::wire;

/// A [`Transport`] that writes each exchange of another one into a directory.
///
/// Secrets are never written: passphrases, tokens, `Authorization`, client secrets. Identities are replaced by a
/// [`Sanitizer`] with a random key, unless another one is set: [`Sanitizer::of_recording`] gives the same pseudonyms in every
/// session of a directory, [`Sanitizer::secrets_only`] keeps the originals. Of a request for a token
/// only the grant is written, of its response the lifetime and the error. Of a body that is no JSON, only length and type are
/// written. Of the headers, those are written that decide what a client does: type, date, `Retry-After`, rate limits,
/// redirects and challenges.
///
/// The responses are passed on unchanged. A failure to write never fails a call: the recording ends there, so that it is
/// complete up to one point, the failure is logged once, and [`Recorder::check`] returns it. A call that is cancelled is not
/// recorded. Files are written by the call that received the response, on its thread.
///
/// The module's documentation has an example and describes the files. Clones write into the same session.
#[derive(Debug, Clone)]
pub struct Recorder {
    pub(super) inner: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sanitizer: Sanitizer,
    pub(super) bases: Arc<Bases>,
    pub(super) directory: Arc<Path>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) progress: Arc<Mutex<Progress>>,
}

#[derive(Debug, Default)]
pub(super) struct Progress {
    written: u64,
    failure: Option<RecordError>,
}

impl Recorder {
    /// Returns the directory of this session.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the number of exchanges that were written.
    ///
    /// # Errors
    ///
    /// The [`RecordError`] that ended the recording.
    pub fn check(&self) -> Result<u64, RecordError> {
        let progress = self.lock();
        match &progress.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(progress.written),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an exchange under the next number.
    fn write(&self, mut exchange: Exchange) {
        let mut progress = self.lock();
        if progress.failure.is_some() {
            return;
        }
        exchange.number = progress.written + 1;
        let name = exchange.operation.as_deref().unwrap_or(match exchange.request.service {
            Service::Token => "token",
            _ => "other",
        });
        let name = format!("{:04}-{name}.json", exchange.number);
        let contents = serde_json::to_vec_pretty(&exchange).map_err(std::io::Error::from);
        match contents.and_then(|contents| self.disk.write(&self.directory, &name, &contents)) {
            Ok(()) => progress.written += 1,
            Err(error) => {
                let failure = RecordError::io("write the recording", &self.directory.join(name), error);
                tracing::warn!(target: "plume_client", "the recording ends here: {failure}");
                progress.failure = Some(failure);
            }
        }
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        if self.lock().failure.is_some() {
            return self.inner.send(request, limits).await;
        }
        let sent = self.request(&request);
        let operation = wire::operation(&wire::segments(request.uri().path()), request.method());
        let (at, started) = (self.clock.wall(), self.clock.monotonic());
        let result = self.inner.send(request, limits).await;
        let took: Duration = self.clock.monotonic().saturating_sub(started);
        let outcome = match &result {
            Ok(response) => Outcome::Response(self.response(sent.service, response)),
            Err(error) => Outcome::Failure(Failure {
                kind: session::kind_name(error.kind()).to_owned(),
                message: self.sanitizer.in_text(&error.to_string()),
            }),
        };
        self.write(Exchange {
            number: 0,
            at,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            operation: operation
                .filter(|_| sent.service != Service::Token)
                .map(|operation| operation.name.to_owned()),
            request: sent,
            outcome,
        });
        result
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf};

    use chrono::DateTime;
    use plume_runtime::{InProcess, ManualClock};

    use super::*;
    use crate::record::session::MANIFEST;

    /// A disk that is full after some files.
    #[derive(Debug)]
    struct Full(Mutex<u32>);

    impl Disk for Full {
        fn write(&self, _: &Path, _: &str, _: &[u8]) -> io::Result<()> {
            let mut left = self.0.lock().unwrap();
            *left = left.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
            Ok(())
        }
    }

    #[test]
    fn recorder_of_a_simulator_is_simulated() {
        #[derive(Debug)]
        struct Simulated;

        #[async_trait]
        impl Transport for Simulated {
            async fn send(&self, _: Request<Bytes>, _: &Limits) -> Result<Response<Bytes>, TransportError> {
                Ok(Response::default())
            }

            fn is_simulated(&self) -> bool {
                true
            }
        }

        let directory = scratch("simulated");
        let sanitizer = Sanitizer::with_key(b"not-a-real-key-16").unwrap();
        for (inner, expected) in [(Arc::new(Simulated) as Arc<dyn Transport>, true), (answers(), false)] {
            let recorder = Recorder::builder(Arc::clone(&inner)).create(&directory).unwrap();
            assert_eq!(recorder.is_simulated(), expected);
            assert_eq!(sanitizer.transport(inner).is_simulated(), expected);
        }
        std::fs::remove_dir_all(directory).unwrap();
    }

    fn answers() -> Arc<dyn Transport> {
        Arc::new(InProcess::new(|_| async { Ok(Response::new(Bytes::from_static(b"{}"))) }))
    }

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("plume-recorder-{name}-{}", std::process::id()))
    }

    #[tokio::test]
    async fn a_full_disk_ends_the_recording_and_no_call() {
        let directory = scratch("full");
        let disk = Arc::new(Full(Mutex::new(2)));
        let clock = Arc::new(ManualClock::new(DateTime::UNIX_EPOCH));
        let builder = Recorder::builder(answers()).clock(clock).disk(disk);
        let recorder = builder.clone().create(&directory).unwrap();
        for _ in 0..3 {
            let request = Request::get("https://cloud.example.net/api/Customers").body(Bytes::new()).unwrap();
            assert_eq!(recorder.send(request, &Limits::default()).await.unwrap().body(), "{}");
        }
        let error = recorder.check().unwrap_err();
        let file = error.path().unwrap().file_name().unwrap().to_str().unwrap();
        assert_eq!(file, "0002-customers.list.json");
        assert!(error.to_string().contains(file) && error.help().contains("space"), "{error:?}");
        let error = builder.create(&directory).unwrap_err();
        assert!(error.to_string().contains(MANIFEST), "{error}");
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_created_is_named() {
        let file = scratch("file");
        std::fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("below")] {
            let error = Recorder::builder(answers()).create(&path).unwrap_err();
            assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
        }
        std::fs::remove_file(file).unwrap();
    }
}
