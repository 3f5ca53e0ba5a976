//! Identities that are recognised by their shape, in whole values and inside texts.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest local part and domain of an e-mail address. The limits keep the scan linear.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;
/// Shortest and longest serial number that is recognised without its field.
const SERIAL: std::ops::RangeInclusive<usize> = 8..=32;
/// Shortest text after `Bearer` or `Basic` that counts as a credential although it has no digit.
const CREDENTIAL: usize = 20;

/// The kind of an identity that has a shape of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// 24 hexadecimal digits.
    Id,
    Uuid,
    Mac,
    Email,
    Ipv4,
    Ipv6,
    /// A serial number: upper-case letters and digits.
    Serial,
    /// A token or a credential.
    Secret,
}

/// How much of a text is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Only shapes that no word of the API has: versions look like IPv4 addresses, models like serial numbers.
    Certain,
    All,
}

/// Returns the shape of a whole value.
pub(super) fn whole(text: &str) -> Option<Shape> {
    let (shape, length) = at_start(text, Depth::All)?;
    (length == text.len()).then_some(shape)
}

/// Returns the shape at the start of `text`, which is the start of a word, and its length in bytes.
pub(super) fn at_start(text: &str, depth: Depth) -> Option<(Shape, usize)> {
    let certain = secret(text)
        .map(|length| (Shape::Secret, length))
        .or_else(|| email(text).map(|length| (Shape::Email, length)))
        .or_else(|| uuid(text).map(|length| (Shape::Uuid, length)))
        .or_else(|| mac(text).map(|length| (Shape::Mac, length)))
        .or_else(|| ipv6(text).map(|length| (Shape::Ipv6, length)))
        .or_else(|| id(text).map(|length| (Shape::Id, length)));
    if certain.is_some() || depth == Depth::Certain {
        return certain;
    }
    let ipv4 = ipv4(text).map(|length| (Shape::Ipv4, length));
    ipv4.or_else(|| serial(text).map(|length| (Shape::Serial, length)))
}

/// Returns the length of the word at the start of `text`: letters and digits.
pub(super) fn word(text: &str) -> usize {
    text.find(|character: char| !character.is_alphanumeric()).unwrap_or(text.len())
}

/// Returns the twelve digits of a MAC address in lower case, whatever its separators.
pub(super) fn bare_mac(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|character| !matches!(character, ':' | '-' | '.')).collect();
    let separated = mac(text) == Some(text.len()) || text.len() == 12;
    (separated && bare.len() == 12 && is_hex(&bare)).then(|| bare.to_ascii_lowercase())
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns whether a shape of this length ends at a boundary.
fn ends(text: &str, length: usize) -> bool {
    !text.get(length..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

fn id(text: &str) -> Option<usize> {
    let length = word(text);
    (length == 24 && text.get(..length).is_some_and(is_hex)).then_some(length)
}

fn uuid(text: &str) -> Option<usize> {
    let head = text.get(..36).filter(|_| ends(text, 36))?;
    let parts: Vec<&str> = head.split('-').collect();
    let lengths = parts.iter().map(|part| part.len());
    (lengths.eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| is_hex(part))).then_some(36)
}

fn mac(text: &str) -> Option<usize> {
    let groups = |length: usize, separator: char, count: usize, digits: usize| {
        let head = text.get(..length).filter(|_| ends(text, length))?;
        let goes_on = text.get(length..).and_then(|rest| rest.strip_prefix(separator));
        let goes_on = goes_on.is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_hexdigit()));
        let parts: Vec<&str> = head.split(separator).collect();
        let fits = parts.len() == count && parts.iter().all(|part| part.len() == digits && is_hex(part));
        (fits && !(goes_on && separator != '.')).then_some(length)
    };
    let separated = groups(17, ':', 6, 2).or_else(|| groups(17, '-', 6, 2)).or_else(|| groups(14, '.', 3, 4));
    separated.or_else(|| {
        let bare = text.get(..12).filter(|bare| word(text) == 12 && is_hex(bare))?;
        let digit = bare.bytes().any(|byte| byte.is_ascii_digit());
        let letter = bare.bytes().any(|byte| byte.is_ascii_alphabetic());
        (digit && letter).then_some(12)
    })
}

fn email(text: &str) -> Option<usize> {
    let is_local = |character: char| character.is_alphanumeric() || "._%+-'".contains(character);
    let local = bounded(text, LONGEST_LOCAL, is_local)?;
    let domain = text.get(local..)?.strip_prefix('@')?;
    let end =
        bounded(domain, LONGEST_DOMAIN, |character| character.is_alphanumeric() || ".-".contains(character))?;
    let domain = domain.get(..end)?.trim_end_matches(['.', '-']);
    let (_, top) = domain.rsplit_once('.')?;
    let real = top.chars().count() >= 2 && top.chars().any(char::is_alphabetic);
    real.then_some(local + 1 + domain.len())
}

/// Returns the length of the run of such characters, `None` if it is empty or too long.
fn bounded(text: &str, longest: usize, is_part: impl Fn(char) -> bool) -> Option<usize> {
    let mut end = 0;
    for character in text.chars() {
        if !is_part(character) {
            break;
        }
        end += character.len_utf8();
        if end > longest {
            return None;
        }
    }
    (end > 0).then_some(end)
}

fn ipv4(text: &str) -> Option<usize> {
    let end = bounded(text, 15, |character| character.is_ascii_digit() || character == '.');
    let address = text.get(..end?)?.trim_end_matches('.');
    (ends(text, address.len()) && address.parse::<Ipv4Addr>().is_ok()).then_some(address.len())
}

fn ipv6(text: &str) -> Option<usize> {
    let is_part = |character: char| character.is_ascii_hexdigit() || ":.".contains(character);
    let end = bounded(text, 45, is_part)?;
    let address = text.get(..end)?.trim_end_matches('.');
    // A colon at the end belongs to the sentence, unless it is doubled.
    let address = if address.ends_with("::") { address } else { address.trim_end_matches(':') };
    let colons = address.matches(':').count();
    (colons >= 2 && ends(text, address.len()) && address.parse::<Ipv6Addr>().is_ok()).then_some(address.len())
}

fn serial(text: &str) -> Option<usize> {
    let length = word(text);
    let run = text.get(..length).filter(|_| SERIAL.contains(&length))?;
    let upper = run.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let digit = run.bytes().any(|byte| byte.is_ascii_digit());
    let letter = run.bytes().any(|byte| byte.is_ascii_uppercase());
    (upper && digit && letter).then_some(length)
}

/// Returns the length of a JSON web token, or of the credential after the name of its scheme.
fn secret(text: &str) -> Option<usize> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "._~+/=-".contains(character);
    let run = |text: &str| text.find(|character| !is_part(character)).unwrap_or(text.len());
    if text.starts_with("eyJ") {
        let length = run(text);
        let token = text.get(..length)?.trim_end_matches('.');
        return (token.len() >= CREDENTIAL && token.contains('.')).then_some(token.len());
    }
    let scheme = ["bearer ", "basic "]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let rest = text.get(scheme.len()..)?;
    let credential = rest.get(..run(rest))?.trim_end_matches('.');
    let digit = credential.bytes().any(|byte| byte.is_ascii_digit());
    let real = credential.len() >= CREDENTIAL || (credential.len() >= 8 && digit);
    real.then_some(scheme.len() + credential.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values_have_their_shape() {
        for (text, shape) in [
            ("5e00000000000000000000aa", Some(Shape::Id)),
            ("5E00000000000000000000AA", Some(Shape::Id)),
            ("5e00000000000000000000aag", None),
            ("9eec69a9-0000-4000-8000-000000000001", Some(Shape::Uuid)),
            ("02:00:5E:00:53:01", Some(Shape::Mac)),
            ("02-00-5e-00-53-01", Some(Shape::Mac)),
            ("0200.5e00.5301", Some(Shape::Mac)),
            ("02005e005301", Some(Shape::Mac)),
            ("020000005301", None),
            ("02:00:5E:00:53", None),
            ("alice@example.com", Some(Shape::Email)),
            ("null+abc@example.co.uk", Some(Shape::Email)),
            ("müller@example.de", Some(Shape::Email)),
            ("alice@localhost", None),
            ("192.168.40.21", Some(Shape::Ipv4)),
            ("192.168.40.256", None),
            ("8.5.2", None),
            ("2001:db8::1", Some(Shape::Ipv6)),
            ("10:15:00", None),
            ("2026-01-15T10:00:00.000Z", None),
            ("TST0000001", Some(Shape::Serial)),
            ("OOKLA", None),
            ("PP403Z", None),
            ("eyJhbGciOi.not-a-real-token.x", Some(Shape::Secret)),
            ("Bearer not-a-real-token-1", Some(Shape::Secret)),
            ("Bearer authentication", None),
            ("", None),
        ] {
            assert_eq!(whole(text), shape, "{text}");
        }
    }

    #[test]
    fn a_certain_search_leaves_versions_and_models() {
        for text in ["6.6.0.0", "SM123456AB"] {
            assert_eq!(at_start(text, Depth::Certain), None, "{text}");
            assert!(at_start(text, Depth::All).is_some(), "{text}");
        }
    }

    #[test]
    fn all_spellings_of_a_mac_address_are_one() {
        for text in ["02:00:5E:00:53:01", "02-00-5e-00-53-01", "0200.5e00.5301", "02005E005301"] {
            assert_eq!(bare_mac(text).as_deref(), Some("02005e005301"), "{text}");
        }
        for text in ["02:00:5E:00:53", "0:200:5E:00:53:01", "02005E00530", "02005E00530g"] {
            assert_eq!(bare_mac(text), None, "{text}");
        }
    }
}
