//! The resources of the API: customers, locations, reports, lists, fleets, look-ups and changes, and calls of any operation.
//!
//! Every call fails with an [`Error`](crate::Error). An unknown customer or location is
//! [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), a response of another shape
//! [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), never an empty list. Methods document only further errors.
#![allow(clippy::missing_errors_doc, reason = "documented once, above")]

mod change;
mod customers;
mod filter;
mod fleet;
mod location;
mod lookup;
mod pages;
mod partner;
mod read;
mod reports;
mod rows;
mod string_enum;
mod times;

pub use change::{Change, Changed, DryRun};
pub use customers::{CustomerHandle, CustomerUpdate, Customers, LocationDetails, NewCustomer, SearchEntity};
pub use filter::{Filter, Where};
pub use fleet::{
    Fleet, FleetCheckpoint, FleetCost, FleetFailure, FleetItem, FleetProgress, FleetStep, FleetStream,
};
pub use location::{
    LedMode, LocationHandle, NodeToClaim, QoeGranularity, QoePeriod, WifiDetails, WifiUpdate,
};
pub use lookup::{FailedSearch, FoundItem, FoundKind, KeyForm, Lookup, LookupResult, NamePattern};
pub use pages::{Continuation, Items, Listing, Notes, Page, Pages};
pub use partner::{CustomerSearch, Partner, SearchField};
pub use read::Read;
pub use reports::{
    Events, GatewayReports, Granularity, LocationReports, QoeOptions, Radio, RadioSeries, Series, WanPeriod,
};
