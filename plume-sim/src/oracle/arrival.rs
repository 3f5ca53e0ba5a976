//! What the oracles learn of a request and of its answer.

use std::time::Duration;

use http::{HeaderMap, Method};

use crate::http::Area;
use crate::oauth::{Issued, TokenStatus};

/// What a request wants of the authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OAuthRequest {
    Token,
    /// Introspection or revocation.
    Other,
}

/// A request as it arrives.
#[derive(Debug)]
pub(crate) struct Arrival<'r> {
    pub(crate) number: u64,
    pub(crate) at: Duration,
    pub(crate) address: &'r str,
    /// The connection, if there is one.
    pub(crate) connection: Option<u64>,
    pub(crate) area: Area,
    pub(crate) method: &'r Method,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    /// Host and port that the client believes to talk to.
    pub(crate) authority: Option<&'r str>,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    pub(crate) template: Option<&'static str>,
    /// The action is documented and not simulated.
    pub(crate) unsimulated: bool,
    /// The variable parts of the path, decoded.
    pub(crate) parameters: &'r [(&'static str, String)],
    /// Sending it twice may do something twice. Some `POST`s of this API only read.
    pub(crate) change: bool,
    pub(crate) token_status: TokenStatus,
    /// It names something of another tenant than the token's.
    pub(crate) foreign: bool,
    pub(crate) oauth_request: Option<OAuthRequest>,
    /// The tenant whose OAuth client asks the authorization server, if it is known.
    pub(crate) tenant: Option<usize>,
    /// A secret in a wrong place.
    pub(crate) leak: Option<&'static str>,
    /// Nothing, if the connection is refused.
    pub(crate) arrives: bool,
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
