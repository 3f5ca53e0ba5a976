//! The chain over the rows of the audit. Each row has a code over itself and the code before, made with a key that only the
//! sealed head contains. The head also has the number and code of the last row, so that a cut end is found, and of the last row
//! that was removed for its age, where the chain begins.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::access::audit::row::AuditRow;

/// The code of a row.
pub type Mac = [u8; 32];

const KEY: usize = 32;
/// The length of an encoded head.
const ENCODED: usize = KEY + 2 * (8 + 32);

/// The head of the chain. It is secret, because it contains the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Chain {
    key: [u8; KEY],
    /// The number and the code of the row before the first one that is kept.
    begin: (u64, Mac),
    count: u64,
    last: Mac,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Chain {
    /// Returns the head of an empty chain with a random key.
    #[must_use]
    pub fn new(key: [u8; KEY]) -> Self {
        Self { key, begin: (0, [0; 32]), count: 0, last: [0; 32] }
    }

    /// Returns the number of the last row, which is the number of rows that were written.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the number of the last row that was removed for its age; 0 if none was.
    #[must_use]
    pub fn removed(&self) -> u64 {
        self.begin.0
    }

    /// Lets the chain begin after a row that a [`Walk`] has checked.
    pub fn remove_to(&mut self, number: u64, mac: Mac) {
        self.begin = (number, mac);
    }

    /// Returns whether this is the code of the last row.
    #[must_use]
    pub fn ends_with(&self, mac: &Mac) -> bool {
        self.last == *mac
    }

    /// Adds a row, whose number must be the next one. Returns its code.
    pub fn add(&mut self, row: &AuditRow) -> Mac {
        self.last = self.code(&self.last, row);
        self.count = row.number;
        self.last
    }

    fn code(&self, before: &Mac, row: &AuditRow) -> Mac {
        // HMAC takes a key of any length, so there is no error.
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return [0; 32] };
        let mut add = |part: &[u8]| {
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part);
        };
        add(before);
        add(&row.number.to_be_bytes());
        add(&row.at.timestamp_millis().to_be_bytes());
        let event = &row.event;
        add(event.who.as_bytes());
        match &event.tenant {
            Some(tenant) => add(tenant.as_str().as_bytes()),
            None => hmac.update(&u64::MAX.to_be_bytes()),
        }
        for text in [&event.action, &event.subject, &event.outcome] {
            hmac.update(&(text.len() as u64).to_be_bytes());
            hmac.update(text.as_bytes());
        }
        hmac.finalize().into_bytes().into()
    }

    /// Returns the bytes of the head, which have to be sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (removed, before) = self.begin;
        [self.key.as_slice(), &removed.to_be_bytes(), &before, &self.count.to_be_bytes(), &self.last].concat()
    }

    /// Reads the bytes of a head; `None` for other bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; ENCODED] = bytes.try_into().ok()?;
        let (key, rest) = bytes.split_first_chunk::<KEY>()?;
        let (removed, rest) = rest.split_first_chunk::<8>()?;
        let (before, rest) = rest.split_first_chunk::<32>()?;
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let begin = (u64::from_be_bytes(*removed), *before);
        Some(Self { key: *key, begin, count: u64::from_be_bytes(*count), last: rest.try_into().ok()? })
    }
}

/// The first place where stored rows differ from what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// A row is missing, or has another place.
    #[error("row {expected} is missing: row {found} follows the one before it")]
    Missing {
        /// The number that should follow.
        expected: u64,
        /// The number that follows.
        found: u64,
    },
    /// A row is changed, inserted or moved.
    #[error("row {0} is not the one that was written")]
    Altered(u64),
    /// Rows are missing at the end.
    #[error("{written} rows were written, and {found} are there: the end is cut")]
    Cut {
        /// Rows that were written.
        written: u64,
        /// Rows that are there.
        found: u64,
    },
    /// There are rows after the last one that was written.
    #[error("row {0} was not written by this program")]
    Foreign(u64),
    /// The head is missing, or was sealed by another installation.
    #[error("the sealed head of the audit is missing or foreign: the whole audit may be replaced")]
    Head,
    /// The database is older than the copy of the head beside it.
    #[error(
        "{written} rows were written, and the database knows of {found}: it is an older copy, or the end is cut"
    )]
    Older {
        /// Rows by the copy of the head.
        written: u64,
        /// Rows by the database.
        found: u64,
    },
}

/// A walk over stored rows in their order.
#[derive(Debug)]
pub struct Walk<'a> {
    head: &'a Chain,
    walked: Chain,
}

impl<'a> Walk<'a> {
    /// Begins at the first row that is kept.
    #[must_use]
    pub fn new(head: &'a Chain) -> Self {
        let (count, last) = head.begin;
        Self { head, walked: Chain { count, last, ..head.clone() } }
    }

    /// Checks the next row.
    ///
    /// # Errors
    ///
    /// [`Broken`] if it is not the row that was written in this place.
    pub fn step(&mut self, row: &AuditRow, stored: &[u8]) -> Result<(), Broken> {
        let expected = self.walked.count.saturating_add(1);
        if row.number != expected {
            return Err(Broken::Missing { expected, found: row.number });
        }
        if row.number > self.head.count {
            return Err(Broken::Foreign(row.number));
        }
        match self.walked.add(row) == *stored {
            true => Ok(()),
            false => Err(Broken::Altered(row.number)),
        }
    }

    /// Returns the code of the last row that was checked.
    #[must_use]
    pub fn last(&self) -> Mac {
        self.walked.last
    }

    /// Ends the walk after the last row. Returns the number of rows that are kept.
    ///
    /// # Errors
    ///
    /// [`Broken::Cut`] if rows are missing at the end.
    pub fn end(self) -> Result<u64, Broken> {
        let (written, found) = (self.head.count, self.walked.count);
        if found < written {
            return Err(Broken::Cut { written, found });
        }
        match self.walked.last == self.head.last {
            true => Ok(found.saturating_sub(self.head.removed())),
            false => Err(Broken::Altered(found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plume::monitor::ids::TenantId;

    use super::*;
    use crate::access::audit::row::AuditEvent;

    fn written(key: u8, count: u64) -> (Chain, Vec<(AuditRow, Mac)>) {
        let mut chain = Chain::new([key; 32]);
        let mut rows = Vec::new();
        for number in 1..=count {
            let event =
                AuditEvent::new("ada", "incident note", &format!("i{number}")).of(&TenantId::new("north"));
            let row = AuditRow { number, at: DateTime::UNIX_EPOCH, event };
            let mac = chain.add(&row);
            rows.push((row, mac));
        }
        (chain, rows)
    }

    fn check(head: &Chain, rows: &[(AuditRow, Mac)]) -> Result<u64, Broken> {
        let mut walk = Walk::new(head);
        for (row, mac) in rows {
            walk.step(row, mac)?;
        }
        walk.end()
    }

    #[test]
    fn what_was_written_is_whole_and_its_head_is_read_again() {
        let (head, rows) = written(1, 5);
        assert_eq!(check(&head, &rows), Ok(5));
        assert_eq!(Chain::decode(&head.encode()), Some(head.clone()));
        assert_eq!(Chain::decode(&head.encode()[1..]), None);
        assert!(!format!("{head:?}").contains("1, 1"), "{head:?}");
    }

    type Manipulation = (&'static str, fn(&mut Vec<(AuditRow, Mac)>), Broken);

    #[test]
    fn each_of_six_manipulations_is_found() {
        let manipulations: [Manipulation; 9] = [
            ("edited", |rows| rows[2].0.event.who = "eve".to_owned(), Broken::Altered(3)),
            ("another tenant", |rows| rows[2].0.event.tenant = None, Broken::Altered(3)),
            ("deleted", |rows| drop(rows.remove(2)), Broken::Missing { expected: 3, found: 4 }),
            (
                "deleted and renumbered",
                |rows| {
                    rows.remove(2);
                    (1..).zip(rows.iter_mut()).for_each(|(number, row)| row.0.number = number);
                },
                Broken::Altered(3),
            ),
            ("inserted", |rows| rows.insert(2, rows[2].clone()), Broken::Missing { expected: 4, found: 3 }),
            (
                "added",
                |rows| {
                    let mut row = rows[4].clone();
                    row.0.number = 6;
                    rows.push(row);
                },
                Broken::Foreign(6),
            ),
            (
                "reordered",
                |rows| {
                    rows.swap(1, 2);
                    (1..).zip(rows.iter_mut()).for_each(|(number, row)| row.0.number = number);
                },
                Broken::Altered(2),
            ),
            ("tail cut", |rows| rows.truncate(4), Broken::Cut { written: 5, found: 4 }),
            ("replaced", |rows| *rows = written(2, 5).1, Broken::Altered(1)),
        ];
        for (name, manipulate, broken) in manipulations {
            let (head, mut rows) = written(1, 5);
            manipulate(&mut rows);
            assert_eq!(check(&head, &rows), Err(broken), "{name}");
        }
    }

    #[test]
    fn a_chain_without_its_old_rows_is_whole_and_each_manipulation_is_found() {
        let (mut head, rows) = written(1, 5);
        let (row, mac) = &rows[1];
        head.remove_to(row.number, *mac);
        let head = Chain::decode(&head.encode()).unwrap();
        assert_eq!((head.removed(), head.count()), (2, 5));
        assert_eq!(check(&head, &rows[2..]), Ok(3));
        assert_eq!(check(&head, &rows[3..]), Err(Broken::Missing { expected: 3, found: 4 }));
        assert_eq!(check(&head, &rows), Err(Broken::Missing { expected: 3, found: 1 }));
        assert_eq!(check(&head, &rows[2..4]), Err(Broken::Cut { written: 5, found: 4 }));
        let mut edited = rows[2..].to_vec();
        edited[0].0.event.who = "eve".to_owned();
        assert_eq!(check(&head, &edited), Err(Broken::Altered(3)));
        let (_, other) = written(2, 5);
        assert_eq!(check(&head, &other[2..]), Err(Broken::Altered(3)));
    }

    #[test]
    fn a_row_of_a_database_with_the_same_key_is_found_in_its_place() {
        let (head, rows) = written(1, 5);
        let (mut other, others) = written(1, 2);
        let event = AuditEvent::new("eve", "incident note", "i3");
        let row = AuditRow { number: 3, at: DateTime::UNIX_EPOCH, event };
        let mac = other.add(&row);
        assert_eq!(check(&other, &[&others[..], &[(row.clone(), mac)]].concat()), Ok(3));
        let mut moved = rows.clone();
        moved[2] = (row, mac);
        assert_eq!(check(&head, &moved), Err(Broken::Altered(4)), "the code of row 4 is over that of row 3");
        assert_eq!(check(&head, &moved[..3]), Err(Broken::Cut { written: 5, found: 3 }));
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let mut chain = Chain::new([1; 32]);
        let code = |action: &str, subject: &str| {
            let event = AuditEvent::new("ada", action, subject);
            Chain::new([1; 32]).add(&AuditRow { number: 1, at: DateTime::UNIX_EPOCH, event })
        };
        assert_ne!(code("ab", "c"), code("a", "bc"));
        let event = AuditEvent::new("ada", "ab", "c");
        assert_eq!(chain.add(&AuditRow { number: 1, at: DateTime::UNIX_EPOCH, event }), code("ab", "c"));
    }
}
