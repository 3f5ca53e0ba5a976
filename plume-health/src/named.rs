//! Enums of plain words: one list of words for JSON, `as_str`, `Display` and `FromStr`.

use std::fmt;

/// A word that names no value of an enum. Returned by the `FromStr` of [`Status`](crate::Status),
/// [`Severity`](crate::Severity) and other enums of configuration.
///
/// ```
/// use plume_health::Status;
///
/// assert_eq!("orange".parse::<Status>()?, Status::Orange);
/// let error = "purple".parse::<Status>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown word `purple`: expected one of red, orange, yellow, unknown, green"
/// );
/// # Ok::<(), plume_health::ParseWordError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseWordError {
    word: String,
    expected: &'static [&'static str],
}

impl ParseWordError {
    /// Returns an error about this word. Not part of the API; see [`named`].
    #[doc(hidden)]
    #[must_use]
    pub fn new(word: &str, expected: &'static [&'static str]) -> Self {
        Self { word: word.to_owned(), expected }
    }

    /// Returns the word.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }
}

impl fmt::Display for ParseWordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = plume_text::on_screen(&self.word);
        write!(f, "unknown word `{word}`: expected one of {}", self.expected.join(", "))
    }
}

impl std::error::Error for ParseWordError {}

/// Gives an enum of unit variants the words of its JSON form. Not part of the API; `plume-monitor` uses it too.
///
/// Adds `as_str`, `Display`, `FromStr`, `Serialize` and `Deserialize`.
#[doc(hidden)]
#[macro_export]
macro_rules! __named {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// All values, in the order of the list.
            pub(crate) const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// Returns the word used in JSON and configuration.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::named::ParseWordError;

            /// Parses the word used in JSON and configuration, in exactly this case.
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.into_iter().find(|value| value.as_str() == word);
                known.ok_or_else(|| $crate::named::ParseWordError::new(word, &[$($word),+]))
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                let known = Self::ALL.into_iter().find(|value| value.as_str() == word);
                known.ok_or_else(|| ::serde::de::Error::unknown_variant(&word, &[$($word),+]))
            }
        }
    };
}

/// A word of a newer version of this crate, as a stored report has it.
///
/// It has no constructor: a word that this version knows is never an `OtherWord`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherWord(Box<str>);

impl OtherWord {
    pub(crate) fn new(word: &str) -> Self {
        Self(word.into())
    }

    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtherWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Like [`__named`], for an enum that newer versions extend: its variant `Other` keeps any other word.
macro_rules! open_named {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Returns the word used in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Other(word) => word.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )+
                    other => Self::Other($crate::named::OtherWord::new(other)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&plume_text::on_screen(self.as_str()))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(deserializer).map(|word| Self::from(&*word))
            }
        }
    };
}
pub(crate) use __named as named;
pub(crate) use open_named;
