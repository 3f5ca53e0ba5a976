//! What can be asked for: customers, locations, reports, lists, changes, and calls by an operation's value.
//!
//! Every call fails with an [`Error`](crate::Error), whose [`ErrorKind`](crate::ErrorKind) says why. An unknown customer or
//! location is [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), an answer of another shape
//! [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), never an empty list. A method says only what is its own.
#![allow(clippy::missing_errors_doc, reason = "said once, above")]

mod change;
mod customers;
mod filter;
mod fleet;
mod location;
mod pages;
mod partner;
mod read;
mod reports;
mod rows;
mod times;
mod words;

pub use change::{Change, Changed, DryRun};
pub use customers::{CustomerHandle, CustomerUpdate, Customers, LocationDetails, NewCustomer, SearchEntity};
pub use filter::{Filter, Where};
pub use fleet::{Fleet, FleetFailure, FleetItem, FleetProgress, FleetStream};
pub use location::{
    LedMode, LocationHandle, NodeToClaim, QoeGranularity, QoePeriod, WifiDetails, WifiUpdate,
};
pub use pages::{Continuation, Items, Notes, Page, Pages};
pub use partner::{CustomerSearch, Partner, SearchField};
pub use read::Read;
pub use reports::{
    Events, GatewayReports, Granularity, QoeOptions, Radio, RadioSeries, Reports, Series, WanPeriod,
};
