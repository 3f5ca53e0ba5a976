//! Processes that end at any point between the store and the receiver.

mod kills;
mod processes;
