//! URLs that strangers type.
//!
//! **A typed URL is refused unless its host is listed.** `UrlGuard` knows Plume's hosts; others are the operator's
//! choice. It has none of the forgiveness of the URL standard, because what is not written plainly was written to be
//! misread. (`plume-auth/tests/guard.rs`)

use std::{fmt, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use plume_runtime::{Limits, Transport, TransportError, TransportErrorKind, is_public_address};
use url::{Host, Url};

use crate::settings::url::SecureUrl;

/// Where Plume's own services are.
const PLUME_HOSTS: &[&str] = &["*.sso.plume.com", "*.plume.com", "*.plumenet.io"];
/// Longer ones are no address that a person was given.
const MAX_BYTES: usize = 2_048;
/// Ends of names that only a private network answers (RFC 6761, RFC 6762, RFC 8375, and `internal`).
const PRIVATE_ENDINGS: &[&str] =
    &["localhost", "local", "internal", "home.arpa", "lan", "invalid", "test", "example", "onion"];

/// Decides which URLs a service may send credentials to when its users type them.
///
/// `https` only, port 443 unless others are set, no user name, query or fragment, and a host of the list,
/// which is Plume's own hosts by default. The service then connects from inside its network with a secret in
/// its hand, so what the guard lets through is bounded by what the operator expects, not by what looks like a
/// URL.
///
/// A name that passes may still point inside. Whoever holds the guard must therefore dial through a transport
/// with an address filter:
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
        // `*.com` is no list of hosts, and an address is no name.
        let is_name = labels.len() >= 2
            && labels.iter().all(is_label)
            && labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
        is_name.then(|| Self { name: name.to_ascii_lowercase(), below })
    }

    /// Whether `host`, in lower case, fits.
    fn covers(&self, host: &str) -> bool {
        if !self.below {
            return host == self.name;
        }
        let start = host.strip_suffix(self.name.as_str()).and_then(|start| start.strip_suffix('.'));
        // A label in punycode shows as any script the eye can be deceived with. It has to be listed in full.
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
    /// Plume's own hosts, on port 443: `*.sso.plume.com`, `*.plume.com` and `*.plumenet.io`.
    #[must_use]
    pub fn plume() -> Self {
        let patterns = PLUME_HOSTS.iter().filter_map(|text| Pattern::parse(text)).collect();
        Self { hosts: Hosts::Listed(patterns), ports: vec![443] }
    }

    /// These hosts and no others, on port 443. `sso.example.net` is that host; `*.example.net` is every host
    /// below it, and not `example.net` itself.
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

    /// Any host that is not plainly private, also addresses of the public internet. Then only the address
    /// filter of the transport stands between a user and the network of the service, and secrets go wherever
    /// a user says.
    #[must_use]
    pub fn allow_any_public_host(mut self) -> Self {
        self.hosts = Hosts::AnyPublic;
        self
    }

    /// These ports instead of 443.
    #[must_use]
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// Checks a URL as a user typed it.
    ///
    /// # Errors
    ///
    /// [`RefusedUrl`] says what is wrong with it, without repeating it: people paste secrets into URLs.
    pub fn check(&self, text: &str) -> Result<SecureUrl, RefusedUrl> {
        let text = text.trim();
        let url = parse(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(RefusedUrl::Extra);
        }
        self.check_place(&url)?;
        SecureUrl::parse(url.as_str()).map_err(|_| RefusedUrl::Malformed)
    }

    /// Checks where a request goes: scheme, user name, port and host. The rest is the caller's business.
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

    /// A transport that checks every request as this guard does, so that a URL which reached the program by
    /// another way than [`UrlGuard::check`] goes nowhere either. A query is fine here: API calls have some.
    ///
    /// `inner` does the dialling; give it the address filter.
    #[must_use]
    pub fn transport(&self, inner: Arc<dyn Transport>) -> GuardedTransport {
        GuardedTransport { guard: self.clone(), inner }
    }
}

/// Reads a URL without the forgiveness of the URL standard, which skips line breaks, turns backslashes into
/// slashes and decodes hosts: what is not written plainly was written to be misread.
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
    // Also with nothing before the sign, where the parser leaves no trace of it.
    if authority.contains('@') {
        return Err(RefusedUrl::UserInfo);
    }
    if authority.is_empty() || authority.contains('%') {
        return Err(RefusedUrl::Malformed);
    }
    Ok(url)
}

fn is_public_name(host: &str) -> bool {
    // A name without a dot is looked up in the search domains of the service; one with a dot at its end is
    // another spelling that certificates and lists do not know.
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
}

/// The reason why a [`UrlGuard`] refuses a URL. The text continues the name of a setting: "the SSO URL must start with
/// https://". It does not repeat the URL.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedUrl {
    /// Not a URL, or one that says something else than it seems to.
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
    /// An address where a name is wanted, or an address that is not public.
    Address,
}

impl fmt::Display for RefusedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is not a URL like https://host/path",
            Self::Character => "holds a space, a backslash or a letter that no URL has; type it again",
            Self::Scheme => "must start with https://",
            Self::UserInfo => "must not hold a user name or password",
            Self::Extra => "must end before any `?` or `#`",
            Self::Port => "must not name another port than the usual one",
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

/// A host pattern that is neither a name nor `*.` and a name.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidPattern(String);

impl fmt::Debug for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a host name, nor `*.` and a host name with a dot in it", self.0)
    }
}

impl std::error::Error for InvalidPattern {}
