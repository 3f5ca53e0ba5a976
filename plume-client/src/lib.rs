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
//! # What every call does
//!
//! It takes a permit of the [`RateLimiter`], a token of the [`TokenProvider`](plume_auth::TokenProvider),
//! sends, and judges the answer:
//!
//! * What may help is tried again, up to three times within the call's deadline, if the [`Operation`] may be
//!   repeated: failures of the network, 408, 429, 500, 502, 503, 504. `Retry-After` is respected.
//! * 401 leads to one new token and one replay. It is also the API's answer for an unknown customer.
//! * 403 with the API's error body is [`ErrorKind::Forbidden`]. Any other 403 is the firewall's: the address
//!   is blocked, all clients of the limiter pause for up to five minutes, and no token is dropped.
//! * A body that is not what was asked for is [`ErrorKind::Unreadable`]. It never becomes an empty list.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls with the operating system's certificates |
//! | `native-tls` | no | TLS by the operating system's library |
//! | `gzip` | no | compressed answers |
//! | `blocking` | no | `Blocking`, which waits for calls in programs that are not async |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
mod blocking;
mod call;
mod change;
mod client;
mod customers;
mod error;
mod filter;
mod judge;
mod limiter;
mod location;
mod operation;
pub mod operations;
mod pages;
mod partner;
mod raw;
mod read;
mod reports;
mod retry;
mod settings;
mod snapshot;
mod values;
mod words;

#[cfg(feature = "blocking")]
pub use blocking::Blocking;
pub use change::{Change, Changed, DryRun};
pub use client::{Client, ClientBuilder};
pub use customers::{CustomerHandle, CustomerUpdate, Customers, LocationDetails, NewCustomer, SearchEntity};
pub use error::{Attempt, Error, ErrorKind, Resource};
pub use filter::{Filter, Where};
pub use limiter::{CallRate, RateLimiter};
pub use location::{
    LedMode, LocationHandle, NodeToClaim, QoeGranularity, QoePeriod, WifiDetails, WifiUpdate,
};
pub use operation::{Answer, Area, Grade, Operation, Paging, Parameter, Place, Safety, Service};
pub use pages::{Continuation, Fleet, FleetItem, Items, Notes, Page, Pages};
pub use partner::{CustomerSearch, Partner, SearchField};
pub use read::Read;
pub use reports::{
    Events, GatewayReports, Granularity, QoeOptions, Radio, RadioSeries, Reports, Series, WanPeriod,
};
pub use settings::{Settings, SettingsError};
