//! The quality of one traffic class.

use std::fmt;

use crate::decode::{FAIR, GOOD, POOR, is_word};
use crate::word::UnknownWord;

/// The quality of one traffic class, as far as it could be read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrafficClassQoe {
    /// The class as the API names it, for example `video_conferencing`.
    pub name: String,
    /// The quality in a word, if the response has one.
    pub rating: Option<QoeRating>,
    /// The quality as a number, if the response has one. Elsewhere in the API 5 is excellent and 1 the worst.
    pub score: Option<f64>,
    /// The place of the rating or score, for example `trafficClasses[0].qoe`.
    pub path: String,
}

/// A quality in a word. The API uses several words for each.
///
/// ```
/// use plume_types::QoeRating;
///
/// assert_eq!(QoeRating::from("Excellent"), QoeRating::Good);
/// assert_eq!(QoeRating::from("Very Poor").to_string(), "poor");
/// assert!(QoeRating::from("wobbly").is_unknown());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum QoeRating {
    /// Good or better.
    Good,
    /// Between good and poor.
    Fair,
    /// Poor.
    Poor,
    /// A word that this version does not know.
    Unknown(UnknownWord),
}

impl QoeRating {
    /// Returns `good`, `fair`, `poor` or the unknown word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Unknown(word) => word.as_str(),
        }
    }

    /// Returns whether this version does not know the word.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

impl From<&str> for QoeRating {
    fn from(word: &str) -> Self {
        let is_one_of = |known: &[&str]| known.iter().any(|known| is_word(word, known));
        if is_one_of(GOOD) {
            Self::Good
        } else if is_one_of(FAIR) {
            Self::Fair
        } else if is_one_of(POOR) {
            Self::Poor
        } else {
            Self::Unknown(UnknownWord::new(word))
        }
    }
}

impl fmt::Display for QoeRating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
