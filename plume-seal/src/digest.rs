//! Hashes of parts, and their text.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of parts and their lengths, so that different lists of parts give different inputs.
#[must_use]
pub fn hash(purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
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
    fn the_border_between_two_parts_counts() {
        assert_ne!(hash("test", &[b"ab", b"c"]), hash("test", &[b"a", b"bc"]));
    }

    #[test]
    fn hex_round_trips_and_is_canonical() {
        let id = hash("test", &[]);
        assert_eq!(from_hex(&to_hex(&id)), Some(id));
        assert_eq!(from_hex(&to_hex(&id).to_uppercase()), None);
        assert_eq!(from_hex(&format!("{}0", to_hex(&id))), None);
        assert_eq!(from_hex("0"), None);
    }
}
