//! The commands beside a run.

mod keep;
mod people;

pub use keep::{back_up, restore, rotate};
pub use people::{add_admin, check_audit, remove_admin, suspend};
