//! Random secrets of sessions and tokens. Only their hash is stored.

use std::fmt;

use sha2::{Digest, Sha256};

/// A secret that a browser or a program shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(String);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Shown {
    /// Returns a new secret of 256 bits; `None` without a source of random numbers.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(hex(&bytes)))
    }

    /// Takes a secret from a request; `None` for a text of another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| Self(text.to_owned()))
    }

    /// Returns the secret, for its one owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the hash for the store.
    #[must_use]
    pub fn id(&self) -> String {
        self.derive("id")
    }

    /// Returns a text for another purpose, which does not reveal the secret.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> String {
        hex(&Sha256::digest(format!("plume-server {purpose} {}", self.0)))
    }
}

/// Returns bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns whether two texts are equal. The time does not depend on the place of a difference.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |sum, (one, other)| sum | (one ^ other));
    !one.is_empty() && one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_random_and_its_derived_texts_differ() {
        let (one, other) = (Shown::random().unwrap(), Shown::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(Shown::parse(one.expose()), Some(one.clone()));
        assert_ne!(one.id(), one.derive("form"));
        assert_ne!(one.id(), other.id());
        assert!(!one.id().contains(one.expose()));
        assert_eq!(format!("{one:?}"), "[redacted]");
        for text in ["", "ab", "../../etc", &"g".repeat(64), &"a".repeat(65)] {
            assert_eq!(Shown::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_equal_texts_are_the_same() {
        assert!(same("ab", "ab"));
        for (one, other) in [("", ""), ("ab", "a"), ("a", "ab"), ("ab", "aB")] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
