//! The operations of the API that this version speaks, each as a value.
//!
//! What has a published form or everyday use has a method on one of the handles; every other operation is called
//! by its value: [`Client::read`](crate::Client::read), [`LocationHandle::read`](crate::LocationHandle::read).
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
