//! Customers, locations, nodes and devices by any key that a person knows.

mod form;
mod found;
mod name;
mod search;

pub use form::KeyForm;
pub use found::{FailedSearch, FoundItem, FoundKind, LookupResult};
pub use name::NamePattern;
pub use search::Lookup;
