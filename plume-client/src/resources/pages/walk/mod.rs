//! The walk over a list by limit and offset: the next request, and the new rows of a response.
//!
//! No I/O, so that every misbehaviour of a server is a test. The list may change while it is read, and the server may
//! ignore limit or offset, so each page begins with the last row of the page before. If that row is at the expected place,
//! nothing has moved. If not, the walk searches further back for a known row and continues from there. No row is yielded
//! twice.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

/// The maximum number of keys in a continuation.
pub(super) const TAIL: usize = 16;
/// The maximum number of responses in a row without a new row. The step back doubles each time, so that a known row is
/// found in a list that shrank to a thousandth.
const MAX_IDLE: u32 = 16;
/// The default maximum number of pages.
pub(super) const MAX_PAGES: u32 = 10_000;

/// The request for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageRequest {
    pub(crate) offset: u64,
    pub(crate) limit: u32,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The page begins at the last yielded row.
    Overlapping,
    /// From behind the last yielded row on.
    Beyond,
    /// From further back, to find a known row.
    Back,
}

/// The irregularities of a list that was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Notes {
    /// Rows moved or were repeated: the list changed while it was read, or the server has no fixed order. Rows that were
    /// present all the time were still yielded once; added or removed ones may be missing.
    pub changed: bool,
    /// A page had fewer rows than requested, and more rows followed.
    pub short_pages: bool,
    /// A page had more rows than requested.
    pub long_pages: bool,
    /// The number of rows that could not be decoded. They are not yielded.
    pub unreadable: u64,
}

/// The new rows of a response, by their places among the readable ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) new: Vec<usize>,
    pub(super) done: bool,
}

/// The reason why a list cannot be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Only rows that were yielded before.
    Repeats,
    /// More pages than allowed.
    TooLong,
    /// No row of the continuation exists.
    Lost,
}

#[derive(Debug)]
pub(super) struct Walk {
    limit: u32,
    /// Whether a short page is not yet the end.
    pub(super) confirm: bool,
    pub(super) max_pages: u32,
    pub(super) notes: Notes,
    /// The offset behind the last yielded row.
    next: u64,
    tail: VecDeque<String>,
    /// Whether the tail ends with the last row so far, so that the next page can begin with it.
    anchored: bool,
    /// Whether the last page was shorter than requested.
    short: bool,
    /// The number of its rows.
    last_rows: u32,
    seen: HashSet<u64>,
    /// Whether rows were yielded before this walk began, so that an unknown row may be one of them.
    resumed: bool,
    back: Option<u64>,
    idle: u32,
    /// The first rows of the pages without a new row since the last new one.
    passed: HashSet<u64>,
    pages: u32,
    done: bool,
}

fn hash(key: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}

impl Walk {
    pub(super) fn new(limit: u32, start: u64) -> Self {
        Self {
            limit: limit.max(1),
            confirm: true,
            max_pages: MAX_PAGES,
            notes: Notes::default(),
            next: start,
            tail: VecDeque::new(),
            anchored: false,
            short: false,
            last_rows: 0,
            seen: HashSet::new(),
            resumed: false,
            back: None,
            idle: 0,
            passed: HashSet::new(),
            pages: 0,
            done: false,
        }
    }

    /// Continues behind rows that were yielded before.
    pub(super) fn resume(&mut self, next: u64, tail: &[String]) {
        self.next = next;
        // A continuation may be foreign input, with any number in it.
        self.tail = tail.iter().skip(tail.len().saturating_sub(TAIL)).cloned().collect();
        self.seen = tail.iter().map(|key| hash(key)).collect();
        self.anchored = !tail.is_empty();
        self.resumed = !tail.is_empty();
    }

    /// Returns the next offset, and the keys of the last rows.
    pub(super) fn position(&self) -> (u64, impl Iterator<Item = &String>) {
        (self.next, self.tail.iter())
    }

    /// Returns the next request; `None` at the end.
    pub(super) fn ask(&self) -> Result<Option<PageRequest>, Stuck> {
        if self.done {
            return Ok(None);
        }
        if self.idle >= MAX_IDLE {
            return Err(Stuck::Repeats);
        }
        if self.pages >= self.max_pages {
            return Err(Stuck::TooLong);
        }
        let limit = self.limit;
        Ok(Some(match self.back {
            Some(back) => PageRequest { offset: self.next.saturating_sub(back), limit, way: Way::Back },
            // One row of the page is known already, so a page of one would never move.
            None if self.anchored && !self.short && self.next > 0 => {
                PageRequest { offset: self.next - 1, limit: limit.max(2), way: Way::Overlapping }
            }
            None => PageRequest { offset: self.next, limit, way: Way::Beyond },
        }))
    }

    /// Accepts the keys of the readable rows of a response.
    pub(super) fn take(
        &mut self,
        ask: PageRequest,
        keys: &[String],
        unreadable: usize,
    ) -> Result<Taken, Stuck> {
        self.pages += 1;
        let rows = keys.len() + unreadable;
        let known: Vec<bool> = keys.iter().map(|key| self.seen.contains(&hash(key))).collect();
        let nothing = |done| Ok(Taken { new: Vec::new(), done });
        self.notes.unreadable += unreadable as u64;
        self.notes.long_pages |= rows > ask.limit as usize;
        let anchor = keys.iter().position(|key| Some(key) == self.tail.back());
        // Where rows before the last known one may have been given before this walk began, they are left out.
        let mut from = 0;
        match ask.way {
            Way::Beyond => {
                if rows == 0 {
                    self.done = true;
                    return nothing(true);
                }
                if self.short {
                    // The short page was not the last one: the server gives that many, or the list changed. Asked
                    // again from the last known row on, so that nothing slips through in between.
                    if known.iter().all(|known| *known) {
                        self.notes.changed = true;
                    } else {
                        self.notes.short_pages = true;
                        self.limit = self.limit.min(self.last_rows).max(1);
                    }
                    self.short = false;
                    self.idle += 1;
                    return nothing(false);
                }
            }
            Way::Overlapping if anchor == Some(0) && rows == 1 => {
                // Nothing behind the last row. A server that gives one row a page would say the same.
                self.anchored = false;
                self.done = !self.confirm;
                return nothing(self.done);
            }
            // Unless all of it is known, which means that rows came before it and the way is forward, not back.
            Way::Overlapping
                if anchor.is_none() && unreadable == 0 && (rows == 0 || known.contains(&false)) =>
            {
                self.notes.changed = true;
                self.idle += 1;
                self.back = Some(u64::from(self.limit));
                return nothing(false);
            }
            Way::Overlapping => {
                self.notes.changed |= anchor != Some(0) && unreadable == 0;
                from = anchor.unwrap_or_default();
            }
            Way::Back => {
                let last_known = known.iter().rposition(|known| *known);
                if last_known.is_none() && ask.offset > 0 {
                    self.idle += 1;
                    self.back = self.back.map(|back| back.saturating_mul(2));
                    return nothing(false);
                }
                if last_known.is_none() && self.resumed {
                    return Err(Stuck::Lost);
                }
                if rows == 0 {
                    self.done = true;
                    return nothing(true);
                }
                self.back = None;
                from = last_known.unwrap_or_default();
            }
        }
        let mut new = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            if self.resumed && place < from {
                self.seen.insert(hash(key));
                continue;
            }
            if self.seen.insert(hash(key)) {
                new.push(place);
            } else if !(ask.way == Way::Overlapping && anchor == Some(place)) && ask.way != Way::Back {
                self.notes.changed = true;
            }
        }
        self.tail.extend(keys.iter().skip(keys.len().saturating_sub(TAIL)).cloned());
        while self.tail.len() > TAIL {
            self.tail.pop_front();
        }
        self.next = ask.offset.saturating_add(rows as u64);
        // The places of unreadable rows are not known, so they may be the last.
        self.anchored = unreadable == 0;
        self.short = rows < ask.limit as usize;
        self.last_rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if new.is_empty() {
            // Skipping known rows is progress, unless it is the same page again.
            let fresh = keys.first().is_some_and(|key| self.passed.insert(hash(key)));
            self.idle += u32::from(!fresh);
        } else {
            self.idle = 0;
            self.passed.clear();
        }
        self.done = self.short && !self.confirm;
        Ok(Taken { new, done: self.done })
    }
}

#[cfg(test)]
mod tests;
