//! The loop that empties the outbox.

mod fair;
mod known;
mod plan;
mod repeat;
mod report;
mod run;
mod silence;
mod turn;

pub use plan::{Need, need};
pub use report::{forget, resume, send_test};
pub use run::{Sender, SenderParts};
pub use silence::Silence;
