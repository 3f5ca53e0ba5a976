//! Quality and usage of applications.

pub(crate) mod classes;
pub(crate) mod quality;
pub(crate) mod usage;
