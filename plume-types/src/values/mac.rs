//! Hardware addresses.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::decode::{Context, FromScalar, Scalar};
use crate::field::Field;
use crate::macros::{decode_from_scalar, equals_text, from_text, shown_as_text, text_serde};

/// The hardware address of a device or a network interface.
///
/// Kept as the API wrote it, and compared without case and separators, because the API writes the same
/// address in several forms.
///
/// ```
/// use plume_types::MacAddress;
///
/// assert_eq!(MacAddress::from("AA:BB:CC:00:11:22"), MacAddress::from("aabbcc001122"));
/// assert_eq!(MacAddress::from("AA:BB:CC:00:11:22"), "aa-bb-cc-00-11-22");
/// ```
#[derive(Clone)]
pub struct MacAddress(String);

impl MacAddress {
    /// Returns the address as the API wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the form that paths of the API use: lower case with colons. A text that is not a 48-bit address is
    /// only converted to lower case.
    #[must_use]
    pub fn canonical(&self) -> String {
        let Some(number) = self.number() else { return self.0.to_ascii_lowercase() };
        let [_, _, pairs @ ..] = number.to_be_bytes();
        pairs.map(|pair| format!("{pair:02x}")).join(":")
    }

    /// Returns the key of the address in a sorted list: a number for twelve hexadecimal digits, else the address
    /// itself.
    ///
    /// The key does not depend on the form of the address. Numbers compare several times as fast as texts, which is
    /// measurable in a list of a hundred thousand.
    ///
    /// # Errors
    ///
    /// The address itself, if it is not a 48-bit address.
    pub fn key(&self) -> Result<u64, &Self> {
        self.number().ok_or(self)
    }

    fn number(&self) -> Option<u64> {
        let usual = self.0.as_bytes().try_into().ok().and_then(usual_form);
        usual.or_else(|| any_form(&self.0))
    }

    fn significant(&self) -> impl Iterator<Item = u8> {
        significant(&self.0)
    }

    fn is(&self, text: &str) -> bool {
        self.0 == text || self.significant().eq(significant(text))
    }
}

fn significant(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|byte| !matches!(byte, b':' | b'-' | b'.')).map(|byte| byte.to_ascii_lowercase())
}

impl PartialEq for MacAddress {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for MacAddress {}

impl Hash for MacAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.significant() {
            state.write_u8(byte);
        }
    }
}

impl PartialOrd for MacAddress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for MacAddress {
    fn cmp(&self, other: &Self) -> Ordering {
        self.significant().cmp(other.significant())
    }
}

impl FromScalar for MacAddress {
    const EXPECTED: &'static str = "a hardware address";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        Field::or_unreadable(scalar.text().filter(|text| !text.is_empty()).map(Self))
    }
}
from_text!(MacAddress);
decode_from_scalar!(MacAddress);
shown_as_text!(MacAddress);
equals_text!(MacAddress: str, &str, String);
text_serde!(MacAddress);

/// Parses six pairs of digits with the same separator between them. Fast, because no step depends on the one before.
fn usual_form(bytes: &[u8; 17]) -> Option<u64> {
    let [a, b, m, c, d, n, e, f, o, g, h, p, i, j, q, k, l] = bytes;
    let marks = [m, n, o, p, q];
    if !matches!(m, b':' | b'-' | b'.') || marks.iter().any(|mark| *mark != m) {
        return None;
    }
    [a, b, c, d, e, f, g, h, i, j, k, l]
        .into_iter()
        .try_fold(0, |number, byte| Some(number * 16 + u64::from(digit(*byte)?)))
}

fn any_form(mac: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut digits = 0_u32;
    for byte in mac.bytes().filter(|byte| !matches!(byte, b':' | b'-' | b'.')) {
        number = number * 16 + u64::from(digit(byte)?);
        digits += 1;
        if digits > 12 {
            return None;
        }
    }
    (digits == 12).then_some(number)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn addresses_are_equal_in_any_form() {
        let set: HashSet<MacAddress> =
            ["AA:BB:CC:00:11:22", "aa-bb-cc-00-11-22", "aabb.cc00.1122", "AABBCC001122"]
                .map(Into::into)
                .into();
        assert_eq!(set.len(), 1);
        assert_ne!(MacAddress::from("AA:BB:CC:00:11:22"), MacAddress::from("AA:BB:CC:00:11:23"));
        assert_eq!(MacAddress::from("AABBCC001122").canonical(), "aa:bb:cc:00:11:22");
        assert_eq!(MacAddress::from("Not-A-Mac").canonical(), "not-a-mac");
    }

    #[test]
    fn the_usual_form_has_one_separator_between_six_pairs() {
        for text in [b"AA:BB:CC:00:11:2f", b"aa-bb-cc-00-11-2F", b"aa.bb.cc.00.11.2f"] {
            assert_eq!(usual_form(text), Some(0xaabb_cc00_112f));
        }
        for text in [
            b"AA:BB-CC:00:11:2f",
            b"AA:BB:CC:00:11-2f",
            b"AA/BB/CC/00/11/2f",
            b"AA0BB0CC000011022",
            b"AG:BB:CC:00:11:2f",
            b"AA:BB:CC:00:11:2g",
        ] {
            assert_eq!(usual_form(text), None);
        }
    }

    #[test]
    fn equal_addresses_have_equal_keys() {
        let texts = [
            "AA:BB:CC:00:11:22",
            "aa-bb-cc-00-11-22",
            "aabb.cc00.1122",
            "aabbcc001122",
            "aabbcc00112",
            "0aabbcc001122",
            "00:00:00:00:00:00",
            "",
            "x",
            "X",
            "aabbcc00112g",
        ];
        for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
            let (a, b) = (MacAddress::from(*a), MacAddress::from(*b));
            assert_eq!(a.key() == b.key(), a == b, "{a} {b}");
        }
        assert_eq!(MacAddress::from("02:00:00:00:00:0F").number(), Some(0x0200_0000_000f));
    }
}
