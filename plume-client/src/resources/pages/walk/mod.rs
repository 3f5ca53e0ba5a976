//! How a list is read to its end by limit and offset: what to ask for next, and what of an answer is new.
//!
//! No I/O, so that every misbehaviour of a server is a test. The list may change while it is read, and the server
//! may not do as it is told, so each page begins with the last row of the page before. If that row is where it is
//! expected, nothing has moved. If it is not, the walk looks for a place it knows, further back, and goes on from
//! there. A row that was given is not given again.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

/// The most rows whose keys go into a continuation.
pub(super) const TAIL: usize = 16;
/// So many answers that lead nowhere, without a new row between them, mean that the server does not move on. Stepping
/// back doubles its stride, so that a list that was cut to a thousandth is still found in this many steps.
const MAX_IDLE: u32 = 16;
/// The pages of one walk, unless told otherwise.
pub(super) const MAX_PAGES: u32 = 10_000;

/// What to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) offset: u64,
    pub(crate) limit: u32,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the last given row on.
    Overlapping,
    /// From behind the last given row on.
    Beyond,
    /// From further back, to find a row that is known.
    Back,
}

/// What was noticed while a list was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notes {
    /// Rows moved or came twice: the list changed while it was read, or the server has no fixed order. Rows that
    /// were there all the time were still given once; of those that came or went meanwhile nothing is promised.
    pub changed: bool,
    /// The server gave fewer rows than it was asked for, and more after them.
    pub short_pages: bool,
    /// The server gave more rows than it was asked for.
    pub long_pages: bool,
    /// How many rows could not be read. They are not given.
    pub unreadable: u64,
}

/// What an answer holds that is new: the places of the rows among the readable ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) new: Vec<usize>,
    pub(super) done: bool,
}

/// Why a list cannot be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Only rows that were given already.
    Repeats,
    /// More pages than allowed.
    TooLong,
    /// Nothing of what a continuation knows is there.
    Lost,
}

#[derive(Debug)]
pub(super) struct Walk {
    limit: u32,
    /// Whether a short page is not yet the end.
    pub(super) confirm: bool,
    pub(super) max_pages: u32,
    pub(super) notes: Notes,
    /// The offset behind the last given row.
    next: u64,
    tail: VecDeque<String>,
    /// Whether the last row of the list so far is the end of the tail, so that the next page can begin with it.
    anchored: bool,
    /// The last page was shorter than asked for.
    short: bool,
    /// How many rows it had.
    last_rows: u32,
    seen: HashSet<u64>,
    /// Whether rows were given before this walk began, so that an unknown row may be one of them.
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

    /// Goes on behind rows that were given before.
    pub(super) fn resume(&mut self, next: u64, tail: &[String]) {
        self.next = next;
        // A continuation may come from outside, with any number in it.
        self.tail = tail.iter().skip(tail.len().saturating_sub(TAIL)).cloned().collect();
        self.seen = tail.iter().map(|key| hash(key)).collect();
        self.anchored = !tail.is_empty();
        self.resumed = !tail.is_empty();
    }

    /// Where the walk stands: the next offset, and the keys of the last rows.
    pub(super) fn position(&self) -> (u64, impl Iterator<Item = &String>) {
        (self.next, self.tail.iter())
    }

    /// What to ask for; nothing at the end.
    pub(super) fn ask(&self) -> Result<Option<Ask>, Stuck> {
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
            Some(back) => Ask { offset: self.next.saturating_sub(back), limit, way: Way::Back },
            // One row of the page is known already, so a page of one would never move.
            None if self.anchored && !self.short && self.next > 0 => {
                Ask { offset: self.next - 1, limit: limit.max(2), way: Way::Overlapping }
            }
            None => Ask { offset: self.next, limit, way: Way::Beyond },
        }))
    }

    /// Takes the keys of the readable rows of an answer.
    pub(super) fn take(&mut self, ask: Ask, keys: &[String], unreadable: usize) -> Result<Taken, Stuck> {
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
        // Where unreadable rows stand is not known, so they may be the last.
        self.anchored = unreadable == 0;
        self.short = rows < ask.limit as usize;
        self.last_rows = u32::try_from(rows).unwrap_or(u32::MAX);
        if new.is_empty() {
            // To pass over known rows is a way forward, unless it is the same page again.
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
