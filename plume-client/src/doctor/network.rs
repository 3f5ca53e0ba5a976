//! The checks of a host, inferred from how one request to it ended.

use std::time::Duration;

use plume_auth::SecureUrl;
use plume_runtime::{ConnectStep, TransportError, TransportErrorKind, is_loopback_host};

use crate::doctor::diagnosis::{Check, Finding};
use crate::error::{Cause, speaks_no_tls};

/// A clock that is off by less does not make a certificate invalid, but for its first or last day.
const DAY: Duration = Duration::from_secs(86_400);

/// A host of the settings.
#[derive(Debug, Clone)]
pub(super) struct Host {
    /// The host, with the port if it is not the default.
    pub(super) name: String,
    /// The setting that names the host first.
    pub(super) setting: &'static str,
    is_address: bool,
    is_plain: bool,
}

/// The difference between this machine's clock and a server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skew {
    pub(super) off: Duration,
    /// Whether this machine's clock is ahead.
    pub(super) ahead: bool,
}

/// How the best request to a host ended.
#[derive(Debug, Clone)]
pub(super) enum Contact {
    /// Dropped at the deadline.
    Unfinished,
    Failed(TransportError),
    Responded,
}

impl Contact {
    /// Returns the rank of a contact: the higher, the more it shows.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Unfinished => 0,
            Self::Failed(_) if !self.is_connected() => 1,
            Self::Failed(_) => 2,
            Self::Responded => 3,
        }
    }

    /// Returns whether the connection to the server was made.
    pub(super) fn is_connected(&self) -> bool {
        use TransportErrorKind::{Interrupted, Timeout, TooLarge, Unprocessed};
        match self {
            Self::Responded => true,
            Self::Failed(error) => {
                matches!(error.kind(), Interrupted | Timeout | TooLarge | Unprocessed)
            }
            Self::Unfinished => false,
        }
    }
}

impl Host {
    pub(super) fn of(url: &SecureUrl, setting: &'static str) -> Option<Self> {
        let uri: http::Uri = url.as_str().parse().ok()?;
        let bare = url.host().trim_matches(['[', ']']);
        Some(Self {
            name: uri.authority()?.to_string(),
            setting,
            is_address: bare.parse::<std::net::IpAddr>().is_ok(),
            is_plain: uri.scheme_str() == Some("http") && is_loopback_host(url.host()),
        })
    }

    /// Returns the checks `dns`, `connect`, `tls` and `proxy`. `why_not` is why no request was sent, if there is no contact.
    /// `skew` is the difference of the clocks, if any server responded.
    pub(super) fn checks(
        &self,
        contact: Option<&Contact>,
        proxied: bool,
        skew: Option<Skew>,
        why_not: &str,
    ) -> Vec<Check> {
        let proxied = proxied && !self.is_plain;
        let findings = match contact {
            None => [(); 4].map(|()| Finding::skipped(why_not)),
            Some(contact) if contact.is_connected() => self.connected(proxied),
            Some(Contact::Failed(error)) => self.failed(error, proxied, skew),
            Some(_) => {
                let hidden = || Finding::skipped("the request did not end in time");
                let help = format!(
                    "Check the network and its firewall: this machine needs connections to {}.",
                    self.name
                );
                let seen = "the transport gave neither a response nor an error in time";
                [hidden(), Finding::failed(Cause::Network, seen, help), hidden(), hidden()]
            }
        };
        ["dns", "connect", "tls", "proxy"]
            .into_iter()
            .zip(findings)
            .map(|(name, finding)| Check::of(name, &self.name, finding))
            .collect()
    }

    fn resolved(&self, proxied: bool) -> Finding {
        match (self.is_address, proxied) {
            (true, _) => Finding::skipped("the URL has an address, not a name"),
            (_, true) => Finding::skipped("a proxy may look up the name in place of this machine"),
            _ => Finding::passed("the name resolves"),
        }
    }

    fn reached(proxied: bool) -> Finding {
        match proxied {
            true => Finding::skipped("a proxy may connect in place of this machine"),
            false => Finding::passed("the server accepts connections"),
        }
    }

    fn no_proxy() -> Finding {
        Finding::skipped("no proxy is set")
    }

    fn connected(&self, proxied: bool) -> [Finding; 4] {
        let tls = match self.is_plain {
            true => Finding::skipped("plain http, which is for this machine only"),
            false => Finding::passed("the certificate is trusted"),
        };
        let proxy = match proxied {
            true => Finding::passed("the server is reached with the settings of the proxy"),
            false => Self::no_proxy(),
        };
        [self.resolved(proxied), Self::reached(proxied), tls, proxy]
    }

    fn failed(&self, error: &TransportError, proxied: bool, skew: Option<Skew>) -> [Finding; 4] {
        use TransportErrorKind::{Connect, NotRecorded, Proxy, Runtime, Tls};

        let Self { name, setting, .. } = self;
        let skipped = |why: &str| Finding::skipped(why);
        let failed = |help: String| Finding::failed(Cause::Network, error.to_string(), help);
        let proxy_or = |why: &str| if proxied { Finding::skipped(why) } else { Self::no_proxy() };
        match (error.kind(), error.step()) {
            (Tls, _) => [
                self.resolved(proxied),
                Self::reached(proxied),
                failed(self.help_for_tls(error, skew)),
                proxy_or("the failed TLS connection hides whether the proxy works"),
            ],
            (Proxy, _) => {
                let behind = "the proxy refused the request";
                let help = "Correct the user name and password in the URL of the proxy.".to_owned();
                [skipped(behind), skipped(behind), skipped(behind), failed(help)]
            }
            (Connect, Some(ConnectStep::ResolveServer)) => {
                let behind = "the name was not resolved";
                let help = format!("Correct the host in {setting}, or the DNS servers of this machine.");
                [failed(help), skipped(behind), skipped(behind), proxy_or(behind)]
            }
            (Connect, Some(step @ (ConnectStep::ResolveProxy | ConnectStep::ConnectProxy))) => {
                let behind = "the proxy was not reached";
                let help = match step {
                    ConnectStep::ResolveProxy => "Correct the host in the URL of the proxy.",
                    _ => "Correct the host and port in the URL of the proxy, or start the proxy.",
                };
                [skipped(behind), skipped(behind), skipped(behind), failed(help.to_owned())]
            }
            (Connect, Some(ConnectStep::Tunnel)) => {
                let behind = "the proxy did not connect to the server";
                let help = format!("Let the proxy connect to {name}.");
                [skipped(behind), skipped(behind), skipped(behind), failed(help)]
            }
            (Connect, step) => {
                let behind = "the server was not reached";
                let dns = match step {
                    Some(_) => self.resolved(proxied),
                    None if self.is_address => self.resolved(proxied),
                    None => skipped("the transport does not report whether the name resolved"),
                };
                let help = format!(
                    "Check the host in {setting} and the firewall of the network: this machine needs connections to {name}."
                );
                [dns, failed(help), skipped(behind), proxy_or(behind)]
            }
            (kind, _) => {
                let behind = "nothing was sent";
                let help = match kind {
                    Runtime => "Run the doctor on a tokio runtime with I/O and timers (`enable_all`).",
                    NotRecorded => {
                        "Use the network in place of a recording, which has no connection to check."
                    }
                    _ => "Correct the setting that the message names.",
                };
                let cause = if kind == Runtime { Cause::Other } else { Cause::Settings };
                let failed = Finding::failed(cause, error.to_string(), help);
                [skipped(behind), failed, skipped(behind), proxy_or(behind)]
            }
        }
    }

    /// Returns the fix of a TLS failure. The TLS libraries report the cause in words only.
    fn help_for_tls(&self, error: &TransportError, skew: Option<Skew>) -> String {
        let Self { name, setting, .. } = self;
        if speaks_no_tls(error) {
            return format!(
                "Check the scheme and the port in {setting}: the server does not speak TLS there."
            );
        }
        let mut text = error.to_string().to_ascii_lowercase();
        text.retain(|c| !c.is_whitespace());
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["notvalidyet", "expired"]) {
            match skew.map(|skew| skew.off < DAY) {
                Some(true) => format!(
                    "Let the operator of {name} renew the certificate: this machine's clock is right."
                ),
                Some(false) => "Set this machine's clock.".to_owned(),
                None => format!(
                    "Check this machine's clock. If it is right, the operator of {name} has to renew the certificate."
                ),
            }
        } else if says(&["notvalidforname", "hostnamemismatch"]) {
            format!("Correct the host in {setting}: the certificate is for another name than {name}.")
        } else if says(&["unknownissuer", "selfsigned", "self-signed", "localissuer"]) {
            "Set PLUME_EXTRA_ROOTS to a PEM file with the certificate of the issuer, for example of a proxy that inspects TLS."
                .to_owned()
        } else {
            format!(
                "Check the host in {setting}, this machine's clock and its certificates; for a certificate authority of your own set PLUME_EXTRA_ROOTS to a PEM file with its root."
            )
        }
    }
}
