//! Assembles the parts of the program, runs them and stops them.

mod assemble;
mod commands;
mod connections;
mod demo;
mod failed;
mod pulse;
mod run;
mod serve;
mod site;
mod tasks;

pub use assemble::{Monitor, database, import_homes, key_file, open_store, policies};
pub use commands::{
    ImportOptions, Obstacle, accounts, add_admin, back_up, check_audit, forget, healthcheck, import_csv,
    import_fleet, look_over, new_password, remove_admin, remove_home, restore, rotate, suspend, warnings,
};
pub use connections::{ConnectionLimits, serve as serve_connections};
pub use demo::{Story, demo};
pub use failed::Failed;
pub use run::run;
pub use site::explained;
pub use tasks::Tasks;
