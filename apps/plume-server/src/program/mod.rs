//! Assembles the parts of the program, runs them and stops them.

mod assemble;
mod check;
mod demo;
mod failed;
mod keep;
mod pulse;
mod run;
mod serve;
mod site;

pub use assemble::{Monitor, database, import_homes, key_file, open_store, policies};
pub use check::healthcheck;
pub use demo::demo;
pub use failed::Failed;
pub use keep::{back_up, restore, rotate};
pub use run::run;
