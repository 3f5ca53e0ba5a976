//! Random numbers of the operating system.

use crate::error::{StoreError, StoreErrorKind};

pub(crate) fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| {
        StoreError::new(
            StoreErrorKind::Keys,
            format!("the operating system provides no random numbers: {error}"),
        )
    })
}

/// Returns a random nonce of 192 bits, which can be assumed to be unique.
///
/// # Errors
///
/// [`StoreErrorKind::Keys`] if the operating system provides no random numbers.
pub fn nonce() -> Result<[u8; 24], StoreError> {
    let mut nonce = [0; 24];
    random(&mut nonce)?;
    Ok(nonce)
}
