//! The frame of a record on disk, which binds it to its place.
//!
//! ```text
//! magic 8 | version 1 | form 1 | body | SHA-256 of everything before (plain: and of the place) 32
//! ```
//!
//! The checksum finds accidental damage in both forms. It also distinguishes a damaged record, which is moved aside, from an
//! intact one whose key is missing, which must be kept.

use std::fmt;

use zeroize::Zeroizing;

use crate::digest::hash;
use crate::error::{StoreError, StoreErrorKind};
use crate::form::place::{self, Place};

const MAGIC: &[u8; 8] = b"PlumeTok";
const VERSION: u8 = 1;
const CHECKSUM: usize = 32;
const HEADER: usize = MAGIC.len() + 2;

/// Encodes contents as files and decodes them.
pub trait Codec: fmt::Debug + Send + Sync {
    /// Returns the prefix of the names of its files. It is unique for each form.
    fn prefix(&self) -> &'static str;
    /// Returns whether an older copy must be detected by a counter.
    fn counts(&self) -> bool;
    /// Encodes contents as a file.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the contents cannot be encoded.
    fn encode(&self, place: &Place<'_>, contents: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StoreError>;
    /// Decodes the contents of a file.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the kind `Damaged` for a file that was changed or belongs to another place, and `Newer`.
    fn decode(&self, place: &Place<'_>, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError>;
}

/// Plain contents with a checksum.
#[derive(Debug)]
pub struct Plain;

const PLAIN: u8 = 0;

impl Codec for Plain {
    fn prefix(&self) -> &'static str {
        place::PLAIN
    }

    fn counts(&self) -> bool {
        // A counter that anyone can write proves nothing.
        false
    }

    fn encode(&self, place: &Place<'_>, contents: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StoreError> {
        Ok(wrap(PLAIN, &contents, Some(place)))
    }

    fn decode(&self, place: &Place<'_>, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        unwrap(PLAIN, file, Some(place)).map(|body| Zeroizing::new(body.to_vec()))
    }
}

/// Wraps a body in a frame.
pub(crate) fn wrap(form: u8, body: &[u8], place: Option<&Place<'_>>) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER + body.len() + CHECKSUM);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&[VERSION, form]);
    file.extend_from_slice(body);
    let checksum = checksum(&file, place);
    file.extend_from_slice(&checksum);
    file
}

/// Removes the frame of a body.
pub(crate) fn unwrap<'a>(
    form: u8,
    file: &'a [u8],
    place: Option<&Place<'_>>,
) -> Result<&'a [u8], StoreError> {
    let damaged = |why| Err(StoreError::damaged(why));
    let Some(rest) = file.strip_prefix(MAGIC) else {
        return damaged("is empty, torn or not a record");
    };
    match rest.split_first_chunk() {
        Some(([VERSION, found], _)) if *found == form => {}
        Some(([version, _], _)) if *version > VERSION => {
            let message = format!("the record has version {version}, and this program knows {VERSION}");
            return Err(StoreError::new(StoreErrorKind::Newer, message));
        }
        _ => return damaged("has another form"),
    }
    let Some((start, found)) = file.split_last_chunk::<CHECKSUM>() else {
        return damaged("is torn");
    };
    if checksum(start, place) != *found {
        return damaged("is torn, changed or in a wrong place");
    }
    start.get(HEADER..).map_or_else(|| damaged("is torn"), Ok)
}

fn checksum(file: &[u8], place: Option<&Place<'_>>) -> [u8; CHECKSUM] {
    match place {
        None => hash("plume-auth sealed record 1", &[file]),
        Some(place) => {
            let parts = [file, place.tenant.as_bytes(), place.kind.as_str().as_bytes(), place.id];
            hash("plume-auth plain record 1", &parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::place::Kind;

    const ID: [u8; 32] = [7; 32];
    const PLACE: Place<'_> = Place { tenant: "tenant", kind: Kind::Record, id: &ID };

    fn contents() -> Zeroizing<Vec<u8>> {
        Zeroizing::new((0..200).collect())
    }

    #[test]
    fn contents_round_trip() {
        let file = Plain.encode(&PLACE, contents()).unwrap();
        assert_eq!(*Plain.decode(&PLACE, &file).unwrap(), *contents());
    }

    #[test]
    fn every_flipped_bit_and_every_length_is_noticed() {
        let file = Plain.encode(&PLACE, contents()).unwrap();
        for bit in 0..file.len() * 8 {
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            assert!(Plain.decode(&PLACE, &file).is_err(), "bit {bit}");
        }
        for length in 0..file.len() {
            assert!(Plain.decode(&PLACE, &file[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_record_counts_in_its_place_only() {
        let file = Plain.encode(&PLACE, contents()).unwrap();
        for place in [
            Place { tenant: "other", ..PLACE },
            Place { kind: Kind::Mark, ..PLACE },
            Place { id: &[8; 32], ..PLACE },
        ] {
            assert_eq!(Plain.decode(&place, &file).unwrap_err().kind(), StoreErrorKind::Damaged);
        }
    }

    #[test]
    fn newer_version_is_a_distinct_error() {
        let mut file = Plain.encode(&PLACE, contents()).unwrap();
        file[MAGIC.len()] = VERSION + 1;
        assert_eq!(Plain.decode(&PLACE, &file).unwrap_err().kind(), StoreErrorKind::Newer);
    }
}
