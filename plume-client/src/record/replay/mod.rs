//! Answers from a recording.

mod matching;
mod replayer;

pub use replayer::Replayer;
