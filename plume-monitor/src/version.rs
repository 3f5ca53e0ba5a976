//! The version field of stored states.

use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads a version, and refuses one after `NEWEST`.
pub(crate) fn read<'de, const NEWEST: u32, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(deserializer)?;
    if (1..=NEWEST).contains(&version) {
        return Ok(version);
    }
    Err(D::Error::custom(format!("version {version} is not supported, expected at most {NEWEST}")))
}
