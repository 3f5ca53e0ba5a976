//! The settings of the HTTP library.
//!
//! The table has the defaults of reqwest, hyper, hyper-util and rustls, and the values set here. Every row was checked in the
//! sources of reqwest 0.13, hyper 1.12 and hyper-util 0.1.21; check it again when they change.
//!
//! | what | default | here |
//! |---|---|---|
//! | retries of `REFUSED_STREAM` and `GOAWAY` | 2 for each request, at once | none: [`Unprocessed`](crate::TransportErrorKind::Unprocessed) is the caller's to repeat, with a permit and a wait |
//! | repeating on another connection what did not leave because a kept one was closed | yes | as it is (cannot be set); nothing was sent, and it ends with the first new connection |
//! | redirects, `Referer` | 10, sent | none |
//! | cookies | feature `cookies` | not built in |
//! | decompression, `Accept-Encoding` | by features | gzip with the feature `gzip`, else `identity` (set by the transport) |
//! | default headers | `Accept: */*` where the request has none; no `User-Agent` | `Accept` as it is; `plume-sdk/VERSION` |
//! | proxies | of the environment; one that cannot be read is skipped | [`Proxy`](crate::Proxy); one that cannot be read is an error |
//! | the operating system's proxy settings | feature `system-proxy` | not built in |
//! | credentials of a proxy | `Proxy-Authorization` from its URL | as it is |
//! | total, read time-out | none | [`Limits`](crate::Limits), by the transport |
//! | connect time-out | none; shared out among the addresses of a name | 3 s, TLS included |
//! | happy eyeballs | the other address family after 300 ms | as it is (cannot be set) |
//! | names | `getaddrinfo` on the runtime's blocking threads, up to 512 | threads of our own, at most two for each name and 64 in all |
//! | connections kept | any number, 90 s | 256 for each host, 50 s: before a usual load balancer closes them (60 s) |
//! | pools | one for all runtimes | one for each runtime, dropped with it |
//! | `TCP_NODELAY` | on | on |
//! | TCP keep-alive | after 15 s, every 15 s, 3 times | the same |
//! | `TCP_USER_TIMEOUT` (Linux) | 30 s | the same |
//! | local address, interface | any | any |
//! | HTTP versions, ALPN | `h2`, `http/1.1`; 1.1 without TLS | the same |
//! | HTTP/2 windows | stream 2 MiB, connection 5 MiB, not adaptive | the same |
//! | HTTP/2 frames, header lists, send buffer | 16 KiB, 16 KiB, 1 MiB | the same |
//! | HTTP/2 streams at once | 100 until the server says | as it is (cannot be set) |
//! | HTTP/2 pings | none | after 5 s without a frame while an answer is awaited, 3 s for the reply; none while idle |
//! | HTTP/1 heads | 100 fields in 400 KiB; nothing obsolete is accepted | the same |
//! | TLS versions | 1.2 and 1.3 (rustls) | the same |
//! | TLS certificates | the operating system's, read when the client is made | the same, and [`extra_root_certificates`](crate::HttpTransportBuilder::extra_root_certificates); read again until it succeeds |
//! | names and certificates are checked, SNI is sent | yes | yes |
//! | TLS library, where both are compiled in | native-tls | rustls, or [`TlsBackend`](crate::HttpTransportBuilder::tls_backend) |
//! | TLS provider | the process default, else aws-lc-rs | the same |
//! | TLS sessions | resumed, from 256 in memory; no early data | the same |
//! | TLS key log (`SSLKEYLOGFILE`) | off | off |
//! | plain `http` | allowed | to this machine only, by the transport |
//!
//! **The certificate store is read at the first `https` request.** A machine without one can still run the demo and the
//! simulator, and building a client is cheap. A set-up that fails is repeated by the next request.

use std::time::Duration;

use crate::error::{TransportError, TransportErrorKind};
use crate::http_transport::names::Lookup;
use crate::http_transport::setup::proxy::Proxy;
use crate::http_transport::setup::settings::HttpTransportBuilder;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::http_transport::setup::settings::Pem;

/// The silence during a request after which an HTTP/2 connection is pinged.
const PING_AFTER: Duration = Duration::from_secs(5);
/// The time for the reply before the connection is closed. With [`PING_AFTER`] less than the first limit of a call, so that
/// the next call has a new connection.
const PING_ANSWER: Duration = Duration::from_secs(3);
/// The time for which an idle connection is kept.
const KEPT: Duration = Duration::from_secs(50);
/// Maximum number of idle connections to one host.
const MOST_KEPT: usize = 256;
/// The interval of TCP keep-alive probes, and their number.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVES: u32 = 3;

/// Builds a client with its own connections, for requests over TLS or to this machine.
pub(in crate::http_transport) fn client(
    settings: &HttpTransportBuilder,
    tls: bool,
) -> Result<reqwest::Client, TransportError> {
    let refused = |message: &str| TransportError::new(TransportErrorKind::Refused, message);
    let user_agent = http::HeaderValue::from_str(&settings.user_agent)
        .map_err(|_| refused("the user agent contains a character that a header cannot hold"))?;
    if settings.address_filter.is_some() && settings.proxy != Proxy::Off {
        return Err(refused(
            "an address filter and a proxy exclude each other: the proxy would connect to unchecked addresses",
        ));
    }
    let mut builder = reqwest::Client::builder()
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .user_agent(user_agent)
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(KEPT)
        .pool_max_idle_per_host(MOST_KEPT)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(KEEPALIVES)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PING_ANSWER)
        .http2_keep_alive_while_idle(false)
        // The SDK reads the environment's proxies itself.
        .no_proxy()
        .dns_resolver(Lookup { allowed: settings.address_filter, resolver: settings.resolver.clone() });
    if let Some(proxy) = settings.proxy.in_use(tls).map_err(|message| refused(&message))? {
        builder = builder.proxy(proxy);
    }
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    {
        builder = settings.tls_backend.choose(builder);
    }
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    if !tls {
        // Plain http needs no certificates, and reading them fails on a machine without a store.
        builder = builder.tls_certs_only([]);
    }
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    if let Some(Pem(pem)) = settings.extra_roots.as_ref().filter(|_| tls) {
        let roots = reqwest::Certificate::from_pem_bundle(pem).ok().filter(|roots| !roots.is_empty());
        let roots = roots.ok_or_else(|| {
            refused(
                "the extra root certificates contain no PEM text with certificates (-----BEGIN CERTIFICATE-----)",
            )
        })?;
        builder = builder.tls_certs_merge(roots);
    }
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    if tls {
        return Err(refused("https needs the cargo feature `rustls` or `native-tls` of plume-runtime"));
    }
    builder.build().map_err(|error| {
        refused(
            "HTTPS could not be set up; if no certificates were found, install the system's CA certificates \
             (package ca-certificates) or point SSL_CERT_FILE at a bundle",
        )
        .with_source(error.without_url())
    })
}
