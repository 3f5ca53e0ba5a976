//! The program: settings, signals, and the assembly of the parts.

mod assemble;
mod run;
mod settings;
mod signals;

pub use assemble::{Running, World, assemble};
pub use run::{Mode, is_alive, run, typed_urls_transport};
pub use settings::Settings;
pub use signals::Ended;
