//! Which responses a client can have received before it sent a request.
//!
//! In process, events are ordered as the client sees them. Over a socket, a request may be in transit when a response
//! is sent. It is excused for a short time, unless the connection shows that the sender knew the response: it went
//! over the same connection, or the connection was opened after it.

use std::time::Duration;

/// Maximum time that a request over a socket may be in transit when a response is sent.
pub(crate) const SETTLE: Duration = Duration::from_millis(250);
/// Number of new connections that may be opening when a response is sent. A thread pool without keep-alive never has
/// all its connections open.
const OPENING: u32 = 64;
/// Maximum number of connections stored for one response.
const MOST_CONNECTIONS: usize = 64;

/// The time and connection of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Presence {
    pub(crate) number: u64,
    pub(crate) at: Duration,
    /// The number of the connection in order of opening. `None` in process.
    pub(crate) connection: Option<u64>,
}

/// A response that a client received.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// The number of the first request sent afterwards.
    known_from: u64,
    at: Duration,
    /// The connections that carried the response.
    connections: Vec<u64>,
    /// Connections with greater numbers were opened afterwards.
    last_connection: u64,
    /// The number of those that may have been opening.
    opening: u32,
}

impl Heard {
    /// Creates the record of a response. `next` is the number of the next request, `last_connection` the newest
    /// connection, and `together` the maximum number of connections that the address had open at a time.
    pub(crate) fn new(
        next: u64,
        at: Duration,
        connection: Option<u64>,
        last_connection: u64,
        together: u32,
    ) -> Self {
        Self {
            known_from: next,
            at,
            connections: connection.into_iter().collect(),
            last_connection,
            opening: together.max(OPENING),
        }
    }

    /// Records that the client caused the response, so every new connection is opened with knowledge of it.
    pub(crate) fn by_its_own_act(self) -> Self {
        Self { opening: 0, ..self }
    }

    /// Records a repetition of the response.
    pub(crate) fn again(&mut self, connection: Option<u64>) {
        if let Some(connection) = connection
            && self.connections.len() < MOST_CONNECTIONS
            && !self.connections.contains(&connection)
        {
            self.connections.push(connection);
        }
    }

    /// Returns whether the sender of this request knew the response.
    pub(crate) fn is_known_to(&mut self, request: Presence) -> bool {
        if request.number < self.known_from {
            return false;
        }
        let Some(connection) = request.connection else { return true };
        if request.at.saturating_sub(self.at) >= SETTLE || self.connections.contains(&connection) {
            return true;
        }
        if connection <= self.last_connection {
            return false;
        }
        let left = self.opening.checked_sub(1);
        self.opening = left.unwrap_or_default();
        left.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: u64, milliseconds: u64, connection: Option<u64>) -> Presence {
        Presence { number, at: Duration::from_millis(milliseconds), connection }
    }

    #[test]
    fn in_process_the_order_decides() {
        let mut heard = Heard::new(5, Duration::ZERO, None, 0, 0);
        assert!(!heard.is_known_to(request(4, 0, None)));
        assert!(heard.is_known_to(request(5, 0, None)));
    }

    #[test]
    fn on_the_wire_the_connection_decides_and_then_the_time() {
        let mut heard = Heard::new(5, Duration::ZERO, Some(2), 3, 1);
        assert!(heard.is_known_to(request(5, 0, Some(2))), "the same connection");
        assert!(!heard.is_known_to(request(6, 1, Some(3))), "another one, and it was open");
        for connection in 4..68 {
            assert!(
                !heard.is_known_to(request(7, 1, Some(connection))),
                "it was about to open: {connection}"
            );
        }
        assert!(heard.is_known_to(request(8, 1, Some(68))), "more than can have been opening");
        assert!(heard.is_known_to(request(9, 250, Some(3))), "after the grace period");
        heard.again(Some(3));
        assert!(heard.is_known_to(request(10, 1, Some(3))));

        let mut heard = Heard::new(5, Duration::ZERO, Some(2), 3, 1).by_its_own_act();
        assert!(
            !heard.is_known_to(request(6, 1, Some(3))),
            "it was open, and the request may have been on its way"
        );
        assert!(heard.is_known_to(request(7, 1, Some(4))), "it was opened after the client's own act");
    }
}
