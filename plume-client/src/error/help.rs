//! The help of errors.

use plume_runtime::{TransportError, TransportErrorKind};

use crate::error::attempt::NotRetried;
use crate::error::kind::{ErrorKind, Resource};
use crate::error::record::{Error, Source};
use crate::operations::Service;

/// The advice for a server that does not speak TLS.
const NO_TLS: &str = "Check the scheme and the port of the base URL: the server does not speak TLS there.";

/// Returns whether the first bytes of the server were no TLS. The TLS libraries (rustls, OpenSSL) report it in words only.
pub(crate) fn speaks_no_tls(error: &TransportError) -> bool {
    let text = error.to_string();
    error.kind() == TransportErrorKind::Tls
        && ["InvalidContentType", "wrong version number"].iter().any(|words| text.contains(words))
}

impl Error {
    /// Returns advice in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match (&self.inner.source, self.inner.kind) {
            (Some(Source::Auth(error)), _) => error.help(),
            (Some(Source::Transport(error)), _) if error.kind() == TransportErrorKind::Proxy => {
                "Check the user name and password in the URL of the proxy."
            }
            (Some(Source::Transport(error)), _) if error.kind() == TransportErrorKind::NotRecorded => {
                "Make one of the recorded calls, with its pseudonyms in place of names and ids, or record this call too."
            }
            (_, ErrorKind::Settings) => "Correct the setting and start again.",
            (_, ErrorKind::Runtime) => {
                "Make the call on a tokio runtime with I/O and timers (`enable_all`), or use `Blocking`."
            }
            (_, ErrorKind::Argument) => "Correct the argument that the message names. Nothing was sent.",
            (_, ErrorKind::Unauthorized) if self.inner.not_retried == Some(NotRetried::Unchecked) => {
                "Retry later: the client could not check whether the token is the cause."
            }
            (_, ErrorKind::Auth | ErrorKind::Unauthorized) if !self.names_an_id() => {
                "Check that the credentials belong to this cloud, and that the client's role allows this call."
            }
            (_, ErrorKind::Auth | ErrorKind::Unauthorized) => {
                "Check that the credentials belong to this cloud, that the id exists, and that the client's role allows this call."
            }
            (_, ErrorKind::Forbidden) => {
                "Check that the customer or node belongs to this partner, and that the client's role allows this call."
            }
            (_, ErrorKind::NotFound(Resource::Customer)) => {
                "Check the id; it may belong to another partner or cloud, or need another role."
            }
            _ if self.is_path_missing() => {
                "Add the path to the base URL: that of the API usually ends in `/api`."
            }
            (_, ErrorKind::NotFound(Resource::Node)) if self.is_claim() => {
                "Compare the serial number with the label of the node; it may be in the inventory of another partner."
            }
            (_, ErrorKind::NotFound(Resource::Other)) if !self.names_an_id() => "Check the base URL.",
            (_, ErrorKind::NotFound(Resource::Other)) => "Check the ids and the base URL.",
            (_, ErrorKind::NotFound(_)) => "Check the id; it may belong to another partner or cloud.",
            (_, ErrorKind::Rejected) if self.is_not_ready() => "Retry in ten seconds.",
            (_, ErrorKind::Rejected) if self.inner.server_message.is_none() => {
                "The API gives no reason: check the ids and values against the operation's documentation."
            }
            (_, ErrorKind::Rejected) => "Correct the request as the message says.",
            (_, ErrorKind::Unsupported) => {
                "No action is required: the cloud has no such data for this location."
            }
            (_, ErrorKind::Blocked) => {
                "Wait five minutes. The cloud blocks an address after 2000 calls in five minutes; other programs behind the same address count too."
            }
            (_, ErrorKind::RateLimited) => "Wait, or make fewer calls.",
            (_, ErrorKind::Overloaded) => {
                "Make fewer calls at the same time, or queue the less urgent ones in your program."
            }
            (_, ErrorKind::Drift) => "Update the SDK, or turn strict mode off: the response was decoded.",
            (Some(Source::Transport(error)), ErrorKind::Network) if speaks_no_tls(error) => NO_TLS,
            (Some(Source::Transport(error)), ErrorKind::Network)
                if error.kind() == TransportErrorKind::Tls =>
            {
                "Check the base URL, this machine's clock and its certificates; for a certificate authority of your own set PLUME_EXTRA_ROOTS to a PEM file with its root."
            }
            (_, ErrorKind::Network) => {
                "Check the network, the base URL and the proxy if there is one, then retry."
            }
            (_, ErrorKind::Timeout | ErrorKind::Server) => "Retry later.",
            (_, ErrorKind::OutcomeUnknown) => "Check whether the change took place before you repeat it.",
            (_, ErrorKind::Incomplete) => {
                "Resume from the continuation, set an order for the list, or raise the maximum number of pages."
            }
            (Some(Source::Transport(_)), ErrorKind::Unreadable) => {
                "Request less at once, or raise the maximum response size in the client's limits."
            }
            (_, ErrorKind::Unreadable) if self.is_cut_off() && self.is_transient() => {
                "The response was cut off; try again."
            }
            (_, ErrorKind::Unreadable) if self.is_cut_off() => {
                "The response was cut off: check whether the change took place before you repeat it."
            }
            (_, ErrorKind::Unreadable) if self.is_redirect() => {
                "Check the base URL: a redirect is not followed, because a proxy or log-in page may respond there."
            }
            (_, ErrorKind::Unreadable) if self.inner.server_message.is_some() => {
                "The API sent an error with a status of success: follow its message."
            }
            (_, ErrorKind::Unreadable) => {
                "Check the base URL, and whether a proxy or log-in page responds in place of the API. If neither is the cause, the API has changed: update the SDK."
            }
        }
    }
    /// Returns whether no endpoint of the API responded at a base URL without a path.
    fn is_path_missing(&self) -> bool {
        let is_api = self.inner.operation.as_ref().is_some_and(|of| of.service == Service::Api);
        let is_other = match self.inner.kind {
            ErrorKind::NotFound(Resource::Other) => true,
            ErrorKind::Unreadable => {
                !matches!(self.inner.source, Some(Source::Transport(_)))
                    && self.inner.server_message.is_none()
            }
            _ => false,
        };
        self.inner.is_bare_base && is_api && is_other && !self.is_cut_off()
    }

    /// Returns whether the body of the request names the node by its serial number.
    fn is_claim(&self) -> bool {
        let operation = self.inner.operation.as_ref();
        operation.is_some_and(|operation| operation.parameter("serialNumber").is_some())
    }

    fn is_redirect(&self) -> bool {
        self.inner.status.is_some_and(|status| (300..400).contains(&status))
    }
}
