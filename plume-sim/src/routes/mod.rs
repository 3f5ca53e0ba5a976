//! The route table: everything the simulator serves.
//!
//! **The simulator answers all documented reads, and marks what it made up.** A client must not get 404 where the
//! cloud has an endpoint. Each row says whether its response has a published form; tests compare the table in the
//! documentation with it, and `tests/documented_shapes.json` holds the published members and types. Each area
//! (`customers`, `locations`, `reports`, `gateway`, `lte`) has a table of its own. The rows are sorted when they are
//! combined, so no row can hide another.

mod customers;
mod find;
mod gateway;
mod incoming;
mod locations;
mod lte;
mod reports;
mod table;

pub use table::Route;

pub(crate) use find::{Found, find};
pub(crate) use incoming::{Incoming, OAuthRequest};
pub(crate) use table::ROUTES;
