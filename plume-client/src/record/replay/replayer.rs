//! The transport that answers from a recording.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use plume_auth::{SecureUrl, StaticToken};
use plume_runtime::{Limits, ManualClock, Transport, TransportError, TransportErrorKind};
use plume_types::PartnerId;
use serde_json::{Value, json};

use crate::client::{Client, ClientBuilder};
use crate::limiter::RateLimiter;
use crate::record::error::RecordError;
use crate::record::replay::matching::{Key, Recordings};
use crate::record::sanitize::Sanitizer;
use crate::record::session::{self, Bases, Body, Exchange, Outcome, Service, read_all};
use crate::record::wire;

/// The token of a replayed client, which is none.
const TOKEN: &str = "replayed.not-a-real.token";
/// Longest text of a request in an error.
const LONGEST: usize = 200;
/// The base URL of a replayed service that was not recorded.
const NO_BASE: &str = "https://replayed.example.net/api";

/// A [`Transport`] that answers from the directory of a [`Recorder`](crate::record::Recorder), without a network.
///
/// A request is answered by the recording with the same method, path below the base URL, query (in any order) and JSON body.
/// Secrets in the body do not count, because recordings have none. Several recordings of one request are replayed in their
/// order, and the last one repeats. Recorded failures of the network are replayed as well. Time limits do not apply, the
/// limit of the body does.
///
/// A request that was not recorded fails with an error that names it and the most similar recording; it is not retried.
///
/// Requests for tokens are answered by the replayer itself with a token that is none, so no credential is required. A body that
/// was no JSON is replayed as dots of the same length.
///
/// The module's documentation has an example. Clones share the recording and its order.
#[derive(Debug, Clone)]
pub struct Replayer {
    recording: Arc<Recording>,
    /// The pseudonyms, if their key is known.
    originals: Option<Sanitizer>,
}

#[derive(Debug)]
struct Recording {
    exchanges: Vec<Exchange>,
    /// Of each session.
    bases: Vec<Bases>,
    partner_id: Option<String>,
    recorded_at: DateTime<Utc>,
    next: Mutex<Recordings>,
    secrets: Sanitizer,
}

/// The fields whose pseudonyms a typed text can mean.
const TYPED: [&str; 6] = ["id", "serialNumber", "nickname", "name", "accountId", "email"];

/// The customer and the location of a path `…/Customers/{id}/locations/{locationId}…`, in any case of letters.
fn home(path: &str) -> Option<(String, String)> {
    let mut segments = path.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case("customers"))?;
    let customer = segments.next()?;
    segments.next().filter(|segment| segment.eq_ignore_ascii_case("locations"))?;
    let location = segments.next().filter(|location| !location.is_empty())?;
    Some((customer.to_owned(), location.to_owned()))
}

impl Replayer {
    /// Opens the directory that was given to the recorder, or one session of it. It is read completely and checked here.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if there is no recording, if a file is damaged, truncated or no part of a recording, and if a newer
    /// version wrote it.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, RecordError> {
        let sessions = read_all(directory.as_ref())?;
        let mut recorded_at = DateTime::UNIX_EPOCH;
        let mut next = Recordings::default();
        let (mut exchanges, mut bases, mut partner_id) = (Vec::new(), Vec::new(), None);
        for session in sessions {
            recorded_at = recorded_at.max(session.manifest.recorded_at);
            partner_id = partner_id.or(session.manifest.partner_id);
            bases.push(session.manifest.bases);
            for exchange in session.exchanges {
                recorded_at = recorded_at.max(exchange.at);
                if exchange.request.service != Service::Token {
                    next.add(Key::new(&exchange.request), exchanges.len());
                }
                exchanges.push(exchange);
            }
        }
        let (next, secrets) = (Mutex::new(next), Sanitizer::secrets_only());
        let recording = Recording { exchanges, bases, partner_id, recorded_at, next, secrets };
        Ok(Self { recording: Arc::new(recording), originals: None })
    }

    /// Returns the time of the last recorded exchange. A home is judged as of then.
    #[must_use]
    pub fn recorded_at(&self) -> DateTime<Utc> {
        self.recording.recorded_at
    }

    /// Returns a clock that shows [`recorded_at`](Self::recorded_at) and skips all waits.
    #[must_use]
    pub fn clock(&self) -> ManualClock {
        ManualClock::skipping(self.recorded_at())
    }

    /// Returns the number of recorded exchanges.
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.recording.exchanges.len()
    }

    /// Returns the recorded partner id, or its pseudonym.
    #[must_use]
    pub fn partner_id(&self) -> Option<&str> {
        self.recording.partner_id.as_deref()
    }

    /// Returns the customer and the location of each recorded request that is about one, each pair once, in the order of the
    /// recording.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let replayer = plume_client::record::Replayer::open("ticket-17")?;
    /// let client = replayer.client()?.build()?;
    /// for (customer, location) in replayer.locations() {
    ///     println!("{}", client.customer(customer).location(location).nodes().await?.len());
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn locations(&self) -> Vec<(String, String)> {
        let mut seen = HashSet::new();
        let homes = self.recording.exchanges.iter().filter_map(|exchange| home(&exchange.request.path));
        homes.filter(|home| seen.insert(home.clone())).collect()
    }

    /// Adds the key of the pseudonyms, with which [`recorded`](Self::recorded) finds originals. `directory` is the opened one
    /// and `key_file` that of [`Sanitizer::of_recording`]. Without effect if it is missing or that of another recording.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if a file cannot be read or is damaged.
    pub fn with_key(
        mut self,
        directory: impl AsRef<Path>,
        key_file: impl AsRef<Path>,
    ) -> Result<Self, RecordError> {
        self.originals = Sanitizer::of_recorded(directory.as_ref(), key_file.as_ref())?;
        Ok(self)
    }

    /// Returns an id or a name as the recording has it: the text itself, or its pseudonym. `None` if neither occurs, or if
    /// the [key](Self::with_key) is not known.
    ///
    /// ```no_run
    /// use plume_client::record::Replayer;
    ///
    /// # fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let replayer = Replayer::open("ticket-17")?.with_key("ticket-17", "record.key")?;
    /// let pseudonym = replayer.recorded("Living Room").ok_or("not recorded, or another key")?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn recorded(&self, text: &str) -> Option<String> {
        if self.occurs(text) {
            return Some(text.to_owned());
        }
        let originals = self.originals.as_ref()?;
        // An original has one pseudonym in a sanitizer, and the field of a typed text is not known.
        let fields = TYPED.iter().map(|name| originals.fresh().field(name, text));
        std::iter::once(originals.fresh().in_text(text))
            .chain(fields)
            .find(|pseudonym| self.occurs(pseudonym))
    }

    /// Returns whether a text is a value or a segment of a path in the recording.
    fn occurs(&self, text: &str) -> bool {
        self.recording.exchanges.iter().any(|Exchange { request, outcome, .. }| {
            let in_query = || request.query.iter().any(|(_, value)| value == text);
            let in_body = || match outcome {
                Outcome::Response(session::Response { body: Some(Body::Json(json)), .. }) => has(json, text),
                _ => false,
            };
            request.path.split('/').any(|segment| segment == text) || in_query() || in_body()
        })
    }

    /// Returns a builder of a client of this recording: with its base URLs and partner id, this transport, the
    /// [`clock`](Self::clock), a placeholder token, and no call limit.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the manifest has a base URL that is invalid.
    pub fn client(&self) -> Result<ClientBuilder, RecordError> {
        let base = |pick: fn(&Bases) -> &Option<String>| {
            let recorded = self.recording.bases.iter().find_map(|bases| pick(bases).as_deref());
            recorded.map(SecureUrl::parse).transpose().map_err(RecordError::base)
        };
        let clock = Arc::new(self.clock());
        let mut builder = Client::builder()
            .transport(Arc::new(self.clone()))
            .rate_limiter(RateLimiter::unlimited(Arc::clone(&clock) as _))
            .clock(clock);
        if let Some(token) = StaticToken::new(TOKEN) {
            builder = builder.token_provider(token);
        }
        if let Some(id) = self.partner_id().and_then(partner) {
            builder = builder.partner_id(id);
        }
        builder = match base(|bases| &bases.api)?.map_or_else(|| SecureUrl::parse(NO_BASE), Ok) {
            Ok(api) => builder.api_base(api),
            Err(error) => return Err(RecordError::base(error)),
        };
        if let Some(reports) = base(|bases| &bases.reports)? {
            builder = builder.reports_base(reports);
        }
        if let Some(lte) = base(|bases| &bases.lte)? {
            builder = builder.lte_base(lte);
        }
        Ok(builder)
    }

    /// Returns the recording of a request.
    fn find(&self, request: &Request<Bytes>) -> Result<&Exchange, TransportError> {
        let recording = &*self.recording;
        let uri = request.uri();
        let url = uri.to_string();
        let url = url.split('?').next().unwrap_or_default();
        let (service, path) = recording
            .bases
            .iter()
            .map(|bases| bases.split(url))
            .find(|(service, _)| *service != Service::Other)
            .unwrap_or((Service::Other, url));
        let body = wire::json(request.body()).map(|mut json| {
            recording.secrets.json(&mut json);
            Body::Json(json)
        });
        let dropped = || Body::Dropped { bytes: request.body().len(), media_type: None };
        let key = Key::new(&session::Request {
            method: request.method().to_string(),
            service,
            path: recording.secrets.path(path),
            query: uri.query().map(|query| recording.secrets.query(query)).unwrap_or_default(),
            body: (!request.body().is_empty()).then(|| body.unwrap_or_else(dropped)),
        });
        let mut next = recording.next.lock().unwrap_or_else(PoisonError::into_inner);
        let place = next.next(&key).or_else(|| {
            // Other base URLs than the recorded ones: the end of the path decides.
            let ends = uri.path().match_indices('/').filter_map(|(at, _)| uri.path().get(at..));
            let services = [Service::Api, Service::Reports, Service::Lte];
            let mut keys = ends.flat_map(|path| services.map(|service| key.below(service, path)));
            if service == Service::Other { keys.find_map(|key| next.next(&key)) } else { None }
        });
        let found = place.and_then(|place| recording.exchanges.get(place));
        found.ok_or_else(|| {
            let known = next.nearest(&key).map_or_else(
                || "there are no recordings".to_owned(),
                |nearest| format!("the nearest recording is {nearest}"),
            );
            let message =
                format!("{} was not recorded; {known}", plume_text::shorten(&key.to_string(), LONGEST));
            TransportError::new(TransportErrorKind::NotRecorded, message)
        })
    }
}

/// Returns whether a text is one of the values.
fn has(json: &Value, text: &str) -> bool {
    match json {
        Value::String(value) => value == text,
        Value::Array(items) => items.iter().any(|item| has(item, text)),
        Value::Object(fields) => fields.values().any(|value| has(value, text)),
        _ => false,
    }
}

fn partner(id: &str) -> Option<PartnerId> {
    PartnerId::parse(id).or_else(|_| PartnerId::slug(id)).ok()
}

/// Answers a request for a token.
fn token(request: &Request<Bytes>) -> Response<Bytes> {
    let action = request.uri().path().rsplit('/').next().unwrap_or_default();
    let body = match action {
        "revoke" => return Response::new(Bytes::new()),
        "introspect" => json!({ "active": true }),
        _ => {
            let form = url::form_urlencoded::parse(request.body());
            let scope =
                form.into_iter().find(|(name, _)| name == "scope").map(|(_, scope)| scope.into_owned());
            json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": scope })
        }
    };
    json_response(StatusCode::OK, body.to_string().into())
}

fn json_response(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Builds the response of a recording.
fn response(recorded: &session::Response) -> Response<Bytes> {
    let status = StatusCode::from_u16(recorded.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = match &recorded.body {
        None => Bytes::new(),
        Some(Body::Json(json)) => Bytes::from(json.to_string()),
        Some(Body::Dropped { bytes, .. }) => Bytes::from(vec![b'.'; (*bytes).min(LARGEST)]),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in &recorded.headers {
        let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = parsed {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Largest body that is made up, in bytes.
const LARGEST: usize = 32 << 20;

#[async_trait]
impl Transport for Replayer {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        if wire::is_token_exchange(&request) {
            return Ok(token(&request));
        }
        match &self.find(&request)?.outcome {
            Outcome::Failure(failure) => {
                Err(TransportError::new(session::kind_of(&failure.kind), failure.message.clone()))
            }
            Outcome::Response(recorded) => {
                let response = response(recorded);
                if response.body().len() > limits.max_body_bytes {
                    let message =
                        format!("the response is larger than the limit of {} bytes", limits.max_body_bytes);
                    return Err(TransportError::new(TransportErrorKind::TooLarge, message));
                }
                Ok(response)
            }
        }
    }

    fn is_simulated(&self) -> bool {
        true
    }
}
