//! The items of the streams over a fleet.

use std::{error::Error as StdError, fmt};

use plume_types::{AccountId, CustomerId, LocationId};
use serde::Serialize;

use crate::error::Error;
use crate::resources::pages::Continuation;

/// An item of a [`FleetStream`](crate::FleetStream), with the ids of its home.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FleetItem<T> {
    /// The customer's id.
    pub customer_id: CustomerId,
    /// The customer's name, as of [`Customer::display_name`](plume_types::Customer::display_name).
    pub customer_name: String,
    /// The provider's own key of the customer.
    pub account_id: Option<AccountId>,
    /// The location's id.
    pub location_id: LocationId,
    /// The location, node or snapshot.
    pub value: T,
}

/// A failed call of a [`FleetStream`](crate::FleetStream).
///
/// A failure that concerns one customer or location is an item of the stream, which continues with the next one. A
/// failure that would repeat for every further customer ends the stream: an error of the list of customers, a blocked
/// address, a used-up call limit, no access token.
///
/// `?` converts it to its [`Error`].
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct FleetFailure {
    /// The customer whose call failed; `None` for the list of customers.
    pub customer_id: Option<CustomerId>,
    /// The location whose call failed; `None` for the list of locations.
    pub location_id: Option<LocationId>,
    pub(super) error: Error,
    /// Whether the stream ended with this failure.
    pub ended: bool,
}

impl FleetFailure {
    /// Returns the error of the call.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    fn place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.customer_id, &self.location_id) {
            (Some(customer), Some(location)) => write!(f, "customer {customer}, location {location}: "),
            (Some(customer), None) => write!(f, "customer {customer}: "),
            (None, _) => Ok(()),
        }
    }
}

impl fmt::Display for FleetFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place(f)?;
        write!(f, "{}", self.error)
    }
}

/// The ids and the [report](Error::report); `{:#?}` is the struct.
impl fmt::Debug for FleetFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            self.place(f)?;
            return write!(f, "{}", self.error.report());
        }
        f.debug_struct("FleetFailure")
            .field("customer_id", &self.customer_id)
            .field("location_id", &self.location_id)
            .field("error", &self.error)
            .field("ended", &self.ended)
            .finish()
    }
}

impl StdError for FleetFailure {
    // The text holds that of the error, so the chain continues below it.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

impl From<FleetFailure> for Error {
    fn from(failure: FleetFailure) -> Self {
        failure.error
    }
}

impl From<Error> for FleetFailure {
    /// Creates a failure that belongs to no customer and ended the stream.
    fn from(error: Error) -> Self {
        Self { customer_id: None, location_id: None, error, ended: true }
    }
}

/// The items of whole customers. Made by [`FleetStream::next_step`](crate::FleetStream::next_step).
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetStep<T> {
    /// Items and failures in the order of the stream. Empty for customers without any.
    pub items: Vec<Result<FleetItem<T>, FleetFailure>>,
    /// The place behind these customers.
    pub continuation: Continuation,
}

/// The progress of a [`FleetStream`](crate::FleetStream).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct FleetProgress {
    /// The number of customers that are done, including those before the stream was resumed.
    pub customers_done: u64,
    /// The number of customers as the API counts them, and at the end of the list its length. `None` until it is known.
    pub customers_total: Option<u64>,
    /// The number of failures.
    pub failures: u64,
}

impl fmt::Display for FleetProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.customers_total {
            Some(total) => write!(f, "{} of {total} customers", self.customers_done)?,
            None => write!(f, "{} customers", self.customers_done)?,
        }
        if self.failures > 0 {
            write!(f, ", {} failures", self.failures)?;
        }
        Ok(())
    }
}
