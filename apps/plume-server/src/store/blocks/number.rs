//! Numbers of one to five bytes.

/// Appends a number, seven bits a byte, the lowest first.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(low(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low(number));
}

fn low(number: u32) -> u8 {
    u8::try_from(number & 0x7f).unwrap_or_default()
}

/// Takes a byte from the front.
pub(super) fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(*first)
}

/// Takes a number from the front; `None` for a torn one.
pub(super) fn take(rest: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let next = byte(rest)?;
        number |= u32::from(next & 0x7f).checked_shl(shift)?;
        if next < 0x80 {
            return Some(number);
        }
    }
    None
}
