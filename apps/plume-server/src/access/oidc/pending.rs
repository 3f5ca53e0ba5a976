//! A sign-in that has begun: its random values, in a signed cookie of the browser that began it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::access::secret::{Shown, hex, same};

/// Maximum time at the provider.
const TIME: TimeDelta = TimeDelta::minutes(10);

/// A sign-in that has begun.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The value that the response has to repeat.
    pub state: String,
    /// The value that the ID token has to contain.
    pub nonce: String,
    /// The secret behind the challenge of PKCE.
    pub verifier: String,
    /// The path to continue with.
    pub next: String,
    /// The time of the begin.
    pub began: DateTime<Utc>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("began", &self.began).finish_non_exhaustive()
    }
}

/// The reason why a response belongs to no sign-in of this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PendingProblem {
    /// The browser has begun no sign-in, or the cookie is not from this server.
    Missing,
    /// The response is about another sign-in.
    Other,
    /// It took too long.
    Late,
}

impl Pending {
    /// Begins a sign-in; `None` without a source of random numbers.
    #[must_use]
    pub fn begin(next: &str, now: DateTime<Utc>) -> Option<Self> {
        let random = || Shown::random().map(|shown| shown.expose().to_owned());
        Some(Self {
            state: random()?,
            nonce: random()?,
            verifier: random()?,
            next: next.to_owned(),
            began: now,
        })
    }

    /// Returns the challenge of PKCE for the verifier (S256).
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }

    /// Returns the value of the cookie.
    #[must_use]
    pub fn sign(&self, key: &Shown) -> String {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let code = code(&body, key);
        format!("{body}.{code}")
    }

    /// Reads the cookie for a response with `state`.
    ///
    /// # Errors
    ///
    /// [`PendingProblem`].
    pub fn read(
        cookie: Option<&str>,
        key: &Shown,
        state: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, PendingProblem> {
        let (body, given) =
            cookie.and_then(|cookie| cookie.split_once('.')).ok_or(PendingProblem::Missing)?;
        if !same(&code(body, key), given) {
            return Err(PendingProblem::Missing);
        }
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| PendingProblem::Missing)?;
        let pending: Self = serde_json::from_slice(&bytes).map_err(|_| PendingProblem::Missing)?;
        if !same(&pending.state, state) {
            return Err(PendingProblem::Other);
        }
        let age = now.signed_duration_since(pending.began);
        if age > TIME || age < -TIME {
            return Err(PendingProblem::Late);
        }
        Ok(pending)
    }
}

fn code(body: &str, key: &Shown) -> String {
    // HMAC takes a key of any length, so there is no error.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key.derive("pending").as_bytes()) else {
        return String::new();
    };
    hmac.update(body.as_bytes());
    hex(&hmac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_that_began_continues_and_only_in_time() {
        let (key, other) = (Shown::random().unwrap(), Shown::random().unwrap());
        let now = DateTime::UNIX_EPOCH;
        let begun = Pending::begin("/homes", now).unwrap();
        let second = Pending::begin("/homes", now).unwrap();
        assert!(begun.state != second.state && begun.nonce != second.nonce && begun.verifier != begun.nonce);
        let cookie = begun.sign(&key);
        let read = |cookie: Option<&str>, key: &Shown, state: &str, seconds: i64| {
            Pending::read(cookie, key, state, now + TimeDelta::seconds(seconds))
        };
        assert_eq!(read(Some(&cookie), &key, &begun.state, 599), Ok(begun.clone()));
        assert_eq!(read(Some(&cookie), &key, &begun.state, 601), Err(PendingProblem::Late));
        for state in [&second.state, "", "constant"] {
            assert_eq!(read(Some(&cookie), &key, state, 1), Err(PendingProblem::Other));
        }
        let swapped =
            format!("{}.{}", second.sign(&key).split('.').next().unwrap(), cookie.split('.').nth(1).unwrap());
        for cookie in [None, Some(""), Some("."), Some(&cookie[1..]), Some(swapped.as_str())] {
            assert_eq!(read(cookie, &key, &begun.state, 1), Err(PendingProblem::Missing), "{cookie:?}");
        }
        assert_eq!(read(Some(&cookie), &other, &begun.state, 1), Err(PendingProblem::Missing));
        assert!(!format!("{begun:?}").contains(&begun.verifier));
    }
}
