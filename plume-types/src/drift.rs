//! Differences between the API's responses and the models.

use std::collections::{HashMap, hash_map};
use std::fmt;

/// Maximum number of places that one [`Drift`] remembers; sightings at further places are only counted.
const MAX_PLACES: usize = 256;
/// The path of the body itself.
pub(crate) const ROOT: &str = "$";
/// Maximum length of a sample.
const MAX_SAMPLE_CHARS: usize = 48;

/// Everything in a response that the models do not know, counted by place.
///
/// Collected while decoding, without a second parse. At most 256 different places are remembered; sightings at
/// further places count as [`Drift::overflow`]. Places look like `nodes[].vendor.partNumber`; array positions are
/// folded into `[]`.
///
/// ```
/// use plume_types::{Node, decode, DriftKind};
///
/// let body = br#"{"id":"TST1","connectionState":"dozing","fanSpeed":3}"#;
/// let decoded = decode::body::<Node>(body)?;
/// let places: Vec<_> = decoded.drift.iter().map(|place| (place.kind, place.path.as_str())).collect();
/// assert!(places.contains(&(DriftKind::UnknownField, "fanSpeed")));
/// assert!(places.contains(&(DriftKind::UnknownValue, "connectionState")));
/// # Ok::<(), plume_types::DecodeError>(())
/// ```
///
/// For a test, build one from its places:
///
/// ```
/// use plume_types::{Drift, DriftKind, DriftPlace};
///
/// let drift = Drift::from_iter([DriftPlace::new(DriftKind::UnknownField, "nodes[].fanSpeed")]);
/// assert_eq!(drift.count(DriftKind::UnknownField), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drift {
    places: HashMap<u64, DriftPlace>,
    overflow: u64,
}

/// A place where responses differ from the models.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DriftPlace {
    /// The path, for example `devices[].freqBand`; `$` is the body itself.
    pub path: String,
    /// The kind of difference.
    pub kind: DriftKind,
    /// The number of sightings.
    pub count: u64,
    /// The first example: the unknown word of an enum, or the JSON kind that was found. Never the value of
    /// an unknown field, which could be a secret.
    pub sample: String,
}

/// The kind of difference at a [`DriftPlace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DriftKind {
    /// A field that the model does not have. It is ignored.
    UnknownField,
    /// A word that the enum does not know. It is kept as text.
    UnknownValue,
    /// A value of an unexpected JSON kind or out of range. The field is unreadable.
    WrongType,
    /// A placeholder for a missing value, for example a time of 1970. The field is absent.
    Placeholder,
    /// A character or number that JSON does not allow. It is replaced; see [`decode`](crate::decode).
    Malformed,
    /// A field that an object has twice. The last readable value counts.
    DuplicateField,
    /// An element of a list that could not be read. The list is kept without it.
    Unreadable,
}

impl fmt::Display for DriftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownField => "unknown field",
            Self::UnknownValue => "unknown value",
            Self::WrongType => "wrong type",
            Self::Placeholder => "placeholder",
            Self::Malformed => "malformed value",
            Self::DuplicateField => "duplicate field",
            Self::Unreadable => "unreadable element",
        })
    }
}

impl DriftPlace {
    /// Creates a place that was seen once, with an empty sample.
    #[must_use]
    pub fn new(kind: DriftKind, path: impl Into<String>) -> Self {
        Self { path: path.into(), kind, count: 1, sample: String::new() }
    }

    /// Returns the key of the path as the decoder computes it, if no name in it has a dot.
    fn key(&self) -> u64 {
        let mut path = Path::default();
        for name in self.path.split('.').filter(|_| self.path != ROOT) {
            let plain = name.trim_end_matches("[]");
            if !plain.is_empty() {
                path.push(Segment::Key(plain.into()));
            }
            for _ in 0..(name.len() - plain.len()) / 2 {
                path.push(Segment::Index(0));
            }
        }
        path.key(self.kind, None)
    }
}

impl Drift {
    /// Returns whether every response was as the models expect.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.overflow == 0
    }

    /// Returns the number of remembered places.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns the remembered places, in no particular order.
    #[must_use]
    pub fn iter(&self) -> hash_map::Values<'_, u64, DriftPlace> {
        self.places.values()
    }

    /// Returns the number of sightings at places that were not remembered.
    #[must_use]
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// Returns the number of sightings of the given kind, over all places.
    #[must_use]
    pub fn count(&self, kind: DriftKind) -> u64 {
        self.iter().filter(|place| place.kind == kind).map(|place| place.count).sum()
    }

    /// Adds the sightings of another response.
    pub fn merge(&mut self, other: Self) {
        self.overflow = self.overflow.saturating_add(other.overflow);
        for (key, place) in other.places {
            self.insert(key, place);
        }
    }

    fn insert(&mut self, key: u64, place: DriftPlace) {
        if let Some(known) = self.places.get_mut(&key) {
            known.count = known.count.saturating_add(place.count);
        } else if self.places.len() < MAX_PLACES {
            self.places.insert(key, place);
        } else {
            self.overflow = self.overflow.saturating_add(place.count);
        }
    }

    pub(crate) fn note(
        &mut self,
        kind: DriftKind,
        path: &Path,
        field: Option<&str>,
        sample: impl FnOnce() -> String,
    ) {
        // The key is computed without building the path's text: live responses have dozens of unknown fields in each
        // element of a long list.
        let key = path.key(kind, field);
        if let Some(place) = self.places.get_mut(&key) {
            place.count = place.count.saturating_add(1);
        } else if self.places.len() < MAX_PLACES {
            let path = path.text(field);
            self.places.insert(key, DriftPlace { path, kind, count: 1, sample: shorten(&sample()) });
        } else {
            self.overflow = self.overflow.saturating_add(1);
        }
    }

    /// Adds `count` sightings at one place.
    pub(crate) fn add(&mut self, kind: DriftKind, path: &Path, count: u64) {
        self.note(kind, path, None, String::new);
        if let Some(place) = self.places.get_mut(&path.key(kind, None)) {
            place.count = place.count.saturating_add(count.saturating_sub(1));
        }
    }
}

impl Extend<DriftPlace> for Drift {
    /// Adds the sightings at each place; those of a known place add up.
    fn extend<I: IntoIterator<Item = DriftPlace>>(&mut self, places: I) {
        for place in places {
            self.insert(place.key(), place);
        }
    }
}

impl FromIterator<DriftPlace> for Drift {
    fn from_iter<I: IntoIterator<Item = DriftPlace>>(places: I) -> Self {
        let mut drift = Self::default();
        drift.extend(places);
        drift
    }
}

impl IntoIterator for Drift {
    type Item = DriftPlace;
    type IntoIter = hash_map::IntoValues<u64, DriftPlace>;

    fn into_iter(self) -> Self::IntoIter {
        self.places.into_values()
    }
}

impl<'a> IntoIterator for &'a Drift {
    type Item = &'a DriftPlace;
    type IntoIter = hash_map::Values<'a, u64, DriftPlace>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One step of the path to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Field(&'static str),
    Key(Box<str>),
    Index(usize),
}

/// The path to a value. Each step keeps the hash of the path so far, so that a long name is hashed once and not again
/// for every value below it.
#[derive(Debug, Default)]
pub(crate) struct Path(Vec<(Segment, u64)>);

impl Path {
    pub(crate) fn push(&mut self, step: Segment) {
        let hash = match &step {
            Segment::Field(name) => mix(self.hash(), name.as_bytes()),
            Segment::Key(name) => mix(self.hash(), name.as_bytes()),
            // Positions are folded.
            Segment::Index(_) => mix(self.hash(), b"[]"),
        };
        self.0.push((step, hash));
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    fn hash(&self) -> u64 {
        self.0.last().map_or(0xcbf2_9ce4_8422_2325, |(_, hash)| *hash)
    }

    fn key(&self, kind: DriftKind, field: Option<&str>) -> u64 {
        let hash = field.map_or(self.hash(), |name| mix(self.hash(), name.as_bytes()));
        mix(hash, &[kind as u8])
    }

    fn text(&self, field: Option<&str>) -> String {
        self.write(field, false)
    }

    /// Returns the path with array positions, for errors.
    pub(crate) fn exact(&self) -> String {
        self.write(None, true)
    }

    fn write(&self, field: Option<&str>, exact: bool) -> String {
        let mut text = String::new();
        let name = |text: &mut String, name: &str| {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&shorten(name));
        };
        for (step, _) in &self.0 {
            match step {
                Segment::Field(field) => name(&mut text, field),
                Segment::Key(key) => name(&mut text, key),
                Segment::Index(index) if exact => text.push_str(&format!("[{index}]")),
                Segment::Index(_) => text.push_str("[]"),
            }
        }
        if let Some(field) = field {
            name(&mut text, field);
        }
        if text.is_empty() {
            text.push_str(ROOT);
        }
        text
    }
}

/// Continues an FNV-1a hash.
fn mix(hash: u64, bytes: &[u8]) -> u64 {
    #[cfg(test)]
    testkit::linear::step(bytes.len());
    let hash =
        bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ 0xff).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Returns a bounded text that is safe to print: control, direction and invisible characters are escaped.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_SAMPLE_CHARS).flat_map(printable).collect();
    if text.chars().nth(MAX_SAMPLE_CHARS).is_some() {
        short.push('…');
    }
    short
}

fn printable(character: char) -> Vec<char> {
    if plume_text::is_hidden(character) { character.escape_default().collect() } else { vec![character] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path<const N: usize>(steps: [Segment; N]) -> Path {
        let mut path = Path::default();
        steps.into_iter().for_each(|step| path.push(step));
        path
    }

    #[test]
    fn places_are_bounded_and_further_ones_are_counted() {
        let mut drift = Drift::default();
        for number in 0..MAX_PLACES + 10 {
            drift.note(
                DriftKind::UnknownField,
                &Path::default(),
                Some(&format!("field{number}")),
                String::new,
            );
        }
        assert_eq!(drift.iter().count(), MAX_PLACES);
        assert_eq!(drift.overflow(), 10);
    }

    #[test]
    fn array_positions_fold_into_one_place() {
        let mut drift = Drift::default();
        for index in 0..5 {
            let path = path([Segment::Field("nodes"), Segment::Index(index)]);
            drift.note(DriftKind::UnknownField, &path, Some("fan"), String::new);
        }
        let places: Vec<_> = drift.iter().collect();
        assert_eq!(places.len(), 1);
        assert_eq!((places[0].path.as_str(), places[0].count), ("nodes[].fan", 5));
    }

    #[test]
    fn merging_adds_up() {
        let mut one = Drift::default();
        one.note(DriftKind::WrongType, &path([Segment::Field("a")]), None, || "null".to_owned());
        let mut two = one.clone();
        two.note(DriftKind::UnknownField, &path([Segment::Field("a")]), None, String::new);
        one.merge(two);
        assert_eq!(one.count(DriftKind::WrongType), 2);
        assert_eq!(one.count(DriftKind::UnknownField), 1);
    }

    #[test]
    fn samples_are_escaped_for_a_terminal() {
        assert_eq!(shorten("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(shorten("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(shorten(&"x".repeat(500)).chars().count(), MAX_SAMPLE_CHARS + 1);
    }
}
