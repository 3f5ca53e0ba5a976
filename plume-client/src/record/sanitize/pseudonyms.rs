//! The two-way table of originals and pseudonyms.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};

use crate::record::sanitize::shapes::{self, Shape};

/// Size of a block of SHA-256 in bytes (RFC 2104).
const BLOCK: usize = 64;
/// Attempts to find a pseudonym that is not in use, before a longer one is made.
const ATTEMPTS: u32 = 64;
/// Attempts within the ranges for documentation (RFC 5737), which hold 762 addresses. Then those for benchmarks (RFC 2544) are
/// used.
const DOCUMENTATION: u32 = 16;
/// Shortest original that keeps its length. Shorter ones have too few pseudonyms.
const SHORTEST: usize = 8;
/// Shortest pseudonym of a number, in digits.
const DIGITS: usize = 6;
/// Digits of a name that does not depend on the order.
const NAME_DIGITS: usize = 8;

/// The form of a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Id,
    Uuid,
    Mac,
    Ipv4,
    Ipv6,
    Phone,
    /// Letters for letters, digits for digits.
    Like,
    Email,
    Host,
    /// A word and a number.
    Name(&'static str),
}

impl Form {
    pub(super) fn of(shape: Shape) -> Option<Self> {
        Some(match shape {
            Shape::Id => Self::Id,
            Shape::Uuid => Self::Uuid,
            Shape::Mac => Self::Mac,
            Shape::Email => Self::Email,
            Shape::Ipv4 => Self::Ipv4,
            Shape::Ipv6 => Self::Ipv6,
            Shape::Serial => Self::Like,
            Shape::Secret => return None,
        })
    }

    /// Returns the name that separates the pseudonyms of this form from the others.
    fn domain(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Uuid => "uuid",
            Self::Mac => "mac",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Phone => "phone",
            Self::Like | Self::Email | Self::Host | Self::Name(_) => "like",
        }
    }
}

#[derive(Debug, Clone)]
struct Pair {
    original: String,
    pseudonym: String,
}

/// Originals and pseudonyms of one sanitizer.
pub(super) struct Pseudonyms {
    key: SecretSlice<u8>,
    /// Whether names depend on the original and the key only, too.
    has_derived_names: bool,
    pairs: Vec<Pair>,
    /// From the canonical form of an original to its pair.
    originals: Index,
    /// From the canonical form of a pseudonym to its pair.
    issued: Index,
    counters: HashMap<&'static str, u64>,
}

impl Pseudonyms {
    pub(super) fn new(key: SecretSlice<u8>) -> Self {
        Self {
            key,
            has_derived_names: false,
            pairs: Vec::new(),
            originals: Index::default(),
            issued: Index::default(),
            counters: HashMap::new(),
        }
    }

    /// The same with names that do not depend on the order in which they are seen.
    pub(super) fn with_derived_names(self) -> Self {
        Self { has_derived_names: true, ..self }
    }

    /// Returns pseudonyms with the same key, without originals.
    pub(super) fn fresh(&self) -> Self {
        Self { has_derived_names: self.has_derived_names, ..Self::new(self.key.clone()) }
    }

    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Returns the pseudonym of `original`. A pseudonym that was issued here is returned as it is.
    pub(super) fn of(&mut self, original: &str, form: Form) -> String {
        if let Some(known) = self.known(original) {
            return known;
        }
        let canonical = canonical(original);
        let pseudonym = self.create(original, &canonical, form);
        let place = self.pairs.len();
        self.originals.insert(&canonical, place);
        self.issued.insert(&self::canonical(&pseudonym), place);
        self.pairs.push(Pair { original: original.to_owned(), pseudonym });
        self.known(original).unwrap_or_default()
    }

    /// Returns the replacement of a whole value that was seen before.
    pub(super) fn known(&self, text: &str) -> Option<String> {
        let canonical = canonical(text);
        if self.issued.get(&canonical).is_some() {
            return Some(text.to_owned());
        }
        let pair = self.pairs.get(self.originals.get(&canonical)?)?;
        Some(in_style(&pair.pseudonym, text))
    }

    /// Returns the original of a whole value that is a pseudonym.
    pub(super) fn original(&self, text: &str) -> Option<String> {
        let pair = self.pairs.get(self.issued.get(&canonical(text))?)?;
        Some(in_style(&pair.original, text))
    }

    /// Returns the length of the longest known original or pseudonym at the start of `text`, and its replacement.
    pub(super) fn known_at(&self, text: &str) -> Option<(usize, String)> {
        let issued = self.issued.longest_at(text);
        let originals = self.originals.longest_at(text);
        let length = issued.max(originals)?;
        Some((length, self.known(text.get(..length)?)?))
    }

    /// Returns the length of the longest pseudonym at the start of `text`, and its original.
    pub(super) fn original_at(&self, text: &str) -> Option<(usize, String)> {
        let length = self.issued.longest_at(text)?;
        Some((length, self.original(text.get(..length)?)?))
    }

    fn create(&mut self, original: &str, canonical: &str, form: Form) -> String {
        for attempt in 0..ATTEMPTS {
            let candidate = match form {
                _ if self.has_derived_names => self.derived_name(original, canonical, form, attempt),
                Form::Name(word) => format!("{word} {}", self.next(word)),
                Form::Email => format!("user-{}@example.com", self.next("user")),
                Form::Host => format!("host-{}.example.net", self.next("host")),
                form => self.derived(original, canonical, form, attempt),
            };
            let taken = self::canonical(&candidate);
            if self.issued.get(&taken).is_none() && self.originals.get(&taken).is_none() && taken != canonical
            {
                return candidate;
            }
        }
        match form {
            // There are more addresses than pseudonyms: two originals share one.
            Form::Ipv4 => self.derived(original, canonical, form, ATTEMPTS),
            _ => format!("Text {}", self.next("Text")),
        }
    }

    fn next(&mut self, word: &'static str) -> u64 {
        let counter = self.counters.entry(word).or_default();
        *counter += 1;
        *counter
    }

    /// Returns a pseudonym that depends on the key and the original only, also on no label: the same name may be that of a
    /// customer in one response and of a device in another.
    fn derived_name(&self, original: &str, canonical: &str, form: Form, attempt: u32) -> String {
        let number = || digits(&mut self.stream(canonical, "name", attempt), NAME_DIGITS);
        match form {
            // Some names are serial numbers.
            Form::Name(_) if shapes::whole(original) == Some(Shape::Serial) => {
                self.derived(original, canonical, Form::Like, attempt)
            }
            Form::Name(_) => format!("Name {}", number()),
            Form::Email => format!("user-{}@example.com", number()),
            Form::Host => format!("host-{}.example.net", number()),
            // The ranges for documentation and benchmarks are so small that most homes have two addresses with one pseudonym,
            // and then the order decides.
            Form::Ipv4 => {
                let mut bytes = self.stream(canonical, "ipv4", attempt);
                let [a, b, c, d] =
                    [bytes.next(), bytes.next(), bytes.next(), bytes.next()].map(Option::unwrap_or_default);
                Ipv4Addr::new(240 + a % 15, b, c, d % 254 + 1).to_string()
            }
            form => self.derived(original, canonical, form, attempt),
        }
    }

    fn derived(&self, original: &str, canonical: &str, form: Form, attempt: u32) -> String {
        let mut bytes = self.stream(canonical, form.domain(), attempt);
        let mut hex = |digits: usize| -> String {
            (0..digits).filter_map(|_| char::from_digit(u32::from(bytes.next()? & 15), 16)).collect()
        };
        match form {
            Form::Id => {
                let id = hex(24);
                let upper = original.bytes().any(|byte| byte.is_ascii_uppercase());
                if upper { id.to_ascii_uppercase() } else { id }
            }
            Form::Uuid => format!("{}-{}-4{}-8{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12)),
            // Locally administered, and with a letter, so that the case of the original can be kept.
            Form::Mac => format!("0a00{}", hex(8)),
            Form::Ipv6 => {
                let part = |text: String| u16::from_str_radix(&text, 16).unwrap_or_default();
                let [a, b, c, d] = [part(hex(4)), part(hex(4)), part(hex(4)), part(hex(4))];
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, a, b, c, d).to_string()
            }
            Form::Ipv4 => {
                let octets = [bytes.next(), bytes.next(), bytes.next()];
                let [a, b, c] = octets.map(Option::unwrap_or_default);
                // No address of a network and no broadcast address.
                let host = b % 254 + 1;
                match (attempt < DOCUMENTATION, a % 3) {
                    (true, 0) => Ipv4Addr::new(192, 0, 2, host),
                    (true, 1) => Ipv4Addr::new(198, 51, 100, host),
                    (true, _) => Ipv4Addr::new(203, 0, 113, host),
                    (false, _) => Ipv4Addr::new(198, 18 + (a & 1), c, host),
                }
                .to_string()
            }
            // No country has the code 999.
            Form::Phone => format!("+999{}", digits(&mut bytes, 8)),
            Form::Like | Form::Email | Form::Host | Form::Name(_) => like(original, &mut bytes),
        }
    }

    /// Returns pseudo-random bytes that depend on the key and the original: HMAC-SHA-256 in counter mode.
    fn stream(&self, canonical: &str, domain: &str, attempt: u32) -> impl Iterator<Item = u8> + use<> {
        let message = format!("{domain}\0{attempt}\0{canonical}");
        let seed = hmac(self.key.expose_secret(), message.as_bytes());
        (0_u32..).flat_map(move |block| hmac(&seed, &block.to_be_bytes()))
    }
}

/// Returns text like `original`: a letter for each letter, a digit for each digit.
fn like(original: &str, bytes: &mut impl Iterator<Item = u8>) -> String {
    let is_number = original.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        return digits(bytes, original.len().max(DIGITS));
    }
    let replaced = original.bytes().filter(u8::is_ascii_alphanumeric).count();
    if replaced < SHORTEST || !original.is_ascii() {
        return format!("ID-{}{}", letters(bytes, 2), digits(bytes, 6));
    }
    let mut next = |first: u8, count: u8| char::from(first + bytes.next().unwrap_or_default() % count);
    original
        .chars()
        .map(|character| match character {
            '0'..='9' => next(b'0', 10),
            'a'..='z' => next(b'a', 26),
            'A'..='Z' => next(b'A', 26),
            other => other,
        })
        .collect()
}

fn digits(bytes: &mut impl Iterator<Item = u8>, count: usize) -> String {
    let digit = |(place, byte): (usize, u8)| {
        // A number that begins with 0 would lose a digit.
        char::from(if place == 0 { b'1' + byte % 9 } else { b'0' + byte % 10 })
    };
    bytes.take(count).enumerate().map(digit).collect()
}

fn letters(bytes: &mut impl Iterator<Item = u8>, count: usize) -> String {
    bytes.take(count).map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// Returns the HMAC-SHA-256 (RFC 2104). Keys are at most one block long.
pub(super) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let padded = |with: u8| -> Vec<u8> {
        let key = key.iter().copied().chain(std::iter::repeat(0)).take(BLOCK);
        key.map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// Returns the form under which all spellings of an identity are found.
fn canonical(text: &str) -> String {
    shapes::bare_mac(text).unwrap_or_else(|| text.to_ascii_lowercase())
}

/// Returns `text`, written like `like` if both are MAC addresses.
fn in_style(text: &str, like: &str) -> String {
    let (Some(bare), Some(_)) = (shapes::bare_mac(text), shapes::bare_mac(like)) else {
        return text.to_owned();
    };
    let lower = like.bytes().any(|byte| byte.is_ascii_lowercase());
    let bare = if lower { bare } else { bare.to_ascii_uppercase() };
    let mut digits = bare.chars();
    // Every spelling has its separators at fixed places.
    let next = |character| if character_is_separator(character) { Some(character) } else { digits.next() };
    like.chars().filter_map(next).collect()
}

fn character_is_separator(character: char) -> bool {
    matches!(character, ':' | '-' | '.')
}

/// Texts by their canonical form, and where they begin inside other texts.
#[derive(Debug, Default)]
struct Index {
    places: HashMap<String, usize>,
    /// The lengths of the texts that begin with a word, longest first.
    lengths: HashMap<String, Vec<usize>>,
}

impl Index {
    fn insert(&mut self, canonical: &str, place: usize) {
        self.places.insert(canonical.to_owned(), place);
        let first = shapes::word(canonical);
        let Some(first) = canonical.get(..first).filter(|word| !word.is_empty()) else { return };
        let lengths = self.lengths.entry(first.to_owned()).or_default();
        if let Err(at) = lengths.binary_search_by(|length| canonical.len().cmp(length)) {
            lengths.insert(at, canonical.len());
        }
    }

    fn get(&self, canonical: &str) -> Option<usize> {
        self.places.get(canonical).copied()
    }

    /// Returns the length of the longest text that `text` begins with, up to the end of a word.
    fn longest_at(&self, text: &str) -> Option<usize> {
        let first = text.get(..shapes::word(text))?.to_ascii_lowercase();
        let is_here = |length: &&usize| {
            let ends = !text.get(**length..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
            ends && text
                .get(..**length)
                .is_some_and(|head| self.places.contains_key(&head.to_ascii_lowercase()))
        };
        self.lengths.get(&first)?.iter().find(is_here).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(SecretSlice::from(vec![7; 32]))
    }

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        let hash = hmac(b"Jefe", b"what do ya want for nothing?");
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn forms_are_kept() {
        let mut all = pseudonyms();
        for (original, form) in [
            ("5e00000000000000000000aa", Form::Id),
            ("9eec69a9-0000-4000-8000-000000000001", Form::Uuid),
            ("02:00:5E:00:53:01", Form::Mac),
            ("2001:db8:5::1", Form::Ipv6),
            ("192.168.40.21", Form::Ipv4),
            ("TST0000001", Form::Like),
            ("12345678", Form::Like),
            ("alice@example.org", Form::Email),
        ] {
            let pseudonym = all.of(original, form);
            assert_ne!(pseudonym, original);
            if form != Form::Email && form != Form::Ipv4 && form != Form::Ipv6 {
                assert_eq!(pseudonym.len(), original.len(), "{pseudonym}");
            }
            assert_eq!(shapes::whole(&pseudonym), shapes::whole(original), "{pseudonym}");
            assert_eq!(all.of(original, form), pseudonym);
            assert_eq!(all.of(&pseudonym, form), pseudonym, "a pseudonym stays");
            assert_eq!(all.original(&pseudonym).as_deref(), Some(original));
        }
        assert_eq!(all.of("Alice", Form::Name("Home")), "Home 1");
        assert_eq!(all.of("Bob", Form::Name("Home")), "Home 2");
        assert_eq!(all.of("alice", Form::Name("Device")), "Home 1");
        assert_eq!(all.of("A-1", Form::Like).len(), 11);
        assert!(all.of("+1 555 0100", Form::Phone).starts_with("+999"));
    }

    #[test]
    fn every_spelling_of_a_mac_address_has_one_pseudonym() {
        let mut all = pseudonyms();
        let colons = all.of("02:00:5E:00:53:01", Form::Mac);
        let bare = all.of("02005e005301", Form::Mac);
        assert_eq!(bare, colons.replace(':', "").to_lowercase());
        assert_eq!(all.of("02-00-5e-00-53-01", Form::Mac), colons.replace(':', "-").to_lowercase());
        assert_eq!(all.original(&bare.to_uppercase()).as_deref(), Some("02005E005301"));
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn a_pseudonym_is_never_an_original() {
        let mut all = pseudonyms();
        all.of("Home 1", Form::Name("Text"));
        assert_eq!(all.of("Alice", Form::Name("Home")), "Home 2");
    }

    #[test]
    fn another_key_gives_other_pseudonyms() {
        let mut other = Pseudonyms::new(SecretSlice::from(vec![8; 32]));
        let id = "5e00000000000000000000aa";
        assert_ne!(pseudonyms().of(id, Form::Id), other.of(id, Form::Id));
        assert_eq!(pseudonyms().of(id, Form::Id), pseudonyms().of(id, Form::Id));
    }

    #[test]
    fn derived_names_do_not_depend_on_the_order_or_the_field() {
        let derived = || pseudonyms().with_derived_names();
        let names = [
            ("Alice", Form::Name("Home"), Form::Name("Device")),
            ("Living Room", Form::Name("Node"), Form::Name("Text")),
            ("TST0000001", Form::Name("Node"), Form::Like),
            ("alice@example.org", Form::Email, Form::Email),
            ("cloud.example.org", Form::Host, Form::Host),
            ("192.168.40.21", Form::Ipv4, Form::Ipv4),
        ];
        let (mut one, mut other) = (derived(), derived());
        let first: Vec<String> = names.iter().map(|(text, form, _)| one.of(text, *form)).collect();
        let second: Vec<String> = names.iter().rev().map(|(text, _, form)| other.of(text, *form)).collect();
        assert_eq!(first, second.into_iter().rev().collect::<Vec<_>>());
        assert!(first[0].starts_with("Name ") && first[0].len() == 13, "{first:?}");
        let address: Ipv4Addr = first[5].parse().unwrap();
        assert!(first[3].ends_with("@example.com") && address.octets()[0] >= 240, "{first:?}");
        let mut foreign = Pseudonyms::new(SecretSlice::from(vec![8; 32])).with_derived_names();
        assert!(names.iter().zip(&first).all(|((text, form, _), name)| foreign.of(text, *form) != *name));
    }

    #[test]
    fn many_addresses_are_still_told_apart() {
        let mut all = pseudonyms();
        let mut issued = std::collections::HashSet::new();
        for number in 0..1_500_u32 {
            let [_, _, high, low] = number.to_be_bytes();
            assert!(issued.insert(all.of(&format!("10.1.{high}.{low}"), Form::Ipv4)));
        }
    }

    #[test]
    fn the_longest_known_text_is_found_in_a_text() {
        let mut all = pseudonyms();
        all.of("Example", Form::Name("Home"));
        all.of("Example Household", Form::Name("Home"));
        assert_eq!(all.known_at("Example Household is offline"), Some((17, "Home 2".to_owned())));
        assert_eq!(all.known_at("Example Households"), Some((7, "Home 1".to_owned())));
        assert_eq!(all.known_at("Examples"), None);
        assert_eq!(all.original_at("Home 1 is offline"), Some((6, "Example".to_owned())));
    }
}
