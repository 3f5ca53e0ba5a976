//! What the Plume Cloud says: models of its answers, typed ids, open enums.
//!
//! The answers are read tolerantly ([`decode`]): every field but the id is optional, an unknown word of an
//! enum is kept as text, numbers may come as text, lists bare or wrapped, and one bad element costs that
//! element. Fields that a verdict may rest on are a [`Field`], which tells unreadable from absent. What was unexpected is counted ([`Drift`]). What makes an answer useless is an error, never an
//! empty list.
//!
//! The crate does no I/O, is not async, reads no clock and never panics on any input. It brings `serde`,
//! `serde_json` and `chrono`, nothing else.
//!
//! ```
//! use plume_types::{ConnectionState, Field, Node};
//!
//! let node: Node = serde_json::from_str(r#"{"id":"TST0000001","connectionState":"connected"}"#)?;
//! assert_eq!(node.connection_state, Field::Known(ConnectionState::Connected));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The facts about the API were put together from its published documentation and from clients that run
//! against it; how sure each one is differs, which is why nearly everything is optional.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod decode;

mod by_name;
mod customer;
mod device;
mod drift;
mod error_body;
#[cfg(test)]
mod every_model;
mod field;
mod free_form;
mod gateway_reports;
mod home_network;
mod id;
#[cfg(test)]
mod linear;
mod list;
mod location;
mod macros;
mod node;
mod qoe;
mod reports;
mod scalar;
mod secret;
mod snapshot;
mod time;
mod wan;
mod wifi;

pub use by_name::ByName;
pub use customer::*;
pub use decode::{DecodeError, DecodeErrorKind, Decoded};
pub use device::*;
pub use drift::{Drift, DriftKind, DriftPlace};
pub use error_body::ErrorBody;
pub use field::Field;
pub use free_form::FreeForm;
pub use gateway_reports::*;
pub use home_network::*;
pub use id::*;
pub use list::List;
pub use location::*;
pub use node::*;
pub use qoe::{AppQoe, QoeRating, TrafficClassQoe};
pub use reports::*;
pub use scalar::TextOrFlag;
pub use secret::Secret;
pub use snapshot::{LocationSnapshot, Part, PartFailure, PartFailureKind};
pub use wan::*;
pub use wifi::*;
