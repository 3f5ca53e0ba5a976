//! Brings updates to users' conversations, one worker for each user, and does what the conversations say.

mod bot;
mod buttons;
mod caught;
mod inbox;
mod worker;

pub use bot::Bot;
pub use inbox::Parts;
