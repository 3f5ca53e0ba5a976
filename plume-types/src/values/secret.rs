//! Secrets in the API's bodies.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::decode::{Context, FromScalar, Scalar, is_whole};
use crate::field::Field;
use crate::macros::{decode_from_scalar, deserialize_by_decode};

/// A passphrase or key in a response of the API.
///
/// `Debug` and serialization give `[redacted]`, and `Display` is not implemented: only [`Secret::expose`] returns the
/// value. A model that was serialized and read back therefore holds the text `[redacted]`.
///
/// ```
/// use plume_types::Secret;
///
/// let key = Secret::from("not-a-real-key");
/// assert_eq!(format!("{key:?}"), "[redacted]");
/// assert_eq!(key.expose(), "not-a-real-key");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The text that is shown instead of a secret.
const REDACTED: &str = "[redacted]";

impl Secret {
    /// Returns the secret. Check every call of this method in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl FromScalar for Secret {
    const EXPECTED: &'static str = "text";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        // An incomplete passphrase is useless; an empty one is that of an open network.
        Field::or_unreadable(scalar.text().filter(|text| text.is_empty() || is_whole(text)).map(Self))
    }
}
decode_from_scalar!(Secret);

deserialize_by_decode!(Secret);
