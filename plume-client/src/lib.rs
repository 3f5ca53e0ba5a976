//! A typed client of the Plume Cloud API with a call limit, retries and errors that say what to do.
//!
//! ```no_run
//! # async fn run() -> Result<(), plume_client::Error> {
//! use plume_client::{Client, Filter};
//!
//! let client = Client::from_env()?;
//! for customer in client.customers().filter(Filter::new().limit(20)).list().await? {
//!     println!("{} {}", customer.id, customer.display_name());
//! }
//! # Ok(()) }
//! ```
//!
//! `from_env` reads the variables that [`Settings`] lists. Without an account, the crate `plume-sim` is a cloud in the same
//! process: pass its `environment()` to [`Settings::from_variables`] and its `transport()` to
//! [`ClientBuilder::transport`].
//!
//! # Overview
//!
//! | task | API |
//! |---|---|
//! | read a home: nodes, devices, Wi-Fi, settings | `client.customer(id).location(id)`, a [`LocationHandle`] |
//! | read the input of a health analysis | [`LocationHandle::snapshot`] |
//! | read series over time | [`LocationHandle::reports`], and [`Client::gateway_reports`] without a customer's id |
//! | find a home, node or device by any key that a person knows | [`Client::lookup`], and [`Fleet::find`] |
//! | find homes by the provider's keys | [`Client::partner`] |
//! | read a whole list | [`Customers::pages`] and the other methods that return [`Pages`] |
//! | read all homes of a partner or group | [`Client::fleet`], [`Client::fleet_of`] |
//! | change something, with a dry run | the methods that return a [`Change`] |
//! | read what has no method | [`Client::read`] with one of the [`operations`], [`Client::read_path`] with a path |
//! | change what has no method | [`Client::change`] with one of the [`operations`] |
//!
//! [`CustomerHandle`] and [`LocationHandle`] have `read` and `change` as well, which fill in their ids. Creating a handle
//! sends no request; the first call reports an unknown id.
//!
//! # What every call does
//!
//! A call gets a token from the [`TokenProvider`](plume_auth::TokenProvider) and a permit from the [`RateLimiter`], sends
//! the request, and classifies the response:
//!
//! * Transient failures are retried as the [`RetryPolicy`] says, by default with up to three attempts, if the
//!   [`Operation`] may be repeated: network failures, 408, 429, 500, 502, 503, 504. `Retry-After` is respected. A budget
//!   keeps retries below a tenth of the calls during an outage.
//! * 401 is also the API's response for an unknown customer. One shared check finds out whether it means the token; only
//!   then the token is replaced and the call replayed, once.
//! * 403 with the API's error body is [`ErrorKind::Forbidden`]; with a Bearer challenge that says so, it is a rejected
//!   token. Any other 403 comes from the firewall ([`ErrorKind::Blocked`]): the address is blocked, all clients of the
//!   limiter pause for up to five minutes, then one call probes. No token is dropped.
//! * A body of another shape is [`ErrorKind::Unreadable`]. It never becomes an empty list. Parts that the models do not
//!   know are counted ([`Client::drift`]); for a [strict](ClientBuilder::strict) client they are an error.
//!
//! Deadline, retry policy and [`Priority`] can differ from call to call: [`Client::with_deadline`],
//! [`Client::with_retry`], [`Client::with_priority`].
//!
//! # Errors
//!
//! An [`Error`] says what failed and why, lists the attempts, and has advice; [`troubleshooting`] has a page for each
//! text.
//!
//! # Tracing and metrics
//!
//! Each call is a `tracing` span `plume.call` (target `plume_client`) with the names of OpenTelemetry's semantic
//! conventions (`http.request.method`, `url.template`, `server.address`, `http.response.status_code`,
//! `http.request.resend_count`, `error.type`, …) and the waits for limiter and token; each attempt is an event. Routes are
//! templates: spans and events hold no ids, no tokens and no parts of a response. With the feature `metrics`, there are
//! the counters `plume_client_calls_total` (by `operation` and `outcome`) and `plume_client_attempts_total` (by
//! `operation` and `status`), and the histograms `plume_client_call_duration_seconds`,
//! `plume_client_limiter_wait_seconds` and `plume_client_token_wait_seconds`. An `outcome` and `error.type` is
//! [`ErrorKind::as_str`], and an `outcome` without an error `ok`. [`RateLimiter::status`] returns the state of the call
//! limit.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls with the operating system's certificates |
//! | `native-tls` | no | TLS by the operating system's library; `ClientBuilder::tls_backend` chooses if both are enabled |
//! | `gzip` | no | compressed responses |
//! | `metrics` | no | counters and histograms through the `metrics` facade |
//! | `blocking` | no | `Blocking`, which waits for calls in programs that are not async |
//! | `record` | no | `record`: recordings of exchanges, their replay, pseudonyms for identities |
//! | `doctor` | no | the module `doctor`, which checks a set-up end to end |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod call;
mod client;
#[cfg(feature = "doctor")]
#[cfg_attr(docsrs, doc(cfg(feature = "doctor")))]
pub mod doctor;
mod error;
mod exchange;
mod limiter;
pub mod operations;
#[cfg(feature = "record")]
#[cfg_attr(docsrs, doc(cfg(feature = "record")))]
pub mod record;
mod resources;
mod telemetry;

#[cfg(feature = "blocking")]
pub use client::Blocking;
pub use client::{Client, ClientBuilder, NetworkSettings, Settings, SettingsError, troubleshooting};
pub use error::{Attempt, Cause, Error, ErrorKind, ErrorReport, NotRetried, Resource};
pub use exchange::RetryPolicy;
pub use limiter::{CallRate, LimiterStatus, Priority, RateLimiter};
pub use operations::descriptor::{
    Area, Grade, Operation, Paging, Parameter, Place, ResponseShape, Safety, Service,
};
#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "native-tls"))))]
pub use plume_runtime::TlsBackend;
pub use resources::{
    Change, Changed, Continuation, CustomerHandle, CustomerSearch, CustomerUpdate, Customers, DryRun, Events,
    FailedSearch, Filter, Fleet, FleetCheckpoint, FleetCost, FleetFailure, FleetItem, FleetProgress,
    FleetStep, FleetStream, FoundItem, FoundKind, GatewayReports, Granularity, Items, KeyForm, LedMode,
    Listing, LocationDetails, LocationHandle, LocationReports, Lookup, LookupResult, NamePattern,
    NewCustomer, NodeToClaim, Notes, Page, Pages, Partner, QoeGranularity, QoeOptions, QoePeriod, Radio,
    RadioSeries, Read, SearchEntity, SearchField, Series, WanPeriod, Where, WifiDetails, WifiUpdate,
};
pub use telemetry::{DriftLog, DriftSighting};
