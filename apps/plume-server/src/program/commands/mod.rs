//! The commands beside a run.

mod check;
mod import;
mod keep;
mod people;
mod prompt;

pub use check::{Obstacle, healthcheck, look_over, warnings};
pub use import::{ImportOptions, import_csv, import_fleet, remove_home};
pub use keep::{back_up, forget, restore, rotate};
pub use people::{accounts, add_admin, check_audit, remove_admin, suspend};
pub use prompt::new_password;
