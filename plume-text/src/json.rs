//! Repair of JSON with single values that no JSON parser accepts.
//!
//! The API cuts names by UTF-16 length, which can leave half a surrogate pair, and other programs write raw
//! control characters or numbers that no double holds. A parser rejects the whole text for one such value. Repair
//! only a text that was rejected, or in which a number lost digits, so that valid JSON costs nothing extra.

/// JSON with its unacceptable values replaced. Created by [`repair_json`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairedJson {
    /// The repaired text.
    pub json: String,
    /// The number of replaced characters and numbers.
    pub places: u64,
}

/// Replaces characters that JSON does not allow in a string, and malformed numbers, by U+FFFD, and quotes the numbers
/// that a parser rejects or rounds, so that their digits are kept. Returns `None` if there was nothing to replace.
///
/// Everything else is copied, so text that is malformed for another reason stays malformed. Takes time linear in the
/// length.
///
/// ```
/// let cut_name = r#"{"nickname":"Hall \ud83d","channel":1e999}"#;
/// let repaired = plume_text::repair_json(cut_name).map(|repaired| repaired.json);
/// assert_eq!(repaired.as_deref(), Some("{\"nickname\":\"Hall \u{fffd}\",\"channel\":\"1e999\"}"));
/// assert_eq!(plume_text::repair_json(r#"{"nickname":"Hall"}"#), None);
/// ```
#[must_use]
pub fn repair_json(json: &str) -> Option<RepairedJson> {
    let mut scan = Scan { json, at: 0, copied: 0, out: String::new(), places: 0 };
    while let Some(byte) = scan.peek(0) {
        match byte {
            b'"' => scan.text(),
            b'0'..=b'9' | b'-' | b'+' | b'.' | b'N' | b'I' => scan.number(),
            _ => scan.at += 1,
        }
    }
    if scan.places == 0 {
        return None;
    }
    scan.at = json.len();
    scan.copy();
    Some(RepairedJson { json: scan.out, places: scan.places })
}

struct Scan<'a> {
    json: &'a str,
    at: usize,
    /// Everything before this has been copied or replaced.
    copied: usize,
    out: String,
    places: u64,
}

const LOST: &str = "\u{fffd}";

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.json.as_bytes().get(self.at + ahead).copied()
    }

    /// Copies the bytes since the last copy or replacement.
    fn copy(&mut self) {
        self.out.push_str(self.json.get(self.copied..self.at).unwrap_or_default());
        self.copied = self.at;
    }

    /// Writes `instead` in place of the next `length` bytes.
    fn replace(&mut self, length: usize, instead: &str) {
        self.copy();
        self.out.push_str(instead);
        self.at += length;
        self.copied = self.at;
        self.places += 1;
    }

    /// Scans a string, from its opening to its closing quotation mark.
    fn text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'"', _) => {
                    self.at += 1;
                    return;
                }
                (b'\\', Some(b'u')) => self.escape(),
                (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => self.at += 2,
                // The body is cut off here.
                (b'\\', None) => self.at += 1,
                (b'\\' | ..=0x1f, _) => self.replace(1, LOST),
                _ => self.at += 1,
            }
        }
    }

    /// Scans `\uXXXX`, or two of them that form one character.
    fn escape(&mut self) {
        match (self.unit(0), self.unit(6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => self.at += 12,
            (Some(0xd800..=0xdfff), _) => self.replace(6, LOST),
            (Some(_), _) => self.at += 6,
            (None, _) => self.replace(2, LOST),
        }
    }

    /// Returns the UTF-16 unit that is escaped here.
    fn unit(&self, ahead: usize) -> Option<u16> {
        let escape = self.json.get(self.at + ahead..self.at + ahead + 6)?;
        let digits = escape.strip_prefix("\\u")?;
        // `from_str_radix` would accept a sign.
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    }

    /// Scans a token that begins as a number.
    fn number(&mut self) {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = rest.bytes().take_while(|byte| is_part(*byte)).count();
        let token = rest.get(..length).unwrap_or_default();
        match Token::of(token) {
            Token::Kept => self.at += length,
            Token::Rounded => self.replace(length, &format!("\"{token}\"")),
            Token::NoNumber => self.replace(length, &format!("\"{LOST}\"")),
        }
    }
}

/// The result of parsing a number into 64 bits.
enum Token {
    /// A number; if it is an integer, with all its digits.
    Kept,
    /// The number is rejected as too large, or rounded.
    Rounded,
    /// Not a JSON number.
    NoNumber,
}

impl Token {
    fn of(token: &str) -> Self {
        if !is_number(token) {
            return Self::NoNumber;
        }
        let is_whole = !token.contains(['.', 'e', 'E']);
        let is_kept = if is_whole {
            token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok()
        } else {
            token.parse().is_ok_and(f64::is_finite)
        };
        if is_kept { Self::Kept } else { Self::Rounded }
    }
}

/// Returns whether the token is a JSON number. (RFC 8259 §6)
fn is_number(token: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let token = token.strip_prefix('-').unwrap_or(token);
    let (number, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
    are_digits(whole) && are_digits(fraction) && are_digits(exponent) && !has_leading_zero
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(json: &str) -> Option<String> {
        repair_json(json).map(|repaired| repaired.json)
    }

    #[test]
    fn values_that_no_parser_accepts_are_replaced() {
        for (json, expected) in [
            (r#"{"a":"Hall \ud83d"}"#, r#"{"a":"Hall �"}"#),
            (r#"{"a":"\ude00\ud83d\ude00\ud83d\ud83d\ude00"}"#, r#"{"a":"�\ud83d\ude00�\ud83d\ude00"}"#),
            ("{\"a\":\"x\ty\nz\u{0}\"}", "{\"a\":\"x�y�z�\"}"),
            (r#"{"a":"\x \u12G4 \"\\"}"#, r#"{"a":"�x �12G4 \"\\"}"#),
            ("[1e999, -1E+999,1e5]", r#"["1e999", "-1E+999",1e5]"#),
            ("[01,+1,.5,1.,0x1F]", r#"["�","�","�","�","�"]"#),
            ("[NaN,-Infinity,-]", r#"["�","�","�"]"#),
            (
                "[12345678901234567890123,-9223372036854775809]",
                r#"["12345678901234567890123","-9223372036854775809"]"#,
            ),
        ] {
            assert_eq!(repaired(json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn valid_json_is_not_changed() {
        for json in [
            r#"{"a":"\ud83d\ude00\u0000\"\\ 1e999 \\ud83d","b":[-0.5e-3,18446744073709551615,null,true]}"#,
            " \t\r\n[\n]\n",
            "",
            r#"{"cut":"off \"#,
        ] {
            assert!(repaired(json).is_none(), "{json}");
        }
    }

    #[test]
    fn replacements_are_counted() {
        assert_eq!(repair_json("[\"\t\t\",1e999]").map(|repaired| repaired.places), Some(3));
    }
}
