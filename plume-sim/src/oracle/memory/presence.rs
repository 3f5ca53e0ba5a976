//! Who can have heard what when a request was sent.
//!
//! In process the order of events is the order in which the client sees them. Over a socket a request may have been on
//! its way when an answer was sent. It is excused for a short time, unless the connection shows that its sender knew:
//! the answer went out on the same connection, or the connection was opened after it.

use std::time::Duration;

/// How long a request over a socket may have been on its way when an answer is sent.
pub(crate) const SETTLE: Duration = Duration::from_millis(250);
/// So many new connections may have been about to open when an answer was sent: a thread pool without keep-alive is never
/// seen with all its connections open.
const OPENING: u32 = 64;
/// The most connections of which one answer remembers that it went there.
const MOST_CONNECTIONS: usize = 64;

/// When and on which connection a request came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Presence {
    pub(crate) number: u64,
    pub(crate) at: Duration,
    /// The number of the connection, in the order in which connections were opened; nothing in process.
    pub(crate) connection: Option<u64>,
}

/// Something that a client has heard.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// The first request that was sent afterwards, by its number.
    known_from: u64,
    at: Duration,
    /// The connections that carried it.
    connections: Vec<u64>,
    /// Connections with greater numbers were opened afterwards.
    last_connection: u64,
    /// So many of those may have been about to open.
    opening: u32,
}

impl Heard {
    /// `next` is the number of the next request, `last_connection` the newest connection, and `together` the most connections
    /// that the address had open at the same time.
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

    /// The client has brought it about itself, so no connection is opened in ignorance of it.
    pub(crate) fn by_its_own_act(self) -> Self {
        Self { opening: 0, ..self }
    }

    /// The same was said again.
    pub(crate) fn again(&mut self, connection: Option<u64>) {
        if let Some(connection) = connection
            && self.connections.len() < MOST_CONNECTIONS
            && !self.connections.contains(&connection)
        {
            self.connections.push(connection);
        }
    }

    /// Whether the sender of this request knew.
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
        assert!(heard.is_known_to(request(8, 1, Some(68))), "not so many can have been");
        assert!(heard.is_known_to(request(9, 250, Some(3))), "so late everybody knows");
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
