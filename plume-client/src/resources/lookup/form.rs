//! The form of a key, and the searches of the API that fit it.

use std::fmt;

use plume_types::MacAddress;

use crate::resources::customers::SearchEntity;

/// The form of a key that a person gives: it decides which searches fit.
///
/// ```
/// use plume_client::KeyForm;
///
/// assert_eq!(KeyForm::of("02-00-00-00-10-01"), KeyForm::Mac);
/// assert_eq!(KeyForm::of("jo@example.net"), KeyForm::Email);
/// assert_eq!(KeyForm::of("TST0000001"), KeyForm::Key);
/// assert_eq!(KeyForm::of("Living Room"), KeyForm::Name);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyForm {
    /// An id of the cloud: 24 hexadecimal digits.
    Id,
    /// A MAC address: 12 hexadecimal digits in any notation.
    Mac,
    /// An e-mail address.
    Email,
    /// One word with a digit: a serial number, an account, a service id, or a name.
    Key,
    /// Any other text: a name or an account.
    Name,
}

impl KeyForm {
    /// Returns the form of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/".contains(c));
        match text {
            text if text.contains('@') => Self::Email,
            text if text.len() == 24 && is_hex(text) => Self::Id,
            text if MacAddress::from(text).key().is_ok() => Self::Mac,
            text if is_word && text.chars().any(|c| c.is_ascii_digit()) => Self::Key,
            _ => Self::Name,
        }
    }

    /// Returns whether nodes and devices can have such a key.
    #[must_use]
    pub fn fits_devices(self) -> bool {
        matches!(self, Self::Mac | Self::Key | Self::Name)
    }

    /// The kinds of keys that the API searches in one call, and the name of this search.
    pub(super) fn entities(self) -> (&'static [SearchEntity], &'static str) {
        use SearchEntity::{AccountId, CustomerId, Email, LocationId, Name, NodeId, ServiceId};
        match self {
            Self::Id => (
                &[CustomerId, LocationId, AccountId, ServiceId],
                "customers by id, location id, account and service id",
            ),
            Self::Mac => (&[NodeId, AccountId, ServiceId], "customers by node, account and service id"),
            Self::Email => (&[Email], "customers by e-mail address"),
            Self::Key => {
                (&[NodeId, AccountId, ServiceId, Name], "customers by node, account, service id and name")
            }
            Self::Name => (&[Name, AccountId, ServiceId], "customers by name, account and service id"),
        }
    }
}

/// The form in words, with an article.
impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "an id",
            Self::Mac => "a MAC address",
            Self::Email => "an e-mail address",
            Self::Key => "a serial number, account, service id or name",
            Self::Name => "a name or account",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_recognized_by_its_form() {
        for (text, form) in [
            ("5f0000000000000000000001", KeyForm::Id),
            ("02:00:00:00:10:01", KeyForm::Mac),
            ("02-00-00-00-10-01", KeyForm::Mac),
            ("0200.0000.1001", KeyForm::Mac),
            ("020000001001", KeyForm::Mac),
            (" 020000001001 ", KeyForm::Mac),
            ("jo@example.net", KeyForm::Email),
            ("TST0000001", KeyForm::Key),
            ("ACCT-000123", KeyForm::Key),
            ("Sample Customer 7", KeyForm::Name),
            ("Müller2", KeyForm::Name),
            ("5f00000000000000000000zz", KeyForm::Key),
            ("", KeyForm::Name),
        ] {
            assert_eq!(KeyForm::of(text), form, "{text}");
        }
    }
}
