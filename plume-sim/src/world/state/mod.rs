//! The world at one moment: customers, locations, nodes and devices, computed on request.

mod audit;
mod customer;
mod location;
mod world;
mod written;

pub use audit::AuditRecord;

pub(crate) use customer::Customer;
pub(crate) use location::{
    CHANNEL_5_HIGH, CHANNEL_5_LOW, CHANNEL_24, Device, Location, Node, channel, is_poor,
};
pub(crate) use world::World;
pub(crate) use written::Written;
