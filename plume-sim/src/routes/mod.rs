//! The route table, above all functions that answer: everything the simulator serves.

mod customers;
mod find;
mod gateway;
mod locations;
mod lte;
mod reports;
mod route;
mod table;

pub use route::Route;

pub(crate) use find::{Found, find};
pub(crate) use table::ROUTES;
