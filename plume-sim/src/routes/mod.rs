//! The route table, above all functions that answer: everything the simulator serves.
//!
//! **The simulator answers all documented reads, and says what it made up.** A client from elsewhere must not meet
//! 404 where the cloud answers. Each row of the route table says whether its answer has a published form; the table
//! in the documentation is held against it, and `tests/documented_shapes.json` keeps the published members and types
//! as facts. Rows stand beside their functions, one table for each area (`accounts`, `overview`, `settings`,
//! `telemetry`, `gateway`, `lte`), and are sorted when they are put together, so that no row can hide another.

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
