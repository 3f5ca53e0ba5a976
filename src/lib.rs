#![doc = include_str!("../README.md")]
//!
//! # What is where
//!
//! | module | crate | content |
//! |---|---|---|
//! | the root | `plume-client` | [`Client`] and its typed handles, and the ids of [`types`] |
//! | [`types`] | `plume-types` | models of the API |
//! | [`auth`] | `plume-auth` | tokens and credentials |
//! | [`health`] | `plume-health` | analysis and reports of one home |
//! | [`monitor`] | `plume-monitor` | many homes over time |
//! | [`runtime`] | `plume-runtime` | transport and clock |
//! | [`watch`](mod@watch) | | checks homes at an interval and streams the changes of status |
//! | [`cookbook`] | | programs for common tasks |
//! | [`cli`] | | conventions of command-line programs |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod cli;
pub mod cookbook;
pub mod watch;

#[doc(inline)]
pub use plume_client::*;
#[doc(no_inline)]
pub use plume_types::{
    AccountId, CustomerId, DeviceId, Field, GroupId, LocationId, MacAddress, NodeId, PartnerId, ServiceId,
    chrono,
};
#[doc(inline)]
pub use watch::watch;

// Modules and not renamed crates: the compiler names a type by its path, and a renamed crate has two names there.

/// Tokens and credentials: the crate `plume-auth`.
pub mod auth {
    #[doc(no_inline)]
    pub use plume_auth::*;
}

/// Health analysis of a home: the crate `plume-health`.
pub mod health {
    #[doc(no_inline)]
    pub use plume_health::*;
}

/// Many homes over time: the crate `plume-monitor`.
pub mod monitor {
    #[doc(no_inline)]
    pub use plume_monitor::*;
}

/// Transport and clock: the crate `plume-runtime`.
pub mod runtime {
    #[doc(no_inline)]
    pub use plume_runtime::*;
}

/// Models of the API's responses: the crate `plume-types`.
pub mod types {
    #[doc(no_inline)]
    pub use plume_types::*;
}
