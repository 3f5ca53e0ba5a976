#![doc = include_str!("../README.md")]
//!
//! # What is where
//!
//! | module | crate | what it is |
//! |---|---|---|
//! | the root | `plume-client` | [`Client`] and its typed handles |
//! | [`types`] | `plume-types` | what the API says |
//! | [`auth`] | `plume-auth` | tokens and credentials |
//! | [`health`] | `plume-health` | what the answers mean |
//! | [`monitor`] | `plume-monitor` | many homes, and one again and again |
//! | [`runtime`] | `plume-runtime` | transport and clock |
//! | [`cli`] | | what command-line programs of this project have in common |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod cli;

#[doc(no_inline)]
pub use plume_auth as auth;
#[doc(inline)]
pub use plume_client::*;
#[doc(no_inline)]
pub use plume_health as health;
#[doc(no_inline)]
pub use plume_monitor as monitor;
#[doc(no_inline)]
pub use plume_runtime as runtime;
#[doc(no_inline)]
pub use plume_types as types;
