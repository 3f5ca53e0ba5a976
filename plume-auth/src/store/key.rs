//! The keys of stored tokens, and the fingerprints of tokens.

use std::fmt;

use plume_seal::{RecordName, hash};
use secrecy::ExposeSecret;

use crate::credential::{Credential, Scope};
use crate::settings::SecureUrl;

/// Identifies one entry of a store: tenant, endpoint, credential and scope.
///
/// Two settings that differ in any of them never share an entry. Only a one-way hash of the credential is used, so that
/// neither a file name nor a record reveals it; after a rotation of the secret the entry is another one. The order of the
/// words of a scope does not matter.
///
/// ```
/// use plume_auth::{Credential, Scope, SecureUrl, store::StoreKey};
///
/// let url = SecureUrl::parse("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token")?;
/// let credential = Credential::from_client("0oaEXAMPLE", "not-a-real-secret");
/// let one = StoreKey::new("chat-1", &url, &credential, &Scope::raw("a b"));
/// assert_eq!(one, StoreKey::new("chat-1", &url, &credential, &Scope::raw("b a a")));
/// assert_ne!(one, StoreKey::new("chat-2", &url, &credential, &Scope::raw("a b")));
/// # Ok::<(), plume_auth::InvalidUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoreKey(RecordName);

impl StoreKey {
    /// Returns the key of the tokens that `credential` gets from `endpoint` for `scope` and `tenant`.
    ///
    /// A program with one credential may use any constant text as the tenant.
    #[must_use]
    pub fn new(tenant: &str, endpoint: &SecureUrl, credential: &Credential, scope: &Scope) -> Self {
        Self::from_parts(tenant, endpoint.as_str(), &credential.digest(), scope.as_str())
    }

    /// Returns the key for a source of your own. `identity` identifies the account and its secret, best as a fingerprint of
    /// both: it is hashed, but a short or guessable secret can be guessed from its hash.
    #[must_use]
    pub fn from_parts(tenant: &str, endpoint: &str, identity: &[u8], scope: &str) -> Self {
        let mut words: Vec<&str> = scope.split_whitespace().collect();
        words.sort_unstable();
        words.dedup();
        let scope = words.join(" ");
        let parts = [tenant.as_bytes(), endpoint.as_bytes(), identity, scope.as_bytes()];
        Self(RecordName::new(tenant, "plume-auth store key 1", &parts))
    }

    /// Returns the tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        self.0.tenant()
    }

    pub(crate) fn name(&self) -> &RecordName {
        &self.0
    }
}

impl fmt::Debug for StoreKey {
    /// Shows only the start of the hash, because a tenant may be a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0.id();
        f.debug_tuple("StoreKey").field(&format_args!("{a:02x}{b:02x}{c:02x}{d:02x}")).finish()
    }
}

impl Credential {
    /// Returns a digest of the id and secret, which does not reveal them.
    fn digest(&self) -> [u8; 32] {
        let header = self.header_value();
        hash(
            "plume-auth credential 1",
            &[header.as_ref().map(http::HeaderValue::as_bytes).unwrap_or_default()],
        )
    }
}

/// Identifies a token without revealing it, so that a rejected one can be remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; Self::BYTES]);

impl Fingerprint {
    pub(crate) const BYTES: usize = 16;

    /// Returns the fingerprint of a token.
    #[must_use]
    pub fn of(token: &secrecy::SecretString) -> Self {
        Self::of_text(token.expose_secret())
    }

    pub(crate) fn of_text(token: &str) -> Self {
        let digest = hash("plume-auth token 1", &[token.as_bytes()]);
        let mut short = [0; Self::BYTES];
        for (to, from) in short.iter_mut().zip(digest) {
            *to = from;
        }
        Self(short)
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        f.debug_tuple("Fingerprint").field(&format_args!("{a:02x}{b:02x}{c:02x}{d:02x}")).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_makes_another_entry() {
        let base = ["tenant", "https://sso.example.net/token", "0oaEXAMPLE", "scope"];
        let key = |parts: [&str; 4]| StoreKey::from_parts(parts[0], parts[1], parts[2].as_bytes(), parts[3]);
        for at in 0..4 {
            let mut other = base;
            other[at] = "other";
            assert_ne!(key(base), key(other), "part {at}");
        }
        // The order of the words of a scope does not.
        let scope = |words| StoreKey::from_parts("", "", b"", words);
        assert_eq!(scope("a b"), scope(" b  a b"));
        // The border between two parts counts.
        assert_ne!(
            StoreKey::from_parts("ab", "c", b"", "").name().id(),
            StoreKey::from_parts("a", "bc", b"", "").name().id()
        );
    }

    #[test]
    fn secret_changes_the_entry_key_and_is_not_in_it() {
        let url = SecureUrl::parse("https://sso.example.net/token").unwrap();
        let key = |secret| {
            StoreKey::new("tenant", &url, &Credential::from_client("0oaEXAMPLE", secret), &Scope::raw("a"))
        };
        assert_ne!(key("not-a-real-secret"), key("not-a-real-secret-2"));
        assert!(!format!("{:?}", key("not-a-real-secret")).contains("tenant"));
    }
}
