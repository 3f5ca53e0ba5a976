//! A typed client of the Plume Cloud that keeps the call limit, tells the truth and explains its errors.
//!
//! ```no_run
//! # async fn run() -> Result<(), plume_client::Error> {
//! use plume_client::{Client, Filter};
//!
//! let client = Client::from_env()?;
//! for customer in client.customers().list(&Filter::new().limit(20)).await? {
//!     println!("{} {}", customer.id, customer.display_name());
//! }
//! # Ok(()) }
//! ```
//!
//! `from_env` reads the variables that [`Settings`] lists. Without an account, the crate `plume-sim` is a cloud in the same
//! process: give its `environment()` to [`Settings::from_variables`] and its `transport()` to
//! [`ClientBuilder::transport`].
//!
//! # Finding your way
//!
//! | to | there is |
//! |---|---|
//! | read a home: nodes, devices, Wi-Fi, settings | `client.customer(id).location(id)`, a [`LocationHandle`] |
//! | read all that a health analysis needs at once | [`LocationHandle::snapshot`] |
//! | read series over time | [`LocationHandle::reports`], and [`Client::gateway_reports`] without a customer's id |
//! | find homes by keys of your own | [`Client::partner`] |
//! | read a list to its end | [`Customers::pages`] and its like |
//! | read all homes of a partner or group | [`Client::fleet`], [`Client::fleet_of`] |
//! | change something, and see first what would be sent | the methods that give a [`Change`] |
//! | call what has no method | [`operations`], with [`LocationHandle::read`] and [`Client::change`] |
//!
//! Handles are made of ids and cost nothing; the first call tells whether there is such a thing.
//!
//! # What every call does
//!
//! It takes a token of the [`TokenProvider`](plume_auth::TokenProvider) and a permit of the [`RateLimiter`], sends, and
//! judges the answer:
//!
//! * What may help is tried again as the [`RetryPolicy`] says, three times at the most unless told otherwise, if the
//!   [`Operation`] may be repeated: failures of the network, 408, 429, 500, 502, 503, 504. `Retry-After` is respected. A
//!   budget keeps second tries below a tenth of the calls in an outage.
//! * 401 is also the API's answer for an unknown customer. One shared check tells whether it means the token; only then
//!   the token is replaced and the call replayed, once.
//! * 403 is [`ErrorKind::Forbidden`] with the API's error body, a rejected token with a Bearer challenge that says so, and
//!   otherwise the firewall's ([`ErrorKind::Blocked`]): the address is blocked, all clients of the limiter pause for up to
//!   five minutes, one call tries, and no token is dropped.
//! * A body that is not what was asked for is [`ErrorKind::Unreadable`]. It never becomes an empty list. What it holds
//!   beyond the models is counted ([`Client::drift`]), and an error for a [strict](ClientBuilder::strict) client.
//!
//! Deadline, policy and [`Priority`] can differ from call to call: [`Client::with_deadline`], [`Client::with_retry`],
//! [`Client::with_priority`].
//!
//! # When a call fails
//!
//! [`Error`] says what failed, what was tried and what to do next; [`troubleshooting`] has a page for each text.
//!
//! # What a program sees of its calls
//!
//! One `tracing` span `plume.call` per call (target `plume_client`), with the names of OpenTelemetry's semantic conventions
//! (`http.request.method`, `url.template`, `server.address`, `http.response.status_code`, `http.request.resend_count`,
//! `error.type`, …) and the waits for limiter and token; one event per try. Routes are templates: no id, no token and no
//! word of an answer is among them. With the feature `metrics`, the counters `plume_client_calls_total` (by `operation` and
//! `outcome`) and `plume_client_tries_total` (by `operation` and `status`), and the histograms
//! `plume_client_call_duration_seconds`, `plume_client_limiter_wait_seconds` and `plume_client_token_wait_seconds`.
//! [`RateLimiter::status`] tells the head-room.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls with the operating system's certificates |
//! | `native-tls` | no | TLS by the operating system's library |
//! | `gzip` | no | compressed answers |
//! | `metrics` | no | counters and histograms through the `metrics` facade |
//! | `blocking` | no | `Blocking`, which waits for calls in programs that are not async |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod call;
mod client;
mod error;
mod exchange;
mod limiter;
pub mod operations;
mod resources;
mod telemetry;

#[cfg(feature = "blocking")]
pub use client::Blocking;
pub use client::{Client, ClientBuilder, NetworkSettings, Settings, SettingsError, troubleshooting};
pub use error::{Attempt, Error, ErrorKind, NotRetried, Report, Resource};
pub use exchange::RetryPolicy;
pub use limiter::{CallRate, LimiterStatus, Priority, RateLimiter};
pub use operations::descriptor::{Answer, Area, Grade, Operation, Paging, Parameter, Place, Safety, Service};
pub use resources::{
    Change, Changed, Continuation, CustomerHandle, CustomerSearch, CustomerUpdate, Customers, DryRun, Events,
    Filter, Fleet, FleetFailure, FleetItem, FleetProgress, FleetStream, GatewayReports, Granularity, Items,
    LedMode, LocationDetails, LocationHandle, NewCustomer, NodeToClaim, Notes, Page, Pages, Partner,
    QoeGranularity, QoeOptions, QoePeriod, Radio, RadioSeries, Read, Reports, SearchEntity, SearchField,
    Series, WanPeriod, Where, WifiDetails, WifiUpdate,
};
pub use telemetry::{DriftLog, DriftSighting};
