//! Secrets of the configuration.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A secret, read from a file or a variable.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub(super) fn new(text: SecretString) -> Self {
        Self(text)
    }

    /// Returns the secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
