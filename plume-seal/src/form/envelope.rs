//! The sealed form: XChaCha20-Poly1305 in an envelope.
//!
//! ```text
//! key id: length 1, text | check of the key 8 | nonce 24 | wrapped data key 32 + 16
//! nonce 24 | sealed contents + 16
//! ```
//!
//! Every record has a random data key of its own, which seals the contents. The user's key only wraps the data key. So a
//! change of the user's key changes only the wrap; the contents stay as they are.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{AeadInOut, Buffer},
};
use zeroize::Zeroizing;

use crate::error::{StoreError, StoreErrorKind};
use crate::form::frame::{Codec, unwrap, wrap};
use crate::form::place::{Kind, Place, SEALED};
use crate::keys::{KeySource, SealKey, SealKeys};
use crate::random::{nonce, random};
use crate::reader::Reader;

const FORM: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const DATA_KEY: usize = 32;
const WRAPPED: usize = DATA_KEY + TAG;
/// Part of everything that is authenticated, so that what was sealed for one purpose opens for no other.
const SCHEMA: &[u8] = &[1];

/// The associated data of a sealed text. Sealing and opening require it, so that it cannot be omitted.
pub(crate) struct Bound(Vec<u8>);

impl Bound {
    /// Binds contents to a tenant, a kind and an id, but not to the user's key, which may change.
    pub(crate) fn contents(place: &Place<'_>) -> Self {
        let kind = place.kind.as_str().as_bytes();
        Self::parts(&[b"plume-auth contents", SCHEMA, place.tenant.as_bytes(), kind, place.id])
    }

    /// Binds a data key to its file and to the key that wraps it, but not to the tenant: a change of keys reads all files
    /// and knows only their names.
    fn data_key(file: &Slot, key: &SealKey) -> Self {
        let kind = file.kind.as_str().as_bytes();
        let (name, check) = (key.name().as_bytes(), key.check());
        Self::parts(&[b"plume-auth data key", SCHEMA, kind, &file.id, name, &check])
    }

    /// Encodes every part with its length, so that different lists of parts give different bytes.
    fn parts(parts: &[&[u8]]) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        Self(bytes)
    }
}

/// A file, by its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    pub(crate) id: [u8; 32],
}

/// The sealed form. It seals with the current key of a source and opens with any of its keys.
///
/// Sealed contents are bound to their [`Place`]: they open for no other tenant, kind or name.
///
/// ```
/// use std::sync::Arc;
/// use plume_seal::{Codec, Kind, Place, RecordName, SealKeys, Sealed};
///
/// // base64 of "not-a-real-key-not-a-real-key-32"
/// let keys = SealKeys::parse("2026-11 bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")?;
/// let sealed = Sealed::new(Arc::new(keys))?;
/// let (name, other) = (RecordName::new("a", "example", &[]), RecordName::new("b", "example", &[]));
/// let file = sealed.encode(&Place::new(&name, Kind::Record), b"hello".to_vec().into())?;
/// assert_eq!(**sealed.decode(&Place::new(&name, Kind::Record), &file)?, *b"hello");
/// assert!(sealed.decode(&Place::new(&other, Kind::Record), &file).is_err());
/// # Ok::<(), plume_seal::StoreError>(())
/// ```
pub struct Sealed {
    source: Arc<dyn KeySource>,
    keys: Mutex<Arc<SealKeys>>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

/// The state of a record relative to the current key.
#[derive(Debug)]
pub(crate) enum Rewrap {
    Current,
    Changed(Vec<u8>),
}

struct Envelope<'a> {
    key: &'a str,
    check: [u8; SealKey::CHECK],
    /// Nonce and wrapped data key.
    wrapped: &'a [u8],
    /// Nonce and sealed contents.
    contents: &'a [u8],
}

impl Sealed {
    /// Creates the form with the keys of `source`, which is read now, and again for a record with an unknown key.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the keys cannot be read.
    pub fn new(source: Arc<dyn KeySource>) -> Result<Self, StoreError> {
        let keys = Mutex::new(Arc::new(source.keys()?));
        Ok(Self { source, keys })
    }

    pub(crate) fn keys(&self) -> Arc<SealKeys> {
        Arc::clone(&self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the keys again, because they may have changed.
    pub(crate) fn reload(&self) -> Result<(), StoreError> {
        let keys = Arc::new(self.source.keys()?);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Calls `work` with the cached keys, and once more with the current ones if it fails.
    fn with_keys<T>(&self, work: impl Fn(&SealKeys) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match work(&self.keys()) {
            Err(error) if matches!(error.kind(), StoreErrorKind::UnknownKey | StoreErrorKind::WrongKey) => {
                // If the keys cannot be read now, the first error is more useful.
                if self.reload().is_err() {
                    return Err(error);
                }
                work(&self.keys())
            }
            done => done,
        }
    }

    /// Returns the name of the key that a file is sealed with.
    pub(crate) fn key_of(file: &[u8]) -> Result<String, StoreError> {
        Ok(Envelope::read(file)?.key.to_owned())
    }

    /// Wraps the data key of a file with the current key. The contents are copied, not opened.
    pub(crate) fn rewrap(&self, slot: &Slot, file: &[u8]) -> Result<Rewrap, StoreError> {
        let keys = self.keys();
        let envelope = Envelope::read(file)?;
        let data_key = envelope.data_key(&keys, slot)?;
        if keys.current().is(envelope.key, &envelope.check) {
            return Ok(Rewrap::Current);
        }
        Ok(Rewrap::Changed(envelope_of(keys.current(), slot, data_key, envelope.contents)?))
    }
}

impl Codec for Sealed {
    fn prefix(&self) -> &'static str {
        SEALED
    }

    fn counts(&self) -> bool {
        true
    }

    fn encode(&self, place: &Place<'_>, contents: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        let keys = self.keys();
        let mut data_key = Zeroizing::new([0; DATA_KEY]);
        random(data_key.as_mut())?;
        let contents = seal(&data_key, &Bound::contents(place), contents)?;
        envelope_of(keys.current(), &Slot { kind: place.kind, id: *place.id }, data_key, &contents)
    }

    fn decode(&self, place: &Place<'_>, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let envelope = Envelope::read(file)?;
        let slot = Slot { kind: place.kind, id: *place.id };
        let data_key = self.with_keys(|keys| envelope.data_key(keys, &slot))?;
        open(&data_key, &Bound::contents(place), envelope.contents)
            .ok_or_else(|| StoreError::damaged("was changed, or moved from another place"))
    }
}

impl<'a> Envelope<'a> {
    fn read(file: &'a [u8]) -> Result<Self, StoreError> {
        let mut reader = Reader::new(unwrap(FORM, file, None)?);
        let mut read = || {
            let [length] = reader.array()?;
            let key = std::str::from_utf8(reader.bytes(length.into())?).ok()?;
            let check = reader.array()?;
            let wrapped = reader.bytes(NONCE + WRAPPED)?;
            Some(Self { key, check, wrapped, contents: reader.rest() })
        };
        read().ok_or_else(|| StoreError::damaged("has an invalid envelope"))
    }

    fn data_key(&self, keys: &SealKeys, slot: &Slot) -> Result<Zeroizing<[u8; DATA_KEY]>, StoreError> {
        let key = keys.find(self.key, &self.check)?;
        let opened = open(key.expose_bytes(), &Bound::data_key(slot, key), self.wrapped);
        let bytes = opened.as_ref().and_then(|opened| opened.first_chunk::<DATA_KEY>());
        bytes
            .map(|bytes| Zeroizing::new(*bytes))
            .ok_or_else(|| StoreError::damaged("was changed, or moved from another place"))
    }
}

fn envelope_of(
    key: &SealKey,
    slot: &Slot,
    data_key: Zeroizing<[u8; DATA_KEY]>,
    contents: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let mut text = Zeroizing::new(Vec::with_capacity(WRAPPED));
    text.extend_from_slice(data_key.as_ref());
    let wrapped = seal(key.expose_bytes(), &Bound::data_key(slot, key), text)?;
    let mut body = Vec::new();
    body.push(key.name_length());
    body.extend_from_slice(key.name().as_bytes());
    body.extend_from_slice(&key.check());
    body.extend_from_slice(&wrapped);
    body.extend_from_slice(contents);
    Ok(wrap(FORM, &body, None))
}

/// Seals a text. Returns nonce and sealed text.
fn seal(key: &[u8; DATA_KEY], bound: &Bound, text: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
    seal_with(key, nonce()?, bound, text)
}

fn seal_with(
    key: &[u8; DATA_KEY],
    nonce: [u8; NONCE],
    bound: &Bound,
    mut text: Zeroizing<Vec<u8>>,
) -> Result<Vec<u8>, StoreError> {
    // The tag is appended: without room for it the buffer would be reallocated and leave the text in memory.
    if text.capacity() < text.len() + TAG {
        let mut roomy = Zeroizing::new(Vec::with_capacity(text.len() + TAG));
        roomy.extend_from_slice(&text);
        text = roomy;
    }
    XChaCha20Poly1305::new(key.into())
        .encrypt_in_place(&XNonce::from(nonce), &bound.0, &mut *text as &mut dyn Buffer)
        .map_err(|_| StoreError::new(StoreErrorKind::Io, "the record is too large to be sealed"))?;
    let mut sealed = Vec::with_capacity(NONCE + text.len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Opens nonce and sealed text.
fn open(key: &[u8; DATA_KEY], bound: &Bound, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let mut text = Zeroizing::new(sealed.to_vec());
    XChaCha20Poly1305::new(key.into())
        .decrypt_in_place(&XNonce::from(*nonce), &bound.0, &mut *text as &mut dyn Buffer)
        .ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 32] = [7; 32];
    const PLACE: Place<'_> = Place { tenant: "tenant", kind: Kind::Record, id: &ID };
    const SLOT: Slot = Slot { kind: Kind::Record, id: ID };

    fn key(name: &str, start: u8) -> SealKey {
        SealKey::new(name, std::array::from_fn(|at| start.wrapping_add(u8::try_from(at).unwrap()))).unwrap()
    }

    fn sealed(keys: SealKeys) -> Sealed {
        Sealed::new(Arc::new(keys)).unwrap()
    }

    fn contents() -> Zeroizing<Vec<u8>> {
        Zeroizing::new(b"not-a-real-token".to_vec())
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// draft-irtf-cfrg-xchacha-03, section A.3.1.
    #[test]
    fn published_test_vector_matches() {
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
                     future, sunscreen would be it.";
        let key: [u8; 32] = std::array::from_fn(|at| 0x80 + u8::try_from(at).unwrap());
        let nonce: [u8; 24] = std::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
        let bound = Bound(bytes("50515253c0c1c2c3c4c5c6c7"));
        let expected = bytes(concat!(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb",
            "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452",
            "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9",
            "21f9664c97637da9768812f615c68b13b52e",
            "c0875924c1c7987947deafd8780acf49",
        ));
        let sealed = seal_with(&key, nonce, &bound, Zeroizing::new(text.to_vec())).unwrap();
        assert_eq!(sealed[..NONCE], nonce);
        assert_eq!(sealed[NONCE..], expected);
        assert_eq!(*open(&key, &bound, &sealed).unwrap(), text);
    }

    #[test]
    fn records_of_equal_text_differ() {
        let sealed = sealed(SealKeys::new(key("one", 1)));
        let [first, second] = [(), ()].map(|()| sealed.encode(&PLACE, contents()).unwrap());
        let data_key = |file| Envelope::read(file).unwrap().data_key(&sealed.keys(), &SLOT).unwrap();
        assert_ne!(*data_key(&first), *data_key(&second));
        let start = HEADER_AND_KEY;
        assert_eq!(first[..start], second[..start]);
        let same = first[start..].iter().zip(&second[start..]).filter(|(a, b)| a == b).count();
        assert!(same < 10, "{same} bytes of {} are the same", first.len() - start);
        assert!(!first.windows(8).any(|window| window == b"not-a-re"));
    }

    /// Magic, version, form, length and name of the key `one`, its check.
    const HEADER_AND_KEY: usize = 10 + 1 + 3 + 8;

    #[test]
    fn unknown_key_wrong_key_and_damage_are_distinguished() {
        let file = sealed(SealKeys::new(key("one", 1))).encode(&PLACE, contents()).unwrap();
        let kind = |keys| sealed(keys).decode(&PLACE, &file).unwrap_err().kind();
        assert_eq!(kind(SealKeys::new(key("two", 2))), StoreErrorKind::UnknownKey);
        assert_eq!(kind(SealKeys::new(key("one", 2))), StoreErrorKind::WrongKey);
        // Among the old keys, the right one opens it, whatever other key has the same name.
        let keys = SealKeys::new(key("one", 2)).with_old(key("one", 1));
        assert!(sealed(keys).decode(&PLACE, &file).is_ok());
    }

    #[test]
    fn the_contents_outlive_every_change_of_the_key() {
        let mut file = sealed(SealKeys::new(key("key-0", 0))).encode(&PLACE, contents()).unwrap();
        let before = Envelope::read(&file).unwrap().contents.to_vec();
        for number in 1..=3 {
            let keys = SealKeys::new(key(&format!("key-{number}"), number))
                .with_old(key(&format!("key-{}", number - 1), number - 1));
            let sealed = sealed(keys);
            let Rewrap::Changed(changed) = sealed.rewrap(&SLOT, &file).unwrap() else {
                panic!("the key is another one");
            };
            assert!(matches!(sealed.rewrap(&SLOT, &changed).unwrap(), Rewrap::Current));
            file = changed;
            assert_eq!(Envelope::read(&file).unwrap().contents, before);
        }
        let last = sealed(SealKeys::new(key("key-3", 3)));
        assert_eq!(*last.decode(&PLACE, &file).unwrap(), *contents());
    }

    #[test]
    fn a_data_key_serves_its_own_file_only() {
        let file = sealed(SealKeys::new(key("one", 1))).encode(&PLACE, contents()).unwrap();
        let newer = sealed(SealKeys::new(key("two", 2)).with_old(key("one", 1)));
        for slot in [Slot { kind: Kind::Mark, ..SLOT }, Slot { id: [8; 32], ..SLOT }] {
            assert_eq!(newer.rewrap(&slot, &file).unwrap_err().kind(), StoreErrorKind::Damaged);
        }
    }

    #[test]
    fn contents_and_data_keys_are_never_taken_for_each_other() {
        let slot_bound = Bound::data_key(&SLOT, &key("one", 1));
        assert_ne!(Bound::contents(&PLACE).0, slot_bound.0);
        // The boundary between two parts matters.
        assert_ne!(Bound::parts(&[b"ab", b"c"]).0, Bound::parts(&[b"a", b"bc"]).0);
    }

    #[test]
    fn changed_keys_are_loaded_again() {
        let now = Arc::new(Mutex::new(SealKeys::new(key("one", 1))));
        let source = Arc::clone(&now);
        let running = Sealed::new(Arc::new(crate::keys::KeysFromCallback::new(move || {
            Ok(source.lock().unwrap().clone())
        })))
        .unwrap();
        let newer = sealed(SealKeys::new(key("two", 2))).encode(&PLACE, contents()).unwrap();
        assert_eq!(running.decode(&PLACE, &newer).unwrap_err().kind(), StoreErrorKind::UnknownKey);
        *now.lock().unwrap() = SealKeys::new(key("two", 2)).with_old(key("one", 1));
        assert!(running.decode(&PLACE, &newer).is_ok());
    }

    #[test]
    fn keys_do_not_show_in_debug() {
        let keys = SealKeys::new(key("one", 1));
        let shown = format!("{keys:?} {:?}", sealed(keys.clone()));
        assert!(shown.contains("one"));
        assert!(!shown.contains("3, 4, 5") && !shown.contains("030405"), "{shown}");
    }
}
