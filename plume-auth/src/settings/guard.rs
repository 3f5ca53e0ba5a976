//! The guard for URLs that users of a service enter.
//!
//! **An entered URL is refused unless its host is listed.** `UrlGuard` knows Plume's hosts; the operator adds others. It
//! is stricter than the URL standard, whose leniency hides where a URL leads. (`plume-auth/tests/guard.rs`)

use std::{fmt, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use plume_runtime::{Limits, Transport, TransportError, TransportErrorKind, is_public_address};
use url::{Host, Url};

use crate::settings::url::SecureUrl;

/// The hosts of Plume's services.
const PLUME_HOSTS: &[&str] = &["*.sso.plume.com", "*.plume.com", "*.plumenet.io"];
/// Maximum length of a URL.
const MAX_BYTES: usize = 2_048;
/// Suffixes of names in private networks (RFC 6761, RFC 6762, RFC 8375, and `internal`).
const PRIVATE_ENDINGS: &[&str] =
    &["localhost", "local", "internal", "home.arpa", "lan", "invalid", "test", "example", "onion"];

/// Decides which of the URLs that users enter may receive credentials.
///
/// A URL must use `https`, port 443 unless others are set, a host of the list (by default Plume's own), and have no user
/// name, query or fragment. A service connects from inside its network and sends a secret, so the list of expected hosts
/// is the limit, not the form of the URL.
///
/// A name that passes may still resolve to an internal address. So connect through a transport with an address filter:
/// `HttpTransport::builder().address_filter(plume_runtime::is_public_address).build()`, wrapped by
/// [`UrlGuard::transport`], so that no other part of the program can send elsewhere.
///
/// ```
/// use plume_auth::{RefusedUrl, UrlGuard};
///
/// let guard = UrlGuard::plume();
/// assert!(guard.check("https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token").is_ok());
/// assert_eq!(guard.check("https://sso.plume.com.example.net/"), Err(RefusedUrl::Host));
/// assert_eq!(guard.check("https://169.254.169.254/"), Err(RefusedUrl::Address));
/// ```
#[derive(Debug, Clone)]
pub struct UrlGuard {
    hosts: Hosts,
    ports: Vec<u16>,
}

#[derive(Debug, Clone)]
enum Hosts {
    Listed(Vec<Pattern>),
    AnyPublic,
}

/// A host name, or the names below one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    name: String,
    below: bool,
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let labels: Vec<&str> = name.split('.').collect();
        let is_label = |label: &&str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        // `*.com` is not a list of hosts, and an address is not a name.
        let is_name = labels.len() >= 2
            && labels.iter().all(is_label)
            && labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
        is_name.then(|| Self { name: name.to_ascii_lowercase(), below })
    }

    /// Returns whether `host`, in lower case, matches.
    fn covers(&self, host: &str) -> bool {
        if !self.below {
            return host == self.name;
        }
        let start = host.strip_suffix(self.name.as_str()).and_then(|start| start.strip_suffix('.'));
        // A punycode label can imitate any other name on screen, so it has to be listed in full.
        start.is_some_and(|start| !start.is_empty() && !has_punycode(start))
    }
}

fn has_punycode(host: &str) -> bool {
    host.split('.').any(|label| label.starts_with("xn--"))
}

impl Default for UrlGuard {
    fn default() -> Self {
        Self::plume()
    }
}

impl UrlGuard {
    /// Allows Plume's own hosts on port 443: `*.sso.plume.com`, `*.plume.com` and `*.plumenet.io`.
    #[must_use]
    pub fn plume() -> Self {
        let patterns = PLUME_HOSTS.iter().filter_map(|text| Pattern::parse(text)).collect();
        Self { hosts: Hosts::Listed(patterns), ports: vec![443] }
    }

    /// Allows only these hosts, on port 443. `sso.example.net` is that host; `*.example.net` is every host below it, but
    /// not `example.net` itself.
    ///
    /// # Errors
    ///
    /// [`InvalidPattern`] for anything else, such as `*`, `*.net`, an address or a URL.
    pub fn hosts<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidPattern> {
        let patterns = patterns
            .into_iter()
            .map(|text| Pattern::parse(text).ok_or_else(|| InvalidPattern(text.to_owned())))
            .collect::<Result<_, _>>()?;
        Ok(Self { hosts: Hosts::Listed(patterns), ports: vec![443] })
    }

    /// Allows any host that is not evidently private, including public addresses. Then only the transport's address
    /// filter protects the network of the service, and secrets go wherever a user directs them.
    #[must_use]
    pub fn allow_any_public_host(mut self) -> Self {
        self.hosts = Hosts::AnyPublic;
        self
    }

    /// Sets the allowed ports in place of 443.
    #[must_use]
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// Checks a URL as a user entered it.
    ///
    /// # Errors
    ///
    /// [`RefusedUrl`] names the reason. It does not repeat the URL, because people paste secrets into URLs.
    pub fn check(&self, text: &str) -> Result<SecureUrl, RefusedUrl> {
        let url = parse(text.trim())?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(RefusedUrl::Extra);
        }
        self.check_place(&url)?;
        SecureUrl::parse(url.as_str()).map_err(|_| RefusedUrl::Malformed)
    }

    /// Checks a URL as a user entered it, which may have a query: that of a webhook contains its key.
    ///
    /// ```
    /// use plume_auth::{RefusedUrl, UrlGuard};
    ///
    /// let guard = UrlGuard::plume().allow_any_public_host();
    /// assert_eq!(guard.check_with_query("https://hooks.example.com/workflow?sig=not-a-key"), Ok(()));
    /// assert_eq!(guard.check_with_query("https://127.0.0.1/workflow?sig=not-a-key"), Err(RefusedUrl::Address));
    /// ```
    ///
    /// # Errors
    ///
    /// [`RefusedUrl`], as [`UrlGuard::check`].
    pub fn check_with_query(&self, text: &str) -> Result<(), RefusedUrl> {
        let url = parse(text.trim())?;
        if url.fragment().is_some() {
            return Err(RefusedUrl::Extra);
        }
        self.check_place(&url)
    }

    /// Checks the scheme, user name, port and host of a request. The path and query are up to the caller.
    fn check_place(&self, url: &Url) -> Result<(), RefusedUrl> {
        if url.scheme() != "https" {
            return Err(RefusedUrl::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RefusedUrl::UserInfo);
        }
        match url.host().ok_or(RefusedUrl::Malformed)? {
            Host::Ipv4(address) => self.check_address(address.into())?,
            Host::Ipv6(address) => self.check_address(address.into())?,
            Host::Domain(host) => self.check_name(host)?,
        }
        let port = url.port_or_known_default().ok_or(RefusedUrl::Port)?;
        if self.ports.contains(&port) { Ok(()) } else { Err(RefusedUrl::Port) }
    }

    fn check_address(&self, address: IpAddr) -> Result<(), RefusedUrl> {
        match self.hosts {
            Hosts::AnyPublic if is_public_address(address) => Ok(()),
            _ => Err(RefusedUrl::Address),
        }
    }

    fn check_name(&self, host: &str) -> Result<(), RefusedUrl> {
        let fits = match &self.hosts {
            Hosts::Listed(patterns) => patterns.iter().any(|pattern| pattern.covers(host)),
            Hosts::AnyPublic => is_public_name(host),
        };
        if fits { Ok(()) } else { Err(RefusedUrl::Host) }
    }

    /// Wraps a transport so that it checks every request, including those whose URL did not go through
    /// [`UrlGuard::check`]. A query is allowed here, because API calls have one.
    ///
    /// `inner` connects; give it the address filter.
    #[must_use]
    pub fn transport(&self, inner: Arc<dyn Transport>) -> GuardedTransport {
        GuardedTransport { guard: self.clone(), inner }
    }
}

/// Parses a URL strictly. The URL standard skips line breaks, turns backslashes into slashes and decodes hosts, which
/// hides where a URL leads.
fn parse(text: &str) -> Result<Url, RefusedUrl> {
    if text.is_empty() || text.len() > MAX_BYTES {
        return Err(RefusedUrl::Malformed);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(RefusedUrl::Character);
    }
    let url = Url::parse(text).map_err(|_| RefusedUrl::Malformed)?;
    let written = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        _ => return Err(RefusedUrl::Scheme),
    };
    let authority = written.split(['/', '?', '#']).next().unwrap_or_default();
    // Also with nothing before the `@`: the parser drops that without a trace.
    if authority.contains('@') {
        return Err(RefusedUrl::UserInfo);
    }
    if authority.is_empty() || authority.contains('%') {
        return Err(RefusedUrl::Malformed);
    }
    Ok(url)
}

fn is_public_name(host: &str) -> bool {
    // A name without a dot is looked up in the search domains of the service. A trailing dot is another spelling that
    // certificates and lists do not match.
    host.contains('.')
        && !host.ends_with('.')
        && !PRIVATE_ENDINGS.iter().any(|ending| {
            host.strip_suffix(ending).is_some_and(|start| start.is_empty() || start.ends_with('.'))
        })
}

/// A [`Transport`] that sends only where its [`UrlGuard`] allows. Made by [`UrlGuard::transport`].
#[derive(Debug, Clone)]
pub struct GuardedTransport {
    guard: UrlGuard,
    inner: Arc<dyn Transport>,
}

#[async_trait]
impl Transport for GuardedTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: &Limits,
    ) -> Result<http::Response<Bytes>, TransportError> {
        Url::parse(&request.uri().to_string())
            .map_err(|_| RefusedUrl::Malformed)
            .and_then(|url| self.guard.check_place(&url))
            .map_err(|refused| {
                TransportError::new(TransportErrorKind::Refused, format!("the request's URL {refused}"))
            })?;
        self.inner.send(request, limits).await
    }

    fn is_simulated(&self) -> bool {
        self.inner.is_simulated()
    }
}

/// The reason why a [`UrlGuard`] refuses a URL. The text continues the name of a setting: "the SSO URL must start with
/// https://". It does not repeat the URL.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedUrl {
    /// Not a URL, or one that hides where it leads.
    Malformed,
    /// A space, a line break, a backslash or a letter beyond ASCII.
    Character,
    /// Not `https`.
    Scheme,
    /// A user name or password in it.
    UserInfo,
    /// A query or fragment.
    Extra,
    /// A port that is not allowed.
    Port,
    /// A host that is not on the list, or a private name.
    Host,
    /// An address where a name is required, or an address that is not public.
    Address,
}

impl fmt::Display for RefusedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is not a URL like https://host/path",
            Self::Character => "contains a space, a backslash or a letter that no URL has; type it again",
            Self::Scheme => "must start with https://",
            Self::UserInfo => "must not contain a user name or password",
            Self::Extra => "must end before any `?` or `#`",
            Self::Port => "must not name a port other than the usual one",
            Self::Host => "names a host that this service does not connect to",
            Self::Address => "must name a host, not an address",
        })
    }
}

impl fmt::Debug for RefusedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "the URL {self}");
        }
        f.write_str(match self {
            Self::Malformed => "Malformed",
            Self::Character => "Character",
            Self::Scheme => "Scheme",
            Self::UserInfo => "UserInfo",
            Self::Extra => "Extra",
            Self::Port => "Port",
            Self::Host => "Host",
            Self::Address => "Address",
        })
    }
}

impl std::error::Error for RefusedUrl {}

/// A host pattern that is neither a host name nor `*.` followed by one.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidPattern(String);

impl fmt::Debug for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is neither a host name nor `*.` and a host name with a dot in it", self.0)
    }
}

impl std::error::Error for InvalidPattern {}
