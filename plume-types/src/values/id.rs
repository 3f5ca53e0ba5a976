//! Typed ids: the compiler rejects a customer's id in place of a location's.

use std::{borrow::Borrow, fmt, hash::Hash, str::FromStr};

use crate::decode::{Context, FromScalar, Scalar, is_whole};
use crate::field::Field;
use crate::macros::{decode_from_scalar, equals_text, from_text, shown_as_text, text_serde};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Returns the id as the API writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn is(&self, text: &str) -> bool {
                self.0 == text
            }
        }

        shown_as_text!($name);
        equals_text!($name: str, &str, String);

        // The derived `Eq`, `Ord` and `Hash` are those of the text.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromScalar for $name {
            const EXPECTED: &'static str = "an id";

            fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
                let is_id = |text: &String| is_whole(text) && !text.trim().is_empty();
                Field::or_unreadable(scalar.text().filter(is_id).map(Self))
            }
        }
        decode_from_scalar!($name);
        text_serde!($name);
    };
}

id! {
    /// A customer's id: 24 hexadecimal digits.
    ///
    /// An id converts from and into text, compares with text, and is looked up by text in maps. Any text is accepted, so
    /// `parse` never fails; the API rejects an unknown id. Only a [`PartnerId`] is checked.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use plume_types::CustomerId;
    ///
    /// let id = CustomerId::from("5f0000000000000000000001");
    /// assert_eq!(id, "5f0000000000000000000001");
    /// assert_eq!("5f0000000000000000000001".parse(), Ok(id.clone()));
    ///
    /// let names = HashMap::from([(id, "Sample Customer")]);
    /// assert_eq!(names.get("5f0000000000000000000001"), Some(&"Sample Customer"));
    /// ```
    CustomerId
}
id! {
    /// A location's id: 24 hexadecimal digits. Any text is accepted, as for a [`CustomerId`].
    LocationId
}
id! {
    /// A node's id, which is its serial number. Any text is accepted, as for a [`CustomerId`].
    NodeId
}
id! {
    /// A group's id: 24 hexadecimal digits. A [`PartnerId`] converts into one, because the API accepts it as a group.
    ///
    /// ```
    /// use plume_types::{GroupId, PartnerId};
    ///
    /// let partner: PartnerId = "5e00000000000000000000aa".parse()?;
    /// assert_eq!(GroupId::from(&partner), "5e00000000000000000000aa");
    /// # Ok::<(), plume_types::InvalidPartnerId>(())
    /// ```
    GroupId
}
id! {
    /// The internet provider's contract key of a location.
    ServiceId
}
id! {
    /// The internet provider's own key of a customer.
    AccountId
}
id! {
    /// The opaque id of a device in the gateway group of the API.
    DeviceId
}
id! {
    /// A partner's id: usually 24 hexadecimal digits, rarely a short name.
    ///
    /// [`PartnerId::parse`] and `FromStr` accept an id as copied from the Plume Portal, [`PartnerId::slug`] a short
    /// name.
    PartnerId
}
from_text!(CustomerId, LocationId, NodeId, GroupId, ServiceId, AccountId, DeviceId);

impl From<&PartnerId> for GroupId {
    fn from(partner: &PartnerId) -> Self {
        Self(partner.0.clone())
    }
}

impl From<PartnerId> for GroupId {
    fn from(partner: PartnerId) -> Self {
        Self(partner.0)
    }
}

/// Minimum length of the text that [`PartnerId::parse`] accepts.
const PARTNER_ID_LENGTH: usize = 20;
/// Maximum length of an id or a short name.
const PARTNER_ID_MAX: usize = 64;

impl PartnerId {
    /// Parses an id as copied from the Plume Portal. Blanks around it are ignored.
    ///
    /// # Errors
    ///
    /// [`InvalidPartnerId`] if the text is empty, is shorter than 20 characters, which nearly always means that it
    /// was not copied whole, is longer than 64, or has other characters than ASCII letters, digits, `-`, `_` and `.`.
    ///
    /// ```
    /// use plume_types::PartnerId;
    ///
    /// assert!(PartnerId::parse("5e00000000000000000000aa").is_ok());
    /// assert!(PartnerId::parse("5e000000").is_err());
    /// ```
    pub fn parse(id: &str) -> Result<Self, InvalidPartnerId> {
        let id = Self::slug(id)?;
        if id.0.len() < PARTNER_ID_LENGTH {
            return Err(InvalidPartnerId::TooShort { length: id.0.len() });
        }
        Ok(id)
    }

    /// Parses the short name that some partners have instead of a 24-digit id. Blanks around it are ignored.
    ///
    /// # Errors
    ///
    /// [`InvalidPartnerId`] if the text is empty, is longer than 64 characters, or has other characters than ASCII
    /// letters, digits, `-`, `_` and `.`.
    pub fn slug(name: &str) -> Result<Self, InvalidPartnerId> {
        let name = name.trim();
        if name.is_empty() {
            return Err(InvalidPartnerId::Empty);
        }
        // A space would add a second scope to the token request.
        if !name.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character)) {
            return Err(InvalidPartnerId::Character);
        }
        if name.len() > PARTNER_ID_MAX {
            return Err(InvalidPartnerId::TooLong { length: name.len() });
        }
        Ok(Self(name.to_owned()))
    }
}

impl FromStr for PartnerId {
    type Err = InvalidPartnerId;

    /// Parses an id as [`PartnerId::parse`] does.
    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::parse(id)
    }
}

impl From<&Self> for PartnerId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

/// The reason why a text is not a [`PartnerId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidPartnerId {
    /// The text is empty.
    Empty,
    /// The text is too short for an id.
    TooShort {
        /// Its length in characters.
        length: usize,
    },
    /// The text is too long for an id.
    TooLong {
        /// Its length in characters.
        length: usize,
    },
    /// The text has a character that no id has.
    Character,
}

impl InvalidPartnerId {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty => "copy the partner id from the Plume Portal",
            Self::TooShort { .. } => "copy the whole partner id from the Plume Portal",
            Self::TooLong { .. } | Self::Character => {
                "copy the partner id, and nothing else, from the Plume Portal"
            }
        }
    }
}

impl fmt::Display for InvalidPartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the partner id is empty"),
            Self::TooShort { length } => {
                write!(
                    f,
                    "the partner id is too short: {length} characters, at least {PARTNER_ID_LENGTH} expected"
                )
            }
            Self::TooLong { length } => {
                write!(
                    f,
                    "the partner id is too long: {length} characters, at most {PARTNER_ID_MAX} expected"
                )
            }
            Self::Character => {
                f.write_str("the partner id has a character other than letters, digits, `-`, `_` and `.`")
            }
        }
    }
}

impl std::error::Error for InvalidPartnerId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partner_ids_are_checked_at_the_edge() {
        assert!(PartnerId::parse(&"a".repeat(20)).is_ok());
        assert_eq!(PartnerId::parse(&"a".repeat(19)), Err(InvalidPartnerId::TooShort { length: 19 }));
        assert!(PartnerId::slug(&"a".repeat(64)).is_ok());
        assert_eq!(PartnerId::parse(&"a".repeat(300)), Err(InvalidPartnerId::TooLong { length: 300 }));
        assert_eq!(PartnerId::slug(&"a".repeat(65)), Err(InvalidPartnerId::TooLong { length: 65 }));
        // A wrong character is reported before the length.
        assert_eq!(PartnerId::parse(&"a!".repeat(300)), Err(InvalidPartnerId::Character));
        assert_eq!(PartnerId::slug(" example-isp\n").map(|id| id.to_string()), Ok("example-isp".to_owned()));
        assert_eq!(PartnerId::slug("a role:admin"), Err(InvalidPartnerId::Character));
        assert_eq!(PartnerId::slug(" "), Err(InvalidPartnerId::Empty));
    }
}
