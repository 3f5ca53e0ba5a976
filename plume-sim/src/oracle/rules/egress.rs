//! Calls from one address: their number, their rate, and whether a firewall block is respected.

use std::{collections::VecDeque, time::Duration};

use crate::faults::{CALLS, WINDOW};
use crate::oracle::memory::{Heard, Presence, Recent};
use crate::oracle::verdict::{Breach, ViolationKind};

/// Maximum number of calls that are counted one by one.
const COUNTED: usize = 1 << 16;
/// The period over which the rate is measured.
const LONG: Duration = Duration::from_secs(600);
const PIECE: Duration = Duration::from_secs(10);
/// Six per second, as advised, and a margin for a burst and for the edges of the pieces.
const MOST_IN_LONG: u64 = 3_720;
/// Calls over a shorter time are a burst.
const LASTING: Duration = Duration::from_secs(500);

/// One egress address.
#[derive(Debug, Default)]
pub(crate) struct Egress {
    calls: VecDeque<(Duration, u64)>,
    /// Counts by time in [`PIECE`]s.
    pieces: VecDeque<(u64, u64)>,
    in_pieces: u64,
    over: bool,
    flooding: bool,
    open_connections: u32,
    pub(crate) most_connections: u32,
    /// By client.
    blocks: Recent<Block>,
}

#[derive(Debug)]
struct Block {
    until: Duration,
    heard: Heard,
    first: u64,
    probes: u32,
}

impl Egress {
    /// Records a call. Returns the number of calls within the firewall's window.
    pub(crate) fn call(
        &mut self,
        request: Presence,
        client: u64,
        breaches: &mut Vec<(Breach, Option<u64>)>,
    ) -> u64 {
        let Presence { number, at, .. } = request;
        while self.calls.front().is_some_and(|(call, _)| at.saturating_sub(*call) >= WINDOW)
            || self.calls.len() >= COUNTED
        {
            self.calls.pop_front();
        }
        self.calls.push_back((at, number));
        let count = u64::try_from(self.calls.len()).unwrap_or(u64::MAX);
        let over = count > u64::from(CALLS);
        if over && !self.over {
            let first = self.calls.front().map(|(_, first)| *first);
            let message = format!("{count} calls from one address within 300 s (allowed: {CALLS})");
            breaches.push(((ViolationKind::CallLimit, message), first));
        }
        self.over = over;
        self.rate(at, breaches);
        if let Some(first) = self.during_block(request, client) {
            let message = "another call after the firewall had blocked the address".to_owned();
            breaches.push(((ViolationKind::CallDuringBlock, message), Some(first)));
        }
        count
    }

    fn rate(&mut self, at: Duration, breaches: &mut Vec<(Breach, Option<u64>)>) {
        let piece = at.as_secs() / PIECE.as_secs();
        let length = LONG.as_secs() / PIECE.as_secs();
        while let Some((oldest, count)) = self.pieces.front().copied()
            && oldest + length <= piece
        {
            self.in_pieces -= count;
            self.pieces.pop_front();
        }
        match self.pieces.back_mut() {
            Some((latest, count)) if *latest == piece => *count += 1,
            _ => self.pieces.push_back((piece, 1)),
        }
        self.in_pieces += 1;
        let lasts = self.pieces.front().map_or(0, |(oldest, _)| (piece - oldest) * PIECE.as_secs());
        let flooding = self.in_pieces > MOST_IN_LONG && lasts >= LASTING.as_secs();
        if flooding && !self.flooding {
            let message = format!("{} calls in ten minutes (advised: 6 per second)", self.in_pieces);
            breaches.push(((ViolationKind::Flood, message), None));
        }
        self.flooding = flooding;
    }

    fn during_block(&mut self, request: Presence, client: u64) -> Option<u64> {
        let block = self.blocks.get_mut(client)?;
        if request.at >= block.until {
            self.blocks.remove(client);
            return None;
        }
        if !block.heard.is_known_to(request) {
            return None;
        }
        block.probes += 1;
        (block.probes > 1).then_some(block.first)
    }

    /// Records that a client learned of a block of the address.
    pub(crate) fn blocked(
        &mut self,
        client: u64,
        number: u64,
        until: Duration,
        connection: Option<u64>,
        heard: Heard,
    ) {
        match self.blocks.get_mut(client) {
            Some(block) => {
                block.until = block.until.max(until);
                block.heard.again(connection);
            }
            None => self.blocks.insert(client, Block { until, heard, first: number, probes: 0 }),
        }
    }

    /// Records an opened connection.
    pub(crate) fn connection_opened(&mut self) {
        self.open_connections += 1;
        self.most_connections = self.most_connections.max(self.open_connections);
    }

    /// Records a closed connection.
    pub(crate) fn connection_closed(&mut self) {
        self.open_connections = self.open_connections.saturating_sub(1);
    }
}
