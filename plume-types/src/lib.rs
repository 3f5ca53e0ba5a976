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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub mod decode;

mod drift;
#[cfg(test)]
mod every_model;
mod field;
#[cfg(test)]
mod linear;
mod list;
mod macros;
mod models;
mod values;

pub use decode::{DecodeError, DecodeErrorKind, Decoded};
pub use drift::{Drift, DriftKind, DriftPlace};
pub use field::Field;
pub use list::List;
pub use models::*;
pub use values::*;
