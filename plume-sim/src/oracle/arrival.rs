//! What the oracles learn of a request and of its answer.

use std::{ops::Deref, time::Duration};

use crate::oauth::{Issued, TokenStatus};
use crate::routes::Incoming;

/// A request as it arrives.
#[derive(Debug)]
pub(crate) struct Arrival<'r> {
    pub(crate) incoming: &'r Incoming<'r>,
    pub(crate) number: u64,
    pub(crate) address: &'r str,
    /// The connection, if there is one.
    pub(crate) connection: Option<u64>,
    /// Sending it twice may do something twice. Some `POST`s of this API only read.
    pub(crate) change: bool,
    pub(crate) token_status: TokenStatus,
    /// It names something of another tenant than the token's.
    pub(crate) foreign: bool,
    /// The tenant whose OAuth client asks the authorization server, if it is known.
    pub(crate) tenant: Option<usize>,
    /// A secret in a wrong place.
    pub(crate) leak: Option<&'static str>,
    /// Nothing, if the connection is refused.
    pub(crate) arrives: bool,
}

impl<'r> Deref for Arrival<'r> {
    type Target = Incoming<'r>;

    fn deref(&self) -> &Self::Target {
        self.incoming
    }
}

/// How a request was answered.
#[derive(Debug, Default)]
pub(crate) struct Reaction {
    /// None if no whole answer is given.
    pub(crate) status: Option<u16>,
    pub(crate) faulted: bool,
    /// The body is not what the status promises.
    pub(crate) damaged: bool,
    /// The rows of a list.
    pub(crate) rows: Option<u64>,
    /// Where a redirection leads.
    pub(crate) location: Option<String>,
    /// Until when the firewall blocks the address, if it answered.
    pub(crate) blocked_until: Option<Duration>,
    /// Whether the request may have been carried out although the answer does not say so.
    pub(crate) unconfirmed: bool,
    /// Until when `Retry-After` asks to wait.
    pub(crate) wait_until: Option<Duration>,
    pub(crate) issued: Option<Issued>,
    /// How long that token can be used at the most, by what was said and by what is true.
    pub(crate) life: Duration,
    /// Whether the answer with the token arrives as it was meant.
    pub(crate) intact: bool,
    /// The token that the request has revoked.
    pub(crate) revoked: Option<u64>,
    /// The call is answered with 401.
    pub(crate) questioned: bool,
    /// The 401 means the token, and not an unknown customer.
    pub(crate) token_refused: bool,
    /// The 401 says that it means the token.
    pub(crate) evident: bool,
}
