//! The quality of one traffic class.

use crate::decode::{FAIR, GOOD, POOR, is_word};

/// What could be read about one traffic class.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrafficClassQoe {
    /// The class as the API names it, for example `video_conferencing`.
    pub name: String,
    /// The quality in a word, if the answer has one.
    pub rating: QoeRating,
    /// The quality as a number, if the answer has one. Elsewhere in the API 5 is excellent and 1 the worst.
    pub score: Option<f64>,
    /// Where the rating or score stands, for example `trafficClasses[0].qoe`.
    pub path: String,
}

/// A quality in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum QoeRating {
    /// Good or better.
    Good,
    /// Between good and poor.
    Fair,
    /// Poor.
    Poor,
    /// No word, or one that this version does not know.
    Unknown(Option<String>),
}

impl QoeRating {
    pub(crate) fn from_word(word: &str) -> Self {
        let is_one_of = |known: &[&str]| known.iter().any(|known| is_word(word, known));
        if is_one_of(GOOD) {
            Self::Good
        } else if is_one_of(FAIR) {
            Self::Fair
        } else if is_one_of(POOR) {
            Self::Poor
        } else {
            Self::Unknown(Some(word.to_owned()))
        }
    }
}
