//! A transport that writes exchanges.

mod builder;
#[expect(clippy::module_inception, reason = "the type of the module")]
mod recorder;
mod written;

pub use builder::RecorderBuilder;
pub use recorder::Recorder;
