//! Random numbers of the operating system.

use crate::error::{StoreError, StoreErrorKind};

pub(crate) fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Keys,
            format!("the operating system gives no random numbers: {error}"),
        )
    })
}

/// A nonce that is never used twice: 192 random bits.
///
/// # Errors
///
/// [`StoreErrorKind::Keys`] when the operating system gives no random numbers.
pub fn nonce() -> Result<[u8; 24], StoreError> {
    let mut nonce = [0; 24];
    random(&mut nonce)?;
    Ok(nonce)
}
