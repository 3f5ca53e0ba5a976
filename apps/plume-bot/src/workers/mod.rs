//! The workers, one for each user, which connect updates, conversations and Plume.

mod bot;
mod buttons;
mod caught;
mod inbox;
mod worker;

pub use bot::Bot;
pub use inbox::Parts;
