//! Customers.

mod handle;
mod writes;

pub use handle::{CustomerHandle, Customers, SearchEntity};
pub use writes::{CustomerUpdate, LocationDetails, NewCustomer};
