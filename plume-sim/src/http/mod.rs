//! The parts common to all services: requests, parameters, bodies, responses and errors.

mod error_body;
mod filter;
mod opaque_id;
mod operation;
mod parameters;
mod query;
mod request;
pub(crate) mod response;
mod route;

pub use operation::Area;
pub use request::Understood;

pub(crate) use error_body::{ApiError, OAuthError, okta_envelope};
pub(crate) use filter::Filter;
pub(crate) use opaque_id::{decode, encode, location_of};
pub(crate) use operation::Verb;
pub(crate) use parameters::{
    at_most, choice, date_ranges, invalid, limit, moment, required, required_days, required_list,
    required_moment,
};
pub(crate) use query::{Pairs, arguments, media_type, texts};
pub(crate) use request::{Call, Request, Write};
pub(crate) use response::{Answer, Outcome, Page, Reply, extend, html, insert, items, json, sample};
pub(crate) use route::{Handler, RouteRow, api, get, of_device, of_location, of_node, page, report, row};
