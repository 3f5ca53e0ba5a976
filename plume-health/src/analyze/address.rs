//! Hardware addresses that compare fast.

use plume_types::MacAddress;

/// A hardware address, equal however it is written. Nearly all are proper ones, and comparing numbers is
/// several times as fast as comparing text digit by digit; that shows in a list of a hundred thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Address<'a> {
    /// Twelve hexadecimal digits, however they are parted.
    Proper(u64),
    Other(&'a MacAddress),
}

impl<'a> From<&'a MacAddress> for Address<'a> {
    fn from(mac: &'a MacAddress) -> Self {
        number(mac.as_str()).map_or(Self::Other(mac), Self::Proper)
    }
}

fn number(mac: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut digits = 0_u32;
    for byte in mac.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b':' | b'-' | b'.' => continue,
            _ => return None,
        };
        number = number << 4 | u64::from(digit);
        digits += 1;
        if digits > 12 {
            return None;
        }
    }
    (digits == 12).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_equal_when_the_api_means_the_same() {
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
            assert_eq!(Address::from(&a) == Address::from(&b), a == b, "{a} {b}");
        }
        assert!(matches!(
            Address::from(&MacAddress::from("02:00:00:00:00:0F")),
            Address::Proper(0x0200_0000_000f)
        ));
    }
}
