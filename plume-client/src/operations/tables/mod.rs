//! The tables of operations, one per section of the reference.

mod customers;
mod devices;
mod gateway;
mod locations;
mod lte;
mod nodes;
mod partners;
mod reports;
mod wifi;

pub use customers::*;
pub use devices::*;
pub use gateway::*;
pub use locations::*;
pub use lte::*;
pub use nodes::*;
pub use partners::*;
pub use reports::*;
pub use wifi::*;
