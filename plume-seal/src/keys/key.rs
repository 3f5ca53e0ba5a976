//! Keys and sets of keys.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::{Zeroize, Zeroizing};

use crate::digest::hash;
use crate::error::{StoreError, StoreErrorKind};
use crate::random::random;

/// A key of 256 bits and its name. The name is stored in every record, unencrypted.
#[derive(Clone)]
pub struct SealKey {
    name: String,
    bytes: Zeroizing<[u8; 32]>,
}

impl SealKey {
    pub(crate) const CHECK: usize = 8;

    /// Creates a key. The name identifies it in records, for example `2026-11`. The bytes have to be random; a password is
    /// not a key.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Keys`] if the name is empty, longer than 32 bytes or has other characters than ASCII letters,
    /// digits, `-`, `_` and `.`, and if all bytes are the same.
    pub fn new(name: &str, mut bytes: [u8; 32]) -> Result<Self, StoreError> {
        let kept = Zeroizing::new(bytes);
        bytes.zeroize();
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 32 || !name.bytes().all(valid) {
            return Err(unusable("a key's name has 1 to 32 letters, digits, `-`, `_` or `.`"));
        }
        // As an uninitialised buffer or an empty secret would be.
        if kept.iter().all(|byte| kept.first() == Some(byte)) {
            return Err(unusable("a key is not random: all its bytes are the same"));
        }
        Ok(Self { name: name.to_owned(), bytes: kept })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn name_length(&self) -> u8 {
        u8::try_from(self.name.len()).unwrap_or(u8::MAX)
    }

    pub(crate) fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Returns a hash that distinguishes two keys of one name. A key cannot be guessed from it.
    pub(crate) fn check(&self) -> [u8; Self::CHECK] {
        let mut check = [0; Self::CHECK];
        for (to, from) in check.iter_mut().zip(hash("plume-auth key check 1", &[self.bytes.as_ref()])) {
            *to = from;
        }
        check
    }

    pub(crate) fn is(&self, name: &str, check: &[u8; Self::CHECK]) -> bool {
        self.name == name && self.check() == *check
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The current key, which seals, and older ones, which only open.
///
/// To change the key while programs run: give all of them the new key as an old one, then make it the current one
/// everywhere, call [`RecordStore::rewrap_all`](crate::RecordStore::rewrap_all), and remove the former key when no record
/// is sealed with it any more. To go back, exchange the roles.
#[derive(Debug, Clone)]
pub struct SealKeys {
    current: SealKey,
    old: Vec<SealKey>,
}

impl SealKeys {
    /// Creates a set of one key.
    #[must_use]
    pub fn new(current: SealKey) -> Self {
        Self { current, old: Vec::new() }
    }

    /// Adds a key that only opens.
    #[must_use]
    pub fn with_old(mut self, key: SealKey) -> Self {
        self.old.push(key);
        self
    }

    /// Parses keys: one in each line (or between semicolons), as a name, a blank and 32 bytes in base64. The first one is
    /// the current one. Empty lines and lines that begin with `#` are ignored.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Keys`], which never repeats the text.
    ///
    /// ```
    /// use plume_seal::SealKeys;
    ///
    /// // base64 of "not-a-real-key-not-a-real-key-32"
    /// let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")?;
    /// assert_eq!(keys.current().name(), "2026-11");
    /// # Ok::<(), plume_seal::StoreError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let lines = text.split(['\n', ';']).map(plume_text::trim);
        let mut parsed = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(parse_line);
        let current = parsed.next().unwrap_or_else(|| Err(unusable("there is no key")))?;
        let old = parsed.collect::<Result<Vec<_>, _>>()?;
        let names = || old.iter().chain([&current]).map(SealKey::name);
        if names().any(|name| names().filter(|other| *other == name).count() > 1) {
            return Err(unusable("two keys have one name"));
        }
        Ok(Self { current, old })
    }

    /// Returns the key that seals.
    #[must_use]
    pub fn current(&self) -> &SealKey {
        &self.current
    }

    /// Returns the key of a record.
    pub(crate) fn find(&self, name: &str, check: &[u8; SealKey::CHECK]) -> Result<&SealKey, StoreError> {
        let mut all = [&self.current].into_iter().chain(&self.old);
        if let Some(key) = all.clone().find(|key| key.is(name, check)) {
            return Ok(key);
        }
        if all.any(|key| key.name == name) {
            let message = format!("the record is sealed with another key of the same name {name:?}");
            return Err(StoreError::new(StoreErrorKind::WrongKey, message));
        }
        let message = format!("the record is sealed with the key {name:?}, which was not given");
        Err(StoreError::new(StoreErrorKind::UnknownKey, message))
    }
}

fn parse_line(line: &str) -> Result<SealKey, StoreError> {
    let unreadable = || unusable("a key is not written as a name, a blank and 32 bytes in base64");
    let (name, encoded) = line.split_once(char::is_whitespace).ok_or_else(unreadable)?;
    let mut decoded = STANDARD.decode(encoded.trim()).map_err(|_| unreadable())?;
    let bytes = <[u8; 32]>::try_from(decoded.as_slice());
    decoded.zeroize();
    SealKey::new(name, bytes.map_err(|_| unreadable())?)
}

/// Returns a random key in the form of [`SealKeys::parse`].
pub(super) fn random_line(name: &str) -> Result<Zeroizing<String>, StoreError> {
    let mut bytes = Zeroizing::new([0; 32]);
    random(bytes.as_mut())?;
    let text = Zeroizing::new(format!("{name} {}", *Zeroizing::new(STANDARD.encode(bytes.as_ref()))));
    // The name may be invalid.
    SealKeys::parse(&text)?;
    Ok(text)
}

pub(super) fn unusable(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Keys, message)
}
