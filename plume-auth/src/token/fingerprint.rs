//! What tells tokens and credentials apart without revealing them.
//!
//! **A rejected token is named by a fingerprint of its text.** A late rejection of an older token therefore leaves
//! the newer one alone, and a token that is issued again after its rejection is recognised. Each rejection can cost a
//! fetch, so a caller that reports one must have evidence against the token; a 401 alone is none.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

/// What a secret is recognised by without being kept: a keyed hash, worth nothing outside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(secret: &str) -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(KEY.hash_one(secret))
    }
}

/// Tells the tokens of a process apart without revealing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenKey(pub(super) Fingerprint);
