//! Fingerprints of tokens and credentials, which reveal neither.
//!
//! **A rejected token is identified by a fingerprint of its text.** So a late rejection of an older token does not affect
//! the newer one, and a token that is issued again after its rejection is recognised. Each rejection can cost a fetch, so
//! a caller that reports one must have evidence against the token; a 401 alone is none.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

/// A keyed hash of a secret, which is useless outside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(secret: &str) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(KEY.hash_one(secret))
    }
}

/// Identifies a token within this process without revealing it. See [`AccessToken::key`](crate::AccessToken::key).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenKey(pub(super) Fingerprint);
