//! The names of the files of a store. Files with other names are not touched.

use crate::digest::{from_hex, to_hex};
use crate::form::{Kind, PLAIN, SEALED};

const ASIDE: &str = "aside-";
const TEMPORARY: &str = ".tmp";

/// A file, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// A record that is being written, or a leftover of a killed process.
    Temporary { id: [u8; 32] },
    /// A record that was moved aside.
    Aside { number: u64, id: [u8; 32] },
    /// The note that the record is forgotten.
    Forgotten { id: [u8; 32] },
    /// Something else.
    Other,
}

pub(crate) fn record(prefix: &str, id: &[u8; 32], kind: Kind) -> String {
    format!("{prefix}{}.{}", to_hex(id), kind.as_str())
}

pub(crate) fn temporary(record: &str, random: u64, number: u64) -> String {
    format!("{record}.{random:016x}-{number}{TEMPORARY}")
}

pub(crate) fn aside(record: &str, number: u64) -> String {
    format!("{ASIDE}{number}-{record}")
}

pub(crate) fn lock(id: &[u8; 32]) -> String {
    format!("{}.lock", to_hex(id))
}

pub(crate) fn forgotten(id: &[u8; 32]) -> String {
    format!("{}.forgotten", to_hex(id))
}

impl Name {
    pub(crate) fn of(name: &str) -> Self {
        temporary_id(name)
            .map(|id| Self::Temporary { id })
            .or_else(|| {
                let (number, record) = name.strip_prefix(ASIDE)?.split_once('-')?;
                Some(Self::Aside { number: decimal(number)?, id: record_id(record)? })
            })
            .or_else(|| Some(Self::Forgotten { id: from_hex(name.strip_suffix(".forgotten")?)? }))
            .unwrap_or(Self::Other)
    }
}

fn temporary_id(name: &str) -> Option<[u8; 32]> {
    let (record, writer) = name.strip_suffix(TEMPORARY)?.rsplit_once('.')?;
    let (random, number) = writer.split_once('-')?;
    let is_random = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    decimal(number).filter(|_| is_random)?;
    record_id(record)
}

/// Returns the index of a record of the form with this prefix, `None` for other files.
pub(crate) fn index(prefix: &str, name: &str) -> Option<[u8; 32]> {
    let (id, kind) = name.strip_prefix(prefix)?.split_once('.')?;
    Kind::parse(kind).filter(|kind| *kind == Kind::Record).and_then(|_| from_hex(id))
}

fn record_id(name: &str) -> Option<[u8; 32]> {
    let (id, kind) = [PLAIN, SEALED].iter().find_map(|prefix| name.strip_prefix(prefix))?.split_once('.')?;
    Kind::parse(kind).and_then(|_| from_hex(id))
}

fn decimal(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_recognised() {
        let id = [7; 32];
        let token = record(SEALED, &id, Kind::Record);
        assert_eq!(Name::of(&temporary(&token, 5, 17)), Name::Temporary { id });
        assert_eq!(
            Name::of(&temporary(&record(PLAIN, &id, Kind::Mark), u64::MAX, 0)),
            Name::Temporary { id }
        );
        assert_eq!(Name::of(&aside(&token, 3)), Name::Aside { number: 3, id });
        assert_eq!(Name::of(&forgotten(&id)), Name::Forgotten { id });
        let upper = token.to_uppercase();
        for other in [
            "",
            ".tmp",
            "notes.tmp",
            "aside-1-notes.txt",
            "aside-x",
            "draft.forgotten",
            &token,
            &lock(&id),
            &format!("{token}.tmp"),
            &format!("{token}.00-0.tmp"),
            &format!("{token}.0123456789abcdef-+1.tmp"),
            &format!("plain2{}", temporary(&token, 5, 17)),
            &format!("aside-+3-{token}"),
            &format!("aside-3-{upper}"),
        ] {
            assert_eq!(Name::of(other), Name::Other, "{other}");
        }
    }
}
