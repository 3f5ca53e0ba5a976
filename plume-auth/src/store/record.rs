//! The contents of a store: tokens and rejections.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use plume_runtime::time;
use plume_seal::Reader;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::store::key::Fingerprint;
use crate::token::IssuedToken;

/// A token obtained further in the future than this was written under another clock and is ignored.
const FUTURE: Duration = Duration::from_secs(5 * 60);
/// Maximum age of a stored token.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The number of rejected tokens in an entry. Tokens live for minutes, so the oldest have expired long before.
const REJECTED: usize = 16;

/// A token with the times of its request and its expiry, both absolute, because a lifetime alone would be meaningless on a
/// disk.
#[derive(Clone)]
pub struct StoredToken {
    token: SecretString,
    obtained: DateTime<Utc>,
    expires: DateTime<Utc>,
    scope: Option<String>,
}

impl StoredToken {
    /// Creates a record of a token that was requested at `obtained`. It expires after its lifetime, and after 24 h at the
    /// latest.
    #[must_use]
    pub fn new(issued: &IssuedToken, obtained: DateTime<Utc>) -> Self {
        let expires = time::after(obtained, issued.lifetime.min(LONGEST));
        Self { token: SecretString::from(issued.expose()), obtained, expires, scope: issued.scope.clone() }
    }

    /// Returns the time of the request.
    #[must_use]
    pub fn obtained_at(&self) -> DateTime<Utc> {
        self.obtained
    }

    /// Returns the time of the expiry.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires
    }

    /// Returns the scope that was granted, if the endpoint reported it.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Returns the fingerprint of the token.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.token)
    }

    /// Returns the token itself. Review every use of this method.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        self.token.expose_secret()
    }

    /// Returns the token as if it had just been issued, if it is usable at `now`: obtained in the past (or at most five
    /// minutes ahead), and not yet in the time in which a cache refreshes.
    #[must_use]
    pub fn fresh(&self, now: DateTime<Utc>) -> Option<IssuedToken> {
        let length = time::between(self.obtained, self.expires).min(LONGEST);
        let ahead = time::between(now, self.obtained);
        if ahead > FUTURE {
            return None;
        }
        // A clock that was set back must not extend the lifetime of the token.
        let left = time::between(now, self.expires).min(length);
        let refreshed = (length / 10).max(Duration::from_secs(30)).min(length / 2);
        if left <= refreshed {
            return None;
        }
        Some(IssuedToken::new(self.expose_token(), left)?.with_scope(self.scope.clone()))
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredToken")
            .field("obtained", &self.obtained)
            .field("expires", &self.expires)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// One entry of a store: a token, and the tokens that must not be used again.
///
/// It contains the rejected ones because the endpoint may issue the same token again, and because other processes have to
/// learn of the rejection.
#[derive(Debug, Clone, Default)]
pub struct StoredRecord {
    token: Option<StoredToken>,
    rejected: Vec<Fingerprint>,
}

impl StoredRecord {
    /// Sets the token, unless it was rejected.
    #[must_use]
    pub fn with_token(mut self, token: StoredToken) -> Self {
        self.token = (!self.is_rejected(token.fingerprint())).then_some(token);
        self
    }

    /// Adds a rejected token, and removes it if it is the stored one.
    #[must_use]
    pub fn rejecting(mut self, token: Fingerprint) -> Self {
        self.token.take_if(|kept| kept.fingerprint() == token);
        if !self.is_rejected(token) {
            let excess = (self.rejected.len() + 1).saturating_sub(REJECTED);
            self.rejected.drain(..excess);
            self.rejected.push(token);
        }
        self
    }

    /// Returns the token, if there is one.
    #[must_use]
    pub fn token(&self) -> Option<&StoredToken> {
        self.token.as_ref()
    }

    /// Returns the rejected tokens, oldest first.
    #[must_use]
    pub fn rejected(&self) -> &[Fingerprint] {
        &self.rejected
    }

    /// Returns whether a token was rejected.
    #[must_use]
    pub fn is_rejected(&self, token: Fingerprint) -> bool {
        self.rejected.contains(&token)
    }

    /// Encodes the record in version 1: token (flag, obtained, expires, scope, text), rejected tokens. Numbers are
    /// big-endian, times are milliseconds of the Unix epoch, texts have a length prefix.
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let token = self.token.as_ref();
        let scope = token.and_then(|token| token.scope.as_deref());
        let text = token.map_or("", StoredToken::expose_token);
        // All at once: a buffer that grows leaves copies of the token in memory.
        let size = 64 + scope.map_or(0, str::len) + text.len() + self.rejected.len() * Fingerprint::BYTES;
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        bytes.push(token.is_some().into());
        if let Some(token) = token {
            bytes.extend_from_slice(&millis(token.obtained).to_be_bytes());
            bytes.extend_from_slice(&millis(token.expires).to_be_bytes());
            bytes.push(scope.is_some().into());
            if let Some(scope) = scope {
                put_text(&mut bytes, scope);
            }
            put_text(&mut bytes, text);
        }
        bytes.push(u8::try_from(self.rejected.len()).unwrap_or(u8::MAX));
        for rejected in &self.rejected {
            bytes.extend_from_slice(rejected.as_bytes());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        Self::read(&mut reader).filter(|_| reader.rest().is_empty())
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let token = match reader.flag()? {
            false => None,
            true => {
                let (obtained, expires) = (read_time(reader)?, read_time(reader)?);
                let scope = if reader.flag()? { Some(reader.text()?.to_owned()) } else { None };
                // The same rules as for a token that was just issued.
                let issued = IssuedToken::new(reader.text()?, Duration::ZERO)?;
                let token = SecretString::from(issued.expose());
                Some(StoredToken { token, obtained, expires, scope })
            }
        };
        let [count] = reader.array()?;
        let rejected = (0..count)
            .map(|_| reader.array().map(Fingerprint::from_bytes))
            .collect::<Option<Vec<_>>>()
            .filter(|rejected| rejected.len() <= REJECTED)?;
        Some(Self { token, rejected })
    }
}

fn millis(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp_millis()).unwrap_or(0)
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Tokens have at most 16 KiB, and scopes arrive in responses of at most 64 KiB.
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn read_time(reader: &mut Reader<'_>) -> Option<DateTime<Utc>> {
    Some(time::after(DateTime::UNIX_EPOCH, Duration::from_millis(reader.number()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    fn token(text: &str, lifetime: u64) -> StoredToken {
        let issued = IssuedToken::new(text, Duration::from_secs(lifetime)).unwrap();
        StoredToken::new(&issued.with_scope(Some("a b".to_owned())), at(0))
    }

    #[test]
    fn record_round_trips() {
        let record = (0..20)
            .map(|number| Fingerprint::of_text(&format!("old-{number}")))
            .fold(StoredRecord::default(), StoredRecord::rejecting)
            .with_token(token("not.a.token", 600));
        assert_eq!(record.rejected().len(), REJECTED);
        let read = StoredRecord::decode(&record.encode()).unwrap();
        assert_eq!(read.rejected(), record.rejected());
        let read = read.token().unwrap();
        assert_eq!(read.expose_token(), "not.a.token");
        assert_eq!((read.obtained_at(), read.expires_at()), (at(0), at(600)));
        assert_eq!(read.scope.as_deref(), Some("a b"));
    }

    #[test]
    fn no_prefix_and_no_addition_is_a_record() {
        let bytes = StoredRecord::default().with_token(token("not.a.token", 600)).encode();
        for length in 0..bytes.len() {
            assert!(StoredRecord::decode(&bytes[..length]).is_none(), "{length} bytes");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert!(StoredRecord::decode(&longer).is_none());
    }

    #[test]
    fn stored_token_has_its_remaining_lifetime() {
        let token = token("not.a.token", 600);
        let left = |seconds| token.fresh(at(seconds)).map(|issued| issued.lifetime.as_secs());
        assert_eq!(left(0), Some(600));
        assert_eq!(left(100), Some(500));
        assert_eq!(left(539), Some(61));
        assert_eq!(left(540), None, "a cache would refresh it at once");
        assert_eq!(left(601), None);
        assert_eq!(token.fresh(at(100)).unwrap().scope.as_deref(), Some("a b"));
    }

    #[test]
    fn token_from_the_future_is_dropped_and_not_extended() {
        let token = token("not.a.token", 600);
        let before = |seconds| at(0) - Duration::from_secs(seconds);
        assert_eq!(token.fresh(before(300)).unwrap().lifetime.as_secs(), 600);
        assert!(token.fresh(before(301)).is_none());
    }

    #[test]
    fn no_token_is_trusted_for_longer_than_a_day() {
        assert_eq!(token("not.a.token", u64::MAX).expires_at(), at(24 * 60 * 60));
    }

    #[test]
    fn rejected_token_is_removed_for_good() {
        let kept = token("not.a.token", 600);
        let record = StoredRecord::default().with_token(kept.clone()).rejecting(kept.fingerprint());
        assert!(record.token().is_none());
        assert!(record.with_token(kept).token().is_none());
    }

    #[test]
    fn debug_is_redacted() {
        let record = StoredRecord::default().with_token(token("canary", 600));
        assert!(!format!("{record:?}").contains("canary"));
    }
}
