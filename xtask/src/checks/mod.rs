//! The checks, one file each.

pub(crate) mod dependencies;
pub(crate) mod hygiene;
mod modules;
pub(crate) mod msrv;
pub(crate) mod public_api;
pub(crate) mod readme;
pub(crate) mod rooms;
