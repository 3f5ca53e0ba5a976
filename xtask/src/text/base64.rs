//! Base64 decoding, enough to look into a suspicious literal. A dependency for thirty lines would cost more.

/// The decoded bytes, or nothing if a character does not belong. Padding is optional.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut pending = 0_u32;
    let mut bits = 0_u32;
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        pending = (pending << 6 | u32::from(value)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((pending >> bits) & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

/// Whether a character may stand in base64, in the usual or the URL alphabet.
pub(crate) fn belongs(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_with_and_without_padding() {
        assert_eq!(decode("c2ltOm5vdA==").as_deref(), Some(b"sim:not".as_slice()));
        assert_eq!(decode("c2ltOm5vdA").as_deref(), Some(b"sim:not".as_slice()));
        assert_eq!(decode("a b"), None);
    }
}
