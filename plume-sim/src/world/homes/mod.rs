//! The named homes and the contents of a home.

mod home;
pub(crate) mod plan;

pub use home::{Home, ParseHomeError};

pub(crate) use plan::{DevicePlan, HOUSEHOLD, Link, NodePlan, Plan, device_names, node_names, one_of};
