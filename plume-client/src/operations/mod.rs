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
//!
//! **Operations are data, and a method is only a shorter way to write one.** A descriptor says what a call takes,
//! gives and may do twice; one `Call` gives every value its place (path, query, body) by its name. So what has a
//! published form or everyday use has a typed method, and the other hundred operations need no code of their own.
//! Values of parameters are not checked against the documented ones, because a cloud may know more; their names are.
//! What the API is documented to refuse by a rule that is one comparison (length of an account id, a passphrase, a
//! nickname; a delay) is refused here, as every call counts against the limit.
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
