//! The operations of the API, each as a static [`Operation`].
//!
//! Common operations have a method on one of the handles. All others are called by their static, with
//! [`Client::read`](crate::Client::read) and [`Client::change`](crate::Client::change), or the methods of the same names on
//! [`CustomerHandle`](crate::CustomerHandle) and [`LocationHandle`](crate::LocationHandle), which fill in their ids.
//!
//! ```no_run
//! # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
//! use plume_client::operations;
//!
//! let home = client.customer("5f0000000000000000000001").location("5f0000000000000000000002");
//! let upgrades = home.read(&operations::FIRMWARE).json().await?;
//! for node in upgrades.items("") {
//!     println!("{:?}", node.text("id"));
//! }
//! # Ok(()) }
//! ```
//!
//! A descriptor has the parameters, the response and the safety of an operation. The names of parameters are checked, their
//! values are not, because a cloud may support more than the documented ones. Documented limits (the length of an account
//! id, a passphrase or a nickname; a delay) are checked before a call is sent.
#![doc = include_str!("../../OPERATIONS.md")]

mod all;
pub(crate) mod descriptor;
mod macros;
mod parameters;
mod tables;
mod template;

pub(crate) use descriptor::{Operation, Paging, Place, Safety, Service};
pub use tables::*;
pub(crate) use template::{Template, unclean};
