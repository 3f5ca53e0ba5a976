//! Comparison of names as people write them.

/// A name as a person writes it: case, blanks and separators do not matter.
///
/// ```
/// use plume_client::NamePattern;
///
/// let pattern = NamePattern::new("aabb.cc00").unwrap();
/// assert!(pattern.begins("AA:BB:CC:00:11:22") && !pattern.is("AA:BB:CC:00:11:22"));
/// assert!(NamePattern::new("living-room").unwrap().is("Living Room"));
/// assert!(NamePattern::new(" - ").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamePattern(String);

impl NamePattern {
    /// Returns the pattern of a text; `None` if the text has neither a letter nor a digit.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        Some(plain(text)).filter(|plain| !plain.is_empty()).map(Self)
    }

    /// Returns whether this is the name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        plain(name) == self.0
    }

    /// Returns whether the name begins like this.
    #[must_use]
    pub fn begins(&self, name: &str) -> bool {
        plain(name).starts_with(&self.0)
    }

    /// The letters and digits, in lower case.
    pub(super) fn plain(&self) -> &str {
        &self.0
    }
}

/// The letters and digits of a name, in lower case.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
