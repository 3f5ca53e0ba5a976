//! The reading of lists: polling, and paging.

use std::time::Duration;

use crate::oracle::memory::Recent;
use crate::oracle::messages::Page;
use crate::oracle::verdict::{Breach, ViolationKind};

/// The number of reads of one list within a second that counts as busy.
const OFTEN: u32 = 8;
/// The number of busy seconds in a row that counts as polling without a pause.
const BUSY_SECONDS: u32 = 3;
/// A later request for a page starts another reading.
const SOON: Duration = Duration::from_secs(60);
/// Maximum number of gaps or overlaps that can be deliberate.
const MOST_GAPS: u32 = 2;
const MOST_OVERLAPS: u32 = 3;
/// Maximum number of requests for the same page in a row.
const MOST_SAME: u32 = 3;
/// Independent readers all request the first page, so it may be repeated more often.
const MOST_FIRST: u32 = 20;
const AT_ONCE: Duration = Duration::from_secs(3);
/// Number of pages after an empty one.
const MOST_BEYOND: u32 = 2;

#[derive(Debug, Default)]
struct Pace {
    second: u64,
    count: u32,
    busy: u32,
    told: bool,
}

#[derive(Debug, Default)]
struct Reading {
    last: Option<(Page, u64, Duration)>,
    rows: Option<u64>,
    in_flight: u32,
    /// Pages are read concurrently, so their order has no meaning.
    parallel: bool,
    step: u64,
    gaps: u32,
    overlaps: u32,
    same: u32,
    beyond: u32,
}

/// The readings of all clients.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    paces: Recent<Pace>,
    readings: Recent<Reading>,
}

impl Readings {
    /// Records a read.
    pub(crate) fn pace(&mut self, key: u64, at: Duration) -> Option<Breach> {
        let pace = self.paces.entry(key);
        let second = at.as_secs();
        if pace.second != second {
            let busy = pace.second + 1 == second && pace.count >= OFTEN;
            pace.busy = if busy { pace.busy + 1 } else { 0 };
            pace.told &= busy;
            pace.second = second;
            pace.count = 0;
        }
        pace.count += 1;
        if pace.busy + 1 < BUSY_SECONDS || pace.count < OFTEN || pace.told {
            return None;
        }
        pace.told = true;
        let message = format!("the same list {OFTEN} times per second for {BUSY_SECONDS} s or longer");
        Some((ViolationKind::BusyPolling, message))
    }

    /// Records a request for a page. Returns its breach and the request before it.
    pub(crate) fn page(
        &mut self,
        client: u64,
        page: Page,
        number: u64,
        at: Duration,
    ) -> Option<(Breach, u64)> {
        let reading = self.readings.entry(client ^ page.list);
        reading.parallel |= reading.in_flight > 0;
        reading.in_flight += 1;
        let found = reading.judge(page, at);
        reading.last = Some((page, number, at));
        reading.rows = None;
        found
    }

    /// Ends a request for a page. `rows`: the response was a list.
    pub(crate) fn ended(&mut self, client: u64, page: Page, number: u64, rows: Option<u64>) {
        let Some(reading) = self.readings.get_mut(client ^ page.list) else { return };
        reading.in_flight = reading.in_flight.saturating_sub(1);
        if reading.last.is_some_and(|(_, last, _)| last == number) {
            reading.rows = rows;
        }
    }
}

impl Reading {
    fn judge(&mut self, page: Page, at: Duration) -> Option<(Breach, u64)> {
        let (last, number, last_at) = self.last?;
        let gap = at.saturating_sub(last_at);
        if gap >= SOON || page.skip < last.skip {
            *self = Self { in_flight: self.in_flight, ..Self::default() };
            return None;
        }
        // A failed page is requested again; another rule counts these attempts.
        let rows = self.rows.filter(|_| !self.parallel)?;
        let step = page.skip - last.skip;
        let mut breach = None;
        if step == 0 {
            self.same = if gap < AT_ONCE && page.explicit { self.same + 1 } else { 0 };
            let most = if page.skip == 0 { MOST_FIRST } else { MOST_SAME };
            if self.same >= most {
                breach = Some(format!("the page from row {} repeatedly", page.skip));
            }
        } else {
            self.same = 0;
            if rows == 0 {
                self.beyond += 1;
                if self.beyond >= MOST_BEYOND {
                    breach = Some(format!("paging past the end: the page from row {} was empty", last.skip));
                }
            } else {
                let alike = self.step == step || self.step == 0;
                let skips = step > rows && rows >= last.limit;
                // More rows than requested: the list is not paged.
                let repeats = step < rows.max(last.limit) && rows >= last.limit || rows > last.limit;
                self.gaps = if skips && alike { self.gaps + 1 } else { u32::from(skips) };
                self.overlaps = if repeats && alike { self.overlaps + 1 } else { u32::from(repeats) };
                self.step = step;
                if self.gaps >= MOST_GAPS {
                    breach = Some(format!("rows {} to {} skipped", last.skip + rows, page.skip - 1));
                } else if self.overlaps >= MOST_OVERLAPS {
                    breach = Some(format!("rows from {} on read again", page.skip));
                }
            }
        }
        breach.map(|message| ((ViolationKind::Paging, message), number))
    }
}
