//! The checks, one file each.

pub(crate) mod dependencies;
pub(crate) mod hygiene;
pub(crate) mod imports;
pub(crate) mod layout;
pub(crate) mod msrv;
pub(crate) mod prose;
pub(crate) mod public_api;
pub(crate) mod readme;
