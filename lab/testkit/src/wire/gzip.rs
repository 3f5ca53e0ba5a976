//! Hand-made gzip bodies, so that no test needs a library for them.

const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A gzip stream that stores `text` uncompressed (RFC 1951 §3.2.4).
pub fn stored(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let crc = !text.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    [
        &HEAD[..],
        &[1],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        text,
        &crc.to_le_bytes(),
        &u32::from(length).to_le_bytes(),
    ]
    .concat()
}

/// A gzip stream that unpacks to `258 * repeats` zeros and more, without an end: fixed codes (RFC 1951
/// §3.2.6), one zero, then "repeat 258 bytes from one byte ago", which takes 13 bits.
pub fn bomb(repeats: usize) -> Vec<u8> {
    let mut bits = String::from("1");
    bits.push_str("10");
    bits.push_str("00110000");
    bits.push_str(&"1100010100000".repeat(repeats));
    let packed =
        bits.as_bytes().chunks(8).map(|byte| byte.iter().rev().fold(0, |value, bit| value << 1 | (bit & 1)));
    HEAD.into_iter().chain(packed).collect()
}

/// A complete response with a gzip body.
pub fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
