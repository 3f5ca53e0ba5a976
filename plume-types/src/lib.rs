//! Models of the Plume Cloud's responses, typed ids and open enums.
//!
//! Responses are decoded tolerantly ([`decode`]): every field but the id is optional, an unknown word of an enum is
//! kept as text, numbers may be sent as text, lists bare or wrapped, and an unreadable element costs that element. A
//! field that a verdict may rest on is a [`Field`], which distinguishes unreadable from absent. Everything unexpected
//! is counted ([`Drift`]). A body that is not the requested thing is an error, never an empty list.
//!
//! The crate does no I/O, is not async, reads no clock and panics on no input.
//!
//! ```
//! use plume_types::{ConnectionState, Field, Node};
//!
//! let node: Node = serde_json::from_str(r#"{"id":"TST0000001","connectionState":"connected"}"#)?;
//! assert_eq!(node.connection_state, Field::Known(ConnectionState::Connected));
//! assert!(node.is_connected());
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Times
//!
//! Every time of a response is a [`DateTime<Utc>`](chrono::DateTime) of [`chrono`], which is re-exported, so that you
//! need no dependency of the same version. All crates of the SDK use this type for points in time, and the
//! standard library's `Duration` for spans.
//!
//! ```
//! use plume_types::{Node, chrono::{DateTime, Utc}};
//!
//! let since: Option<DateTime<Utc>> = Node::new("TST0000001").connection_state_changed_at.into_known();
//! # assert_eq!(since, None);
//! ```
//!
//! # Values in your own tests
//!
//! A model has `new` if it has an id, else `Default`, and public fields. Collections are built from arrays and
//! iterators, with unreadable elements too ([`List::with_unreadable`], [`ByName::with_unreadable`]), and any model
//! from JSON.
//!
//! ```
//! use plume_types::{ConnectionState, List, Node};
//!
//! let mut node = Node::new("TST0000001");
//! node.connection_state = ConnectionState::Disconnected.into();
//! let nodes = List::from([node]).with_unreadable(1);
//! assert!(nodes[0].is_disconnected());
//! ```
//!
//! # Evidence
//!
//! The facts about the API come from its published documentation and from clients that run against it. Some are surer
//! than others, which is why nearly every field is optional.
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
mod word;

pub use chrono;
pub use decode::{DecodeError, DecodeErrorKind, Decoded};
pub use drift::{Drift, DriftKind, DriftPlace};
pub use field::Field;
pub use list::List;
pub use models::*;
pub use values::*;
pub use word::UnknownWord;
