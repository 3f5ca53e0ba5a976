//! Whose token it is, and which token it is.

use std::fmt;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::credential::{Credential, Scope};
use crate::settings::SecureUrl;

/// Names one entry of a store: tenant, endpoint, credential and scope.
///
/// Two settings that differ in any of them never share an entry. The credential goes in by a one-way hash
/// only, so that neither a file name nor a record tells it; after a rotation of the secret the entry is
/// another one. The order of the words of a scope does not matter.
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
pub struct StoreKey {
    tenant: String,
    id: [u8; 32],
}

impl StoreKey {
    /// The entry of `tenant` for the tokens that `credential` gets from `endpoint` for `scope`.
    ///
    /// A program with one credential may give any constant text as the tenant.
    #[must_use]
    pub fn new(tenant: &str, endpoint: &SecureUrl, credential: &Credential, scope: &Scope) -> Self {
        Self::from_parts(tenant, endpoint.as_str(), &credential.digest(), scope.as_str())
    }

    /// The same for a source of one's own. `identity` is whatever names the account and its secret, best a
    /// fingerprint of both: it is hashed, but a short or guessable secret can be guessed from its hash.
    #[must_use]
    pub fn from_parts(tenant: &str, endpoint: &str, identity: &[u8], scope: &str) -> Self {
        let mut words: Vec<&str> = scope.split_whitespace().collect();
        words.sort_unstable();
        words.dedup();
        let scope = words.join(" ");
        let id = hash(
            "plume-auth store key 1",
            &[tenant.as_bytes(), endpoint.as_bytes(), identity, scope.as_bytes()],
        );
        Self { tenant: tenant.to_owned(), id }
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(crate) fn id(&self) -> &[u8; 32] {
        &self.id
    }
}

impl fmt::Debug for StoreKey {
    /// A tenant may be a person: only the start of the hash is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = to_hex(&self.id).chars().take(8).collect();
        f.debug_tuple("StoreKey").field(&short).finish()
    }
}

impl Credential {
    /// Names the id and secret without telling them.
    fn digest(&self) -> [u8; 32] {
        let header = self.header_value();
        hash(
            "plume-auth credential 1",
            &[header.as_ref().map(http::HeaderValue::as_bytes).unwrap_or_default()],
        )
    }
}

/// Names one token without telling it, so that a rejected one can be remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; Self::BYTES]);

impl Fingerprint {
    pub(crate) const BYTES: usize = 16;

    /// The fingerprint of a token.
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
        let short: String = to_hex(&self.0).chars().take(8).collect();
        f.debug_tuple("Fingerprint").field(&short).finish()
    }
}

/// SHA-256 over parts whose lengths go in as well, so that no two lists of parts look the same.
pub(crate) fn hash(purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [purpose.as_bytes()].iter().chain(parts) {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut digits = text.chars().map(|digit| digit.to_digit(16).filter(|_| !digit.is_ascii_uppercase()));
    let mut id = [0; 32];
    for byte in &mut id {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    digits.next().is_none().then_some(id)
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
            StoreKey::from_parts("ab", "c", b"", "").id(),
            StoreKey::from_parts("a", "bc", b"", "").id()
        );
    }

    #[test]
    fn a_secret_makes_another_entry_and_stands_in_none() {
        let url = SecureUrl::parse("https://sso.example.net/token").unwrap();
        let key = |secret| {
            StoreKey::new("tenant", &url, &Credential::from_client("0oaEXAMPLE", secret), &Scope::raw("a"))
        };
        assert_ne!(key("not-a-real-secret"), key("not-a-real-secret-2"));
        assert!(!format!("{:?}", key("not-a-real-secret")).contains("tenant"));
    }

    #[test]
    fn hex_goes_both_ways_and_has_one_form() {
        let id = hash("test", &[]);
        assert_eq!(from_hex(&to_hex(&id)), Some(id));
        assert_eq!(from_hex(&to_hex(&id).to_uppercase()), None);
        assert_eq!(from_hex(&format!("{}0", to_hex(&id))), None);
        assert_eq!(from_hex("0"), None);
    }
}
