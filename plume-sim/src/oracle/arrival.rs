//! The oracles' view of a request and of its response.

use std::{ops::Deref, time::Duration};

use crate::oauth::{Issued, TokenStatus};
use crate::routes::Incoming;

/// A request at its arrival.
#[derive(Debug)]
pub(crate) struct Arrival<'r> {
    pub(crate) incoming: &'r Incoming<'r>,
    pub(crate) number: u64,
    pub(crate) address: &'r str,
    /// The connection, unless the request is in process.
    pub(crate) connection: Option<u64>,
    /// Repeating it may have a second effect. Some `POST`s of this API only read.
    pub(crate) change: bool,
    pub(crate) token_status: TokenStatus,
    /// It names a resource of another tenant than the token's.
    pub(crate) foreign: bool,
    /// The tenant of the OAuth client in a request to the authorization server, if known.
    pub(crate) tenant: Option<usize>,
    /// A secret in the wrong place.
    pub(crate) leak: Option<&'static str>,
    /// False if the connection is refused.
    pub(crate) arrives: bool,
}

impl<'r> Deref for Arrival<'r> {
    type Target = Incoming<'r>;

    fn deref(&self) -> &Self::Target {
        self.incoming
    }
}

/// The outcome of a request.
#[derive(Debug, Default)]
pub(crate) struct Reaction {
    /// `None` without a complete response.
    pub(crate) status: Option<u16>,
    pub(crate) faulted: bool,
    /// The body does not match the status.
    pub(crate) damaged: bool,
    /// The number of rows in a list.
    pub(crate) rows: Option<u64>,
    /// The target of a redirect.
    pub(crate) location: Option<String>,
    /// The end of the firewall's block, if the firewall responded.
    pub(crate) blocked_until: Option<Duration>,
    /// The request may have taken effect although the response does not say so.
    pub(crate) unconfirmed: bool,
    /// The time named by `Retry-After`.
    pub(crate) wait_until: Option<Duration>,
    pub(crate) issued: Option<Issued>,
    /// The maximum lifetime of that token: the larger of the stated and the actual one.
    pub(crate) life: Duration,
    /// The token response arrives unchanged and on time.
    pub(crate) intact: bool,
    /// The token that the request revoked.
    pub(crate) revoked: Option<u64>,
    /// The response is a 401.
    pub(crate) questioned: bool,
    /// The 401 is about the token, not about an unknown customer.
    pub(crate) token_refused: bool,
    /// The 401 says that it is about the token.
    pub(crate) evident: bool,
}
