//! Writes the exchanges of a client into a directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response};
use plume_auth::SecureUrl;
use plume_runtime::{Clock, Limits, SystemClock, Transport, TransportError};
use serde_json::{Map, Value};

use crate::client::Settings;
use crate::record::error::RecordError;
use crate::record::sanitize::Sanitizer;
use crate::record::session::{
    self, Bases, Body, Disk, Exchange, FORMAT, Failure, FileSystem, Identities, MANIFEST, Manifest, Outcome,
    Service, VERSION, create_directory, ensure_directory, session_name,
};
use crate::record::wire;

/// Attempts to find a name for a session that no other process uses.
const ATTEMPTS: u32 = 16;
/// Fields of a token response that are no secret.
const TOKEN_FIELDS: [&str; 5] = ["active", "error", "error_description", "expires_in", "token_type"];

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
    inner: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    sanitizer: Sanitizer,
    bases: Arc<Bases>,
    directory: Arc<Path>,
    disk: Arc<dyn Disk>,
    progress: Arc<Mutex<Progress>>,
}

#[derive(Debug, Default)]
struct Progress {
    written: u64,
    failure: Option<RecordError>,
}

/// A builder of a [`Recorder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct RecorderBuilder {
    inner: Arc<dyn Transport>,
    clock: Option<Arc<dyn Clock>>,
    sanitizer: Option<Sanitizer>,
    partner_id: Option<String>,
    bases: Bases,
    disk: Arc<dyn Disk>,
}

impl RecorderBuilder {
    /// Sets base URLs and partner id, which the replay needs.
    pub fn settings(mut self, settings: &Settings) -> Self {
        self.partner_id = settings.partner_id.as_ref().map(ToString::to_string);
        let base = |url: &SecureUrl| url.as_base().to_owned();
        self.bases.api = Some(base(&settings.api_base));
        self.bases.reports = settings.reports_base.as_ref().map(base);
        self.bases.lte = settings.lte_base.as_ref().map(base);
        self
    }

    /// Sets the base URL of the API.
    pub fn api_base(mut self, base: &SecureUrl) -> Self {
        self.bases.api = Some(base.as_base().to_owned());
        self
    }

    /// Sets the base URL of the reports.
    pub fn reports_base(mut self, base: &SecureUrl) -> Self {
        self.bases.reports = Some(base.as_base().to_owned());
        self
    }

    /// Sets the base URL of the LTE service.
    pub fn lte_base(mut self, base: &SecureUrl) -> Self {
        self.bases.lte = Some(base.as_base().to_owned());
        self
    }

    /// Sets the sanitizer: by default one with a random key. A shared one gives the pseudonyms that the program shows.
    pub fn sanitizer(mut self, sanitizer: Sanitizer) -> Self {
        self.sanitizer = Some(sanitizer);
        self
    }

    /// Sets the clock: by default the system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    #[cfg(test)]
    fn disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = disk;
        self
    }

    /// Creates a session in `directory`, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the directory or the manifest cannot be written.
    pub fn create(self, directory: impl AsRef<Path>) -> Result<Recorder, RecordError> {
        let sanitizer = match self.sanitizer {
            Some(sanitizer) => sanitizer,
            None => Sanitizer::new()?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let recorded_at = now(&*clock);
        let clean = |base: &Option<String>| base.as_deref().map(|base| origin(&sanitizer, base));
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: concat!("plume-client ", env!("CARGO_PKG_VERSION")).to_owned(),
            recorded_at,
            identities: match sanitizer.replaces_identities() {
                true => Identities::Replaced,
                false => Identities::Kept,
            },
            partner_id: self.partner_id.map(|id| sanitizer.field("partnerId", &id)),
            bases: Bases {
                api: clean(&self.bases.api),
                reports: clean(&self.bases.reports),
                lte: clean(&self.bases.lte),
            },
        };
        let session = new_session(directory.as_ref(), recorded_at)?;
        let failed = |error| RecordError::io("write the recording", &session.join(MANIFEST), error);
        let contents = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
        self.disk.write(&session, MANIFEST, &contents).map_err(failed)?;
        Ok(Recorder {
            inner: self.inner,
            clock,
            sanitizer,
            bases: Arc::new(self.bases),
            directory: session.into(),
            disk: self.disk,
            progress: Arc::default(),
        })
    }
}

/// Sanitizes the host of a base URL.
fn origin(sanitizer: &Sanitizer, base: &str) -> String {
    let path = base.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
    let origin = base.get(..base.len() - path.len()).unwrap_or_default();
    format!("{}{path}", sanitizer.url(origin))
}

/// Creates the directory of a session.
fn new_session(directory: &Path, at: DateTime<Utc>) -> Result<PathBuf, RecordError> {
    let failed = |path: &Path, error| RecordError::io("create the recording", path, error);
    ensure_directory(directory).map_err(|error| failed(directory, error))?;
    let mut path = directory.to_owned();
    let mut last = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    for _ in 0..ATTEMPTS {
        path = directory.join(session_name(at, fastrand::u32(..)));
        match create_directory(&path) {
            Ok(()) => return Ok(path),
            Err(error) => last = error,
        }
        if last.kind() != std::io::ErrorKind::AlreadyExists {
            break;
        }
    }
    Err(failed(&path, last))
}

impl Recorder {
    /// Returns a builder of a recorder of the exchanges of `inner`.
    pub fn builder(inner: Arc<dyn Transport>) -> RecorderBuilder {
        RecorderBuilder {
            inner,
            clock: None,
            sanitizer: None,
            partner_id: None,
            bases: Bases::default(),
            disk: Arc::new(FileSystem),
        }
    }

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

    /// Returns the request as it is written.
    fn request(&self, request: &Request<Bytes>) -> session::Request {
        let uri = request.uri();
        let url = uri.to_string();
        let url = url.split('?').next().unwrap_or_default();
        let method = request.method().to_string();
        if wire::is_token_exchange(request) {
            let action = uri.path().rsplit('/').next().filter(|action| TOKEN_PATHS.contains(action));
            let path = action.map(|action| format!("/{action}")).unwrap_or_default();
            let form = url::form_urlencoded::parse(request.body());
            let query = form
                .filter(|(name, _)| name == "grant_type")
                .map(|(name, value)| (name.into(), value.into()));
            return session::Request {
                method,
                service: Service::Token,
                path,
                query: query.collect(),
                body: None,
            };
        }
        let (service, path) = self.bases.split(url);
        let path = match service {
            Service::Other => self.sanitizer.url(path),
            _ => self.sanitizer.path(path),
        };
        let query = uri.query().map(|query| self.sanitizer.query(query)).unwrap_or_default();
        let body = self.body(request.headers(), request.body());
        session::Request { method, service, path, query, body }
    }

    fn body(&self, headers: &HeaderMap, body: &Bytes) -> Option<Body> {
        if body.is_empty() {
            return None;
        }
        Some(match wire::json(body) {
            Some(mut json) => {
                self.sanitizer.json(&mut json);
                Body::Json(json)
            }
            None => Body::Dropped { bytes: body.len(), media_type: wire::media_type(headers) },
        })
    }

    /// Returns the response as it is written.
    fn response(&self, service: Service, response: &Response<Bytes>) -> session::Response {
        let body = match service {
            Service::Token => self.token_body(response),
            _ => self.body(response.headers(), response.body()),
        };
        session::Response {
            status: response.status().as_u16(),
            headers: self.headers(response.headers()),
            body,
        }
    }

    /// Returns what a response of the token endpoint may show.
    fn token_body(&self, response: &Response<Bytes>) -> Option<Body> {
        if response.body().is_empty() {
            return None;
        }
        let Some(Value::Object(mut fields)) = wire::json(response.body()) else {
            let media_type = wire::media_type(response.headers());
            return Some(Body::Dropped { bytes: response.body().len(), media_type });
        };
        let shown = TOKEN_FIELDS.into_iter().filter_map(|name| Some((name.to_owned(), fields.remove(name)?)));
        let shown = shown.map(|(name, value)| match value {
            Value::String(text) => (name, self.sanitizer.in_text(&text).into()),
            Value::Object(_) | Value::Array(_) => (name, Value::Null),
            value => (name, value),
        });
        Some(Body::Json(shown.collect::<Map<_, _>>().into()))
    }

    fn headers(&self, headers: &HeaderMap) -> BTreeMap<String, String> {
        let kept = headers.iter().filter(|(name, _)| {
            let limits = name.as_str().contains("ratelimit");
            limits || [CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE].contains(name)
        });
        let texts = kept.filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
        let clean = texts.map(|(name, text)| {
            let clean = match name.as_str() {
                "location" => self.sanitizer.url(text),
                "www-authenticate" => self.sanitizer.in_text(text),
                _ => text.to_owned(),
            };
            (name.to_string(), clean)
        });
        clean.collect()
    }
}

/// The ends of the paths of the token endpoint.
const TOKEN_PATHS: [&str; 3] = ["introspect", "revoke", "token"];

fn now(clock: &dyn Clock) -> DateTime<Utc> {
    clock.wall()
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
        let (at, started) = (now(&*self.clock), self.clock.monotonic());
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
    use std::io;

    use plume_runtime::{InProcess, ManualClock};

    use super::*;

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

    #[test]
    fn hosts_of_private_clouds_are_replaced_and_paths_kept() {
        let sanitizer = Sanitizer::with_key(b"not-a-real-key-16").unwrap();
        for (base, clean) in [
            ("https://cloud.isp.example/deep/api", "https://host-1.example.net/deep/api"),
            (
                "https://piranha-gamma.prod.us-west-2.aws.plume.com/api",
                "https://piranha-gamma.prod.us-west-2.aws.plume.com/api",
            ),
            ("http://127.0.0.1:9/api", "http://127.0.0.1:9/api"),
            ("https://cloud.isp.example", "https://host-1.example.net"),
        ] {
            assert_eq!(origin(&sanitizer, base), clean);
        }
    }
}
